/** Several files: dropped or chosen together, on their way with a bar, each to fetch or to take away. */
import { Component, useExternalListener, useRef, useState, xml } from "@odoo/owl";
import { uploadWithProgress } from "@web/core/download";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { session } from "@web/core/session";
import { Icon } from "@web/ui/icon/icon";

export class Many2ManyBinaryField extends Component {
    static template = xml`
        <div class="f-files" t-on-dragover.prevent="() => this.state.isOver = true" t-on-dragleave="() => this.state.isOver = false" t-on-drop.prevent="onDrop" t-att-class="{'f-over': state.isOver}">
            <ul t-if="list.count">
                <li t-foreach="files" t-as="file" t-key="file.id">
                    <a class="f-link" t-attf-href="/web/content/{{file.resId}}?download=true"><img t-if="isPicture(file)" class="f-files-picture" t-attf-src="/web/image/{{file.resId}}/48x48" alt="" loading="lazy"/><Icon t-else="" name="'download'"/> <t t-esc="file.data.name || file.data.display_name"/></a>
                    <button t-if="!props.readonly" type="button" class="f-button f-button-quiet f-button-icon f-button-small" t-att-aria-label="removeText(file)" t-att-title="removeText(file)" t-on-click="() => this.list.remove(file)"><Icon name="'close'"/></button>
                </li>
            </ul>
            <t t-if="!props.readonly">
                <p t-if="state.sending" class="f-files-sending" role="status"><span t-esc="sendingText"/><progress max="100" t-att-value="state.percent" t-att-aria-label="sendingText"/></p>
                <button t-else="" type="button" class="f-button f-button-small" t-att-id="props.id" t-on-click="() => this.input.el.click()"><Icon name="'upload'"/><span t-esc="texts.add"/></button>
                <input t-ref="file" type="file" hidden="hidden" multiple="multiple" t-att-accept="props.accept" t-on-change="(ev) => this.take([...ev.target.files])"/>
            </t>
        </div>`;
    static components = { Icon };
    static props = ["*"];

    setup() {
        /** @type {{el: any}} */
        this.input = useRef("file");
        this.notification = useService("notification");
        this.orm = useService("orm");
        this.state = useState({ isOver: false, sending: 0, percent: 0 });
        this.texts = { add: _t("Add files") };
        useExternalListener(window, "beforeunload", (event) => this.state.sending && event.preventDefault());
    }

    get list() {
        return this.props.record.data[this.props.name];
    }

    /** In the order in which they came; the last one first, where the arch says so. */
    get files() {
        return this.props.isReversed ? [...this.list.records].reverse() : this.list.records;
    }

    /** @param {any} file */
    isPicture(file) {
        return Boolean(file.resId) && /^image\//.test(file.data.mimetype || "");
    }

    get sendingText() {
        return _t("Sending: %s", `${this.state.percent}%`);
    }

    /** @param {any} file */
    removeText(file) {
        return _t("Remove %s", file.data.name || file.data.display_name);
    }

    /** @param {DragEvent} event */
    onDrop(event) {
        this.state.isOver = false;
        return this.take([...(event.dataTransfer?.files || [])]);
    }

    /** @param {File[]} files */
    async take(files) {
        const limit = session.max_file_upload_size;
        const fitting = files.filter((file) => !limit || file.size <= limit);
        for (const file of files.filter((other) => !fitting.includes(other))) {
            this.notification.add(_t("%(name)s is larger than the %(limit)s MB the server takes.", { name: file.name, limit: Math.floor(limit / 1e6) }), { type: "warning" });
        }
        if (!fitting.length || this.props.readonly) {
            return;
        }
        const goal = this.followRecord();
        this.state.sending = fitting.length;
        try {
            const sent = await uploadWithProgress("/web/binary/upload_attachment", { model: goal.record.resModel, id: String(goal.record.resId || 0) }, fitting, (percent) => { this.state.percent = percent; });
            for (const { id, filename, error } of sent) {
                if (error) {
                    this.notification.add(error, { type: "warning" });
                } else {
                    await this.link(goal, { id, name: filename, display_name: filename });
                }
            }
        } finally {
            goal.stop();
            Object.assign(this.state, { sending: 0, percent: 0 });
            if (this.input.el) {
                this.input.el.value = "";
            }
        }
    }

    /** Where files go that are on their way: the record may be saved and left before they arrive. */
    followRecord() {
        const { record, name } = this.props;
        const { list } = this;
        const { bus } = record.model;
        // the form shows its records one after the other in the same object; the lines are those of one of them
        const isShown = () => record.data[name] === list;
        const goal = { record, list, isShown, resId: record.resId, stop: () => bus.removeEventListener("update", note) };
        const note = () => {
            goal.resId = isShown() ? record.resId : goal.resId;
        };
        bus.addEventListener("update", note);
        return goal;
    }

    /** @param {ReturnType<Many2ManyBinaryField["followRecord"]>} goal @param {{id: number, name: string, display_name: string}} file */
    async link({ record, list, isShown, resId }, file) {
        const { isClosed } = record.model;
        if (!isClosed && (isShown() || (resId && record.resId === resId))) {
            await (isShown() ? list : record.data[this.props.name]).link([file]);
        } else if (resId) {
            await this.orm.write(record.resModel, [resId], { [this.props.name]: [[4, file.id]] });
            this.notification.add(_t("%s arrived after you had left its record, and was added to it.", file.name), { type: "success" });
        } else {
            this.notification.add(_t("%s was not added: its record was left without being saved.", file.name), { type: "warning" });
        }
    }
}

export const many2ManyBinaryField = {
    component: Many2ManyBinaryField,
    displayName: _t("Files"),
    supportedTypes: ["many2many", "one2many"],
    relatedFields: () => ["name", "display_name", "mimetype"],
    extractProps: ({ options }) => ({ accept: options.accepted_file_extensions, isReversed: Boolean(options.reverse_order) }),
};
registry.category("fields").add("many2many_binary", many2ManyBinaryField);
