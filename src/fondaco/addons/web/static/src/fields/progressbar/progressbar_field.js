/** How far: a bar with its per cent; where the arch says so, with the numbers to be changed. */
import { Component, xml } from "@odoo/owl";
import { formatValue } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { TypedInput } from "@web/fields/typed_input";

export class ProgressBarField extends Component {
    static template = xml`
        <span class="f-progress">
            <span t-if="props.title" class="f-progress-title" t-esc="props.title"/>
            <progress max="100" t-att-value="value" t-att-aria-label="props.label"/>
            <t t-if="canEdit(props.isEditable) or canEdit(props.isMaxEditable)">
                <TypedInput t-if="canEdit(props.isEditable)" record="props.record" type="'number'" label="props.label" value="props.record.data[current]" onChange="(text) => this.write(current, text)"/>
                <span t-else="" class="f-number" t-esc="textOf(current)"/>
                <span aria-hidden="true">/</span>
                <TypedInput t-if="canEdit(props.isMaxEditable) and isField" record="props.record" type="'number'" label="texts.most" value="props.record.data[props.maxField]" onChange="(text) => this.write(props.maxField, text)"/>
                <span t-else="" class="f-number" t-esc="isField ? textOf(props.maxField) : most"/>
            </t>
            <span t-else="" class="f-number" t-esc="value + '%'"/>
        </span>`;
    static components = { TypedInput };
    static props = ["*"];

    setup() {
        this.texts = { most: _t("Of how many") };
    }

    get current() {
        return this.props.currentField || this.props.name;
    }

    get isField() {
        return typeof this.props.maxField === "string";
    }

    get most() {
        const { record, maxField } = this.props;
        return this.isField ? Number(record.data[maxField]) || 0 : maxField || 100;
    }

    get value() {
        const value = Number(this.props.record.data[this.current]) || 0;
        return this.most ? Math.round((100 * value) / this.most) : 0;
    }

    /** @param {boolean} isWanted by the arch */
    canEdit(isWanted) {
        return Boolean(isWanted) && !this.props.readonly;
    }

    /** @param {string} name */
    textOf(name) {
        const { record } = this.props;
        return formatValue(record.fields[name], record.data[name], { data: record.data });
    }

    /** @param {string} name @param {string} text */
    write(name, text) {
        const { record } = this.props;
        const value = text === "" ? 0 : Number(text);
        return record.update({ [name]: record.fields[name].type === "integer" ? Math.round(value) : value });
    }
}

export const progressBarField = {
    component: ProgressBarField,
    supportedTypes: ["integer", "float", "monetary"],
    fieldDependencies: ({ options }) => [options.current_value, options.max_value].filter((name) => typeof name === "string"),
    extractProps: ({ attrs, options }) => ({
        currentField: options.current_value,
        maxField: options.max_value,
        isEditable: options.editable,
        isMaxEditable: options.edit_max_value,
        title: attrs.title || options.title,
    }),
};
registry.category("fields").add("progressbar", progressBarField);
