/** One record of another model: found by typing, opened, made on the spot. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { RPCError } from "@web/core/rpc";
import { useService } from "@web/core/services";
import { pressAction } from "@web/fields/input";
import { searchNames } from "@web/fields/many2one/name_search";
import { AutoComplete } from "@web/ui/autocomplete/autocomplete";
import { Icon } from "@web/ui/icon/icon";

export class Many2OneField extends Component {
    static template = xml`
        <t t-if="props.readonly">
            <span class="f-value">
                <img t-if="props.hasAvatar and value" class="f-avatar" t-att-src="avatar" alt=""/>
                <a t-if="value and props.canOpen" class="f-link" href="#" t-on-click.prevent.stop="() => this.openRecord()" t-esc="text"/>
                <t t-else="" t-esc="text"/>
            </span>
        </t>
        <div t-else="" class="f-input-with-action" t-on-keydown="onKeydown">
            <img t-if="props.hasAvatar and value" class="f-avatar" t-att-src="avatar" alt=""/>
            <AutoComplete id="props.id" label="props.hiddenLabel" value="text" placeholder="props.placeholder" required="props.required" invalid="props.invalid"
                          record="props.record" name="props.name" source="(text, isWhole) => this.propose(text, isWhole)" onClear="() => this.set(false)"/>
            <button t-if="value and props.canOpen" type="button" class="f-input-action" tabindex="-1" aria-keyshortcuts="Control+Enter" t-on-click="() => this.openRecord()" t-att-title="openText" t-att-aria-label="openText"><Icon name="'external'"/></button>
        </div>`;
    static components = { AutoComplete, Icon };
    static props = ["*"];

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.openText = _t("Open (Ctrl+Enter)");
    }

    get field() {
        return this.props.record.fields[this.props.name];
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    get text() {
        return this.value ? (this.value[1] || _t("Unnamed")).split("\n")[0] : "";
    }

    get avatar() {
        return `/web/image/${this.field.relation}/${this.value[0]}/avatar_128`;
    }

    get context() {
        return this.props.record.readContext(this.props.context);
    }

    get domain() {
        const { record } = this.props;
        return record.readDomain(this.props.domain || this.field.domain);
    }

    /** @param {string} text @param {boolean} [isWhole] @returns {Promise<import("@web/ui/autocomplete/autocomplete").Choice[]>} */
    async propose(text, isWhole) {
        const found = await searchNames(this.orm, this.field.relation, text, { args: this.domain, context: this.context, isWhole });
        /** @type {import("@web/ui/autocomplete/autocomplete").Choice[]} */
        const choices = found.map(([id, name]) => ({ label: (name || _t("Unnamed")).split("\n")[0], onSelect: () => this.set([id, name]) }));
        if (text && this.props.canQuickCreate && !found.some(([, name]) => name.toLowerCase() === text.toLowerCase())) {
            choices.push({ label: _t("Create “%s”", text), kind: "action", onSelect: () => this.quickCreate(text) });
        }
        if (this.props.canCreateEdit) {
            choices.push({ label: text ? _t("Create and edit…") : _t("New…"), kind: "action", onSelect: () => this.createAndEdit(text) });
        }
        return choices;
    }

    /** @param {[number, string]|false} value */
    set(value) {
        return this.props.record.update({ [this.props.name]: value });
    }

    /** @param {KeyboardEvent} event */
    onKeydown(event) {
        return pressAction(event, async () => {
            const { record, name } = this.props;
            await record.model.commitInputs();
            return !record.invalid.has(name);
        });
    }

    /** @param {string} text */
    async quickCreate(text) {
        try {
            const created = await this.orm.call(this.field.relation, "name_create", [text], { context: this.context });
            await this.set([created[0], created[1]]);
        } catch (error) {
            if (!(error instanceof RPCError)) {
                throw error;
            }
            // the model wants more than a name
            return this.createAndEdit(text);
        }
        return true;
    }

    /** @param {string} text */
    createAndEdit(text) {
        this.openDialog(false, text ? { [`default_${this.props.createNameField}`]: text } : {});
        return false; // until the dialog is saved
    }

    /** @param {number|false} resId @param {object} [context] */
    openDialog(resId, context = {}) {
        this.dialog.add(registry.category("dialogs").get("form"), {
            resModel: this.field.relation,
            resId,
            context: { ...this.context, ...context },
            title: this.field.string,
            readonly: Boolean(resId) && !this.props.canWrite,
            onSaved: (record) => this.set([record.resId, record.data.display_name || record.data.name || ""]),
        });
    }

    async openRecord() {
        const { record } = this.props;
        if (record.parent || record.isNew || this.env.isInDialog) {
            this.openDialog(this.value[0]);
            return;
        }
        const action = await this.orm.call(this.field.relation, "get_formview_action", [[this.value[0]]], { context: this.context });
        await this.action.doAction(action);
    }
}

/** @param {any} info */
export const many2oneProps = ({ attrs, options, active }) => {
    const allows = (/** @type {string|undefined} */ text) => text === undefined || !/^(false|0)$/i.test(text);
    const allowsCreate = allows(attrs.can_create);
    return {
        placeholder: attrs.placeholder,
        domain: active.domain,
        context: active.context,
        canOpen: !options.no_open,
        canQuickCreate: allowsCreate && !options.no_create && !options.no_quick_create && options.quick_create !== false,
        canCreateEdit: allowsCreate && !options.no_create && !options.no_create_edit,
        canWrite: allows(attrs.can_write),
        createNameField: options.create_name_field || "name",
    };
};

const fields = registry.category("fields");
export const many2OneField = { component: Many2OneField, displayName: _t("Record"), supportedTypes: ["many2one"], extractProps: many2oneProps };
fields.add("many2one", many2OneField);
// reading a code by the camera belongs to an app of the phone: without one it is the plain field
fields.add("many2one_barcode", many2OneField);
export const many2OneAvatarField = { component: Many2OneField, displayName: _t("Record with picture"), supportedTypes: ["many2one"], extractProps: (info) => ({ ...many2oneProps(info), hasAvatar: true }) };
fields.add("many2one_avatar", many2OneAvatarField);
