/** Records leave as a file: which columns, in which order, in which format; sets of columns are kept under a name. */
import { Component, onWillStart, useState, xml } from "@odoo/owl";
import { download } from "@web/core/download";
import { _n, _t } from "@web/core/i18n";
import { rpc } from "@web/core/rpc";
import { useService } from "@web/core/services";
import { deletions } from "@web/model/deletions";
import { Dialog } from "@web/ui/dialog/dialog";
import { Icon } from "@web/ui/icon/icon";
import { ExportFields } from "@web/views/export/export_fields";

/** A file of more records is made in the background. */
const LARGE = 10_000;

export class ExportDialog extends Component {
    static template = xml`
        <Dialog title="texts.title" size="'lg'" close="props.close">
            <form class="f-export" id="export-form" t-on-submit.prevent="() => this.export()">
                <div class="f-export-options">
                    <fieldset class="f-export-formats"><legend t-esc="texts.format"/>
                        <label t-foreach="state.formats" t-as="format" t-key="format.tag" class="f-radio"><input type="radio" name="export-format" t-att-value="format.tag" t-att-checked="format.tag === state.format" t-on-change="() => this.state.format = format.tag"/><span t-esc="format.label"/></label>
                    </fieldset>
                    <label class="f-radio"><input type="checkbox" class="f-checkbox" name="compatible" t-att-checked="fields.isCompatible" t-on-change="(ev) => this.start(ev.target.checked)"/><span t-esc="texts.compatible"/></label>
                </div>
                <div class="f-export-columns">
                    <section t-att-aria-label="texts.offered">
                        <h3 t-esc="texts.offered"/>
                        <input type="search" class="f-input" t-att-placeholder="texts.find" t-att-aria-label="texts.find" t-model="state.text" autofocus="autofocus"/>
                        <ul class="f-export-tree">
                            <li t-foreach="fields.shown(state.text)" t-as="entry" t-key="entry.node.id" t-attf-style="--depth: {{entry.depth}}">
                                <button t-if="entry.node.children" type="button" class="f-button f-button-quiet f-button-icon f-button-small" t-att-aria-expanded="entry.node.isOpen ? 'true' : 'false'" t-att-aria-label="texts.below + ' ' + entry.node.string" t-on-click="() => this.fields.toggle(entry.node)"><Icon name="entry.node.isOpen ? 'chevron-down' : 'chevron-right'"/></button>
                                <label class="f-radio"><input type="checkbox" class="f-checkbox" t-att-data-path="entry.node.id" t-att-checked="fields.has(entry.node)" t-on-change="() => this.fields.choose(entry.node)"/><span t-esc="nameOf(entry.node)"/></label>
                            </li>
                        </ul>
                    </section>
                    <section t-att-aria-label="texts.chosen">
                        <h3 t-esc="texts.chosen"/>
                        <div class="f-export-templates">
                            <select class="f-input f-select" name="template" t-att-aria-label="texts.templates" t-on-change="(ev) => this.useTemplate(ev.target.value)">
                                <option value="0" t-esc="texts.templates"/>
                                <option t-foreach="state.templates" t-as="template" t-key="template.id" t-att-value="template.id" t-att-selected="template.id === state.templateId" t-esc="template.name"/>
                            </select>
                            <button t-if="state.templateId" type="button" class="f-button f-button-quiet f-button-icon" t-att-title="texts.forget" t-att-aria-label="texts.forget" t-on-click="() => this.forgetTemplate()"><Icon name="'trash'"/></button>
                        </div>
                        <p t-if="!fields.columns.length" class="f-export-none" role="status" t-esc="texts.none"/>
                        <ol class="f-export-chosen">
                            <li t-foreach="fields.columns" t-as="column" t-key="column.name" t-att-data-name="column.name">
                                <span t-esc="column.label"/>
                                <button t-foreach="moves" t-as="move" t-key="move.icon" type="button" class="f-button f-button-quiet f-button-icon f-button-small" t-att-title="move.label" t-att-aria-label="move.label + ': ' + column.label" t-on-click="() => move.run(column_index)"><Icon name="move.icon"/></button>
                            </li>
                        </ol>
                        <div class="f-export-templates">
                            <input type="text" class="f-input" name="template-name" t-att-placeholder="texts.name" t-att-aria-label="texts.name" t-model="state.name"/>
                            <button type="button" class="f-button" t-att-disabled="!state.name.trim() or !fields.columns.length" t-on-click="() => this.saveTemplate()" t-esc="texts.save"/>
                        </div>
                    </section>
                </div>
            </form>
            <t t-set-slot="footer">
                <button type="submit" form="export-form" class="f-button f-button-primary" t-att-disabled="state.isRunning or !fields.columns.length"><Icon name="'download'"/><span t-esc="texts.export"/></button>
                <button type="button" class="f-button" t-on-click="() => props.close()" t-esc="texts.cancel"/>
            </t>
        </Dialog>`;
    static components = { Dialog, Icon };
    static props = ["resModel", "ids", "domain", "context", "names", "count", "close"];

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.exports = useService("export");
        const { resModel, domain, count } = this.props;
        this.texts = {
            title: _n("Export %s record", "Export %s records", count), format: _t("Format"), compatible: _t("To be imported again"),
            offered: _t("Fields"), chosen: _t("Columns of the file"), find: _t("Find a field"), below: _t("Fields below"), templates: _t("Saved sets of columns"),
            forget: _t("Forget this set"), none: _t("Choose a field for one column at least."), name: _t("Name of this set"), save: _t("Save"), export: _t("Export"), cancel: _t("Cancel"),
        };
        this.fields = useState(new ExportFields((params) => rpc("/web/export/get_fields", params), resModel, domain));
        this.state = useState({ formats: /** @type {any[]} */ ([]), format: "xlsx", text: "", templates: /** @type {any[]} */ ([]), templateId: 0, name: "", isRunning: false });
        this.moves = [
            { icon: "chevron-up", label: _t("Earlier"), run: (at) => this.fields.move(at, -1) },
            { icon: "chevron-down", label: _t("Later"), run: (at) => this.fields.move(at, 1) },
            { icon: "close", label: _t("Leave out"), run: (at) => this.fields.remove(at) },
        ];
        onWillStart(async () => {
            const [formats, templates] = await Promise.all([rpc("/web/export/formats"), this.orm.searchRead("ir.exports", [["resource", "=", resModel]], ["name"]), this.start(false)]);
            this.state.formats = formats.filter(({ error }) => !error);
            this.state.templates = templates;
        });
    }

    /** Below its parent a field needs only its own name. */
    nameOf(node) {
        return node.string.split("/").at(-1);
    }

    /** @param {boolean} isCompatible */
    async start(isCompatible) {
        await this.fields.start(isCompatible, this.props.names);
        this.state.templateId = 0;
    }

    /** @param {string} value of the choice; "0": none */
    async useTemplate(value) {
        const id = Number(value);
        this.state.templateId = id;
        if (id) {
            this.fields.columns = await rpc("/web/export/namelist", { model: this.props.resModel, export_id: id });
        }
    }

    async saveTemplate() {
        const name = this.state.name.trim();
        const values = { name, resource: this.props.resModel, export_fields: this.fields.columns.map((column) => [0, 0, { name: column.name }]) };
        const [id] = await this.orm.create("ir.exports", [values]);
        this.state.templates.push({ id, name });
        this.state.templateId = id;
        this.state.name = "";
        this.notification.add(_t("The columns are kept as “%s”.", name), { type: "success" });
    }

    async forgetTemplate() {
        const { templateId } = this.state;
        await this.orm.unlink("ir.exports", [templateId]);
        this.state.templates = this.state.templates.filter(({ id }) => id !== templateId);
        this.state.templateId = 0;
    }

    async export() {
        const { resModel, ids, domain, context } = this.props;
        const wanted = { model: resModel, fields: this.fields.columns.map(({ name, label }) => ({ name, label })), ids, domain, groupby: [], context, import_compat: this.fields.isCompatible };
        this.state.isRunning = true;
        try {
            await deletions.settle();
            if (this.props.count > LARGE) {
                await this.exports.start(this.state.format, wanted);
                this.props.close();
                return;
            }
            await download(`/web/export/${this.state.format}`, { data: JSON.stringify(wanted) });
            this.props.close();
        } finally {
            this.state.isRunning = false;
        }
    }
}
