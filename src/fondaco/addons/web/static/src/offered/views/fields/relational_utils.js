/** Records of another model, found by typing: what fields of addons are made of. */
import { Component, useEnv, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { RPCError } from "@web/core/rpc";
import { useService } from "@web/core/services";
import { searchNames } from "@web/fields/many2one/name_search";
import { AutoComplete } from "@web/ui/autocomplete/autocomplete";
import { FormViewDialog } from "@web/views/form/form_dialogs";
import { SelectCreateDialog } from "@web/views/view_dialogs/select_create_dialog";

/**
 * Open a record in a dialog. @param {{resModel: string, fieldString?: string, onRecordSaved?: (record: any) => any, onClose?: () => void}} options
 * @returns {(request: {resId?: number|false, title?: string, context?: object, forceModel?: string}) => void}
 */
export function useOpenMany2XRecord({ resModel, fieldString, onRecordSaved, onClose }) {
    const { dialog } = useEnv().services;
    return ({ resId = false, title, context = {}, forceModel }) => {
        dialog.add(FormViewDialog, { resModel: forceModel || resModel, resId, context, title: title || fieldString || _t("Record"), onSaved: onRecordSaved }, { onClose });
    };
}

/**
 * Choose a record from a list. @param {{resModel: string, onSelected: (ids: number[]) => any, onCreateEdit?: (request: {context: object}) => any, activeActions?: {create?: boolean}}} options
 * @returns {(request: {domain?: any[], context?: object, title?: string}) => void}
 */
export function useSelectCreate({ resModel, onSelected, onCreateEdit, activeActions = {} }) {
    const { dialog } = useEnv().services;
    return ({ domain = [], context = {}, title }) => {
        dialog.add(SelectCreateDialog, { resModel, domain, context, title, onSelected, noCreate: !activeActions.create, onCreateEdit: onCreateEdit && (() => onCreateEdit({ context })) });
    };
}

export class Many2XAutocomplete extends Component {
    static template = xml`<AutoComplete id="props.id" label="props.fieldString" value="props.value or ''" placeholder="props.placeholder" isMultiple="props.isToMany" source="(text, isWhole) => this.propose(text, isWhole)" onClear="() => props.update(false)"/>`;
    static components = { AutoComplete };
    static props = ["resModel", "update", "value?", "getDomain?", "context?", "fieldString?", "activeActions?", "quickCreate?", "placeholder?", "id?", "isToMany?", "noSearchMore?", "*"];
    static defaultProps = { activeActions: {}, context: {}, getDomain: () => [], value: "" };

    setup() {
        this.orm = useService("orm");
        this.openRecord = useOpenMany2XRecord({ resModel: this.props.resModel, fieldString: this.props.fieldString, onRecordSaved: (record) => this.choose(record.resId, record.data.display_name || record.data.name || "") });
        this.selectRecord = useSelectCreate({
            resModel: this.props.resModel,
            activeActions: this.props.activeActions,
            onSelected: (ids) => this.chooseIds(ids),
            onCreateEdit: ({ context }) => this.openRecord({ context }),
        });
    }

    /** @param {number} id @param {string} name */
    choose(id, name) {
        return this.props.update([{ id, display_name: name }]);
    }

    /** @param {number[]} ids */
    async chooseIds(ids) {
        return this.props.update(await this.orm.read(this.props.resModel, ids, ["display_name"], { context: this.props.context }));
    }

    /** @param {string} text @param {boolean} [isWhole] @returns {Promise<import("@web/ui/autocomplete/autocomplete").Choice[]>} */
    async propose(text, isWhole) {
        const { activeActions, context, getDomain, noSearchMore, resModel } = this.props;
        const domain = getDomain();
        const found = await searchNames(this.orm, resModel, text, { args: domain, context, isWhole });
        /** @type {import("@web/ui/autocomplete/autocomplete").Choice[]} */
        const choices = found.map(([id, name]) => ({ label: name || _t("Unnamed"), onSelect: () => this.choose(id, name) }));
        if (text && (this.props.quickCreate || activeActions.create) && !found.some(([, name]) => name.toLowerCase() === text.toLowerCase())) {
            choices.push({ label: _t("Create “%s”", text), kind: "action", onSelect: () => this.quickCreate(text) });
        }
        if (!noSearchMore) {
            choices.push({ label: _t("Search more…"), kind: "action", onSelect: () => { this.selectRecord({ domain, context }); return false; } });
        }
        if (activeActions.createEdit) {
            choices.push({ label: _t("Create and edit…"), kind: "action", onSelect: () => this.createAndEdit(text) });
        }
        return choices;
    }

    /** @param {string} text */
    async quickCreate(text) {
        if (this.props.quickCreate) {
            await this.props.quickCreate(text);
            return true;
        }
        try {
            const [id, name] = await this.orm.call(this.props.resModel, "name_create", [text], { context: this.props.context });
            await this.choose(id, name);
        } catch (error) {
            if (!(error instanceof RPCError)) {
                throw error;
            }
            return this.createAndEdit(text); // the model wants more than a name
        }
        return true;
    }

    /** @param {string} text */
    createAndEdit(text) {
        this.openRecord({ context: { ...this.props.context, ...(text ? { default_name: text } : {}) } });
        return false; // until the dialog is saved
    }
}
