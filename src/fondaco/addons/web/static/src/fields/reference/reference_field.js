/** A record of one of several models: which model, then which record. */
import { Component, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { searchNames } from "@web/fields/many2one/name_search";
import { AutoComplete } from "@web/ui/autocomplete/autocomplete";

export class ReferenceField extends Component {
    static template = xml`
        <t t-if="props.readonly"><a t-if="value" class="f-link" href="#" t-on-click.prevent="() => this.open()" t-esc="text"/></t>
        <div t-else="" class="f-reference">
            <select class="f-input f-select" t-att-id="props.id" t-att-aria-label="texts.model" t-on-change="(ev) => this.chooseModel(ev.target.value)">
                <option value=""/>
                <option t-foreach="models" t-as="model" t-key="model[0]" t-att-value="model[0]" t-att-selected="model[0] === model_" t-esc="model[1]"/>
            </select>
            <AutoComplete t-if="model_" label="props.label" value="text" required="props.required" invalid="props.invalid" record="props.record" name="props.name" source="(text, isWhole) => this.propose(text, isWhole)" onClear="() => this.set(false)"/>
        </div>`;
    static components = { AutoComplete };
    static props = ["*"];

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.texts = { model: _t("Kind of record") };
        this.state = useState({ model: "" });
    }

    get models() {
        return this.props.record.fields[this.props.name].selection || [];
    }

    /** @returns {{resModel: string, resId: number, displayName: string}|false} */
    get value() {
        return this.props.record.data[this.props.name];
    }

    get model_() {
        return this.state.model || (this.value && this.value.resModel) || "";
    }

    get text() {
        return this.value && this.value.resModel === this.model_ ? this.value.displayName || _t("Unnamed") : "";
    }

    /** @param {string} model */
    chooseModel(model) {
        this.state.model = model;
        if (this.value && this.value.resModel !== model) {
            this.set(false);
        }
    }

    /** @param {string} text @param {boolean} [isWhole] */
    async propose(text, isWhole) {
        const found = await searchNames(this.orm, this.model_, text, { isWhole });
        return found.map(([resId, displayName]) => ({ label: displayName, onSelect: () => this.set({ resModel: this.model_, resId, displayName }) }));
    }

    /** @param {object|false} value */
    set(value) {
        return this.props.record.update({ [this.props.name]: value });
    }

    open() {
        const value = /** @type {any} */ (this.value);
        return this.action.doAction({ type: "ir.actions.act_window", res_model: value.resModel, res_id: value.resId, views: [[false, "form"]], name: value.displayName });
    }
}

export const referenceField = { component: ReferenceField, displayName: _t("Reference"), supportedTypes: ["reference"] };
registry.category("fields").add("reference", referenceField);
