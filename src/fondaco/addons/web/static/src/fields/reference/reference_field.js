/** A record of one of several models: which model, then which record. */
import { Component, onWillStart, onWillUpdateProps, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { searchNames } from "@web/fields/many2one/name_search";
import { AutoComplete } from "@web/ui/autocomplete/autocomplete";

export class ReferenceField extends Component {
    static template = xml`
        <t t-if="props.readonly"><a t-if="value and props.canOpen" class="f-link" href="#" t-on-click.prevent.stop="() => this.open()" t-esc="text"/><span t-elif="value" class="f-value" t-esc="text"/></t>
        <div t-else="" class="f-reference">
            <select t-if="!props.modelField and !props.isModelHidden" class="f-input f-select" t-att-id="props.id" t-att-aria-label="texts.model" t-on-change="(ev) => this.chooseModel(ev.target.value)">
                <option value=""/>
                <option t-foreach="models" t-as="model" t-key="model[0]" t-att-value="model[0]" t-att-selected="model[0] === model_" t-esc="model[1]"/>
            </select>
            <AutoComplete t-if="model_" id="props.modelField or props.isModelHidden ? props.id : undefined" label="props.label" value="text" required="props.required" invalid="props.invalid" record="props.record" name="props.name" source="(text, isWhole) => this.propose(text, isWhole)" onClear="() => this.set(false)"/>
        </div>`;
    static components = { AutoComplete };
    static props = ["*"];

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.texts = { model: _t("Kind of record") };
        this.state = useState({ model: "", names: /** @type {Record<string, string>} */ ({}) });
        onWillStart(() => this.prepare(this.props));
        onWillUpdateProps((next) => this.prepare(next));
    }

    get field() {
        return this.props.record.fields[this.props.name];
    }

    /** The model that another field names, and the name of a record that a text names. @param {any} props */
    async prepare({ record, name, modelField }) {
        const model = modelField && record.data[modelField];
        if (modelField && String(model) !== this.asked) {
            this.asked = String(model);
            const named = Array.isArray(model) ? (await this.orm.silent.read("ir.model", [model[0]], ["model"]))[0]?.model : model;
            this.state.model = named || "";
        }
        const text = record.data[name];
        if (typeof text === "string" && text && !(text in this.state.names)) {
            const [resModel, id] = text.split(",");
            const [row] = await this.orm.silent.read(resModel, [Number(id)], ["display_name"]);
            this.state.names[text] = row?.display_name || "";
        }
    }

    get models() {
        return this.field.selection || [];
    }

    /** @returns {{resModel: string, resId: number, displayName: string}|false} */
    get value() {
        const value = this.props.record.data[this.props.name];
        if (this.field.type !== "char") {
            return value;
        }
        const [resModel, id] = (value || "").split(",");
        return value ? { resModel, resId: Number(id), displayName: this.state.names[value] || "" } : false;
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

    /** @param {{resModel: string, resId: number, displayName: string}|false} value */
    set(value) {
        const text = value ? `${value.resModel},${value.resId}` : "";
        if (value) {
            this.state.names[text] = value.displayName;
        }
        return this.props.record.update({ [this.props.name]: this.field.type === "char" ? text : value });
    }

    open() {
        const value = /** @type {any} */ (this.value);
        return this.action.doAction({ type: "ir.actions.act_window", res_model: value.resModel, res_id: value.resId, views: [[false, "form"]], name: value.displayName });
    }
}

export const referenceField = { component: ReferenceField, displayName: _t("Reference"), supportedTypes: ["reference", "char"], fieldDependencies: ({ options }) => [options.model_field].filter(Boolean), extractProps: ({ options }) => ({ modelField: options.model_field, isModelHidden: Boolean(options.hide_model), canOpen: !options.no_open }) };
registry.category("fields").add("reference", referenceField);
