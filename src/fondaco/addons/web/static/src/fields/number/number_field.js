/** Numbers as the language writes them: whole, with places, hours, per cent, money. */
import { Component, xml } from "@odoo/owl";
import { formatFloat, formatFloatTime, formatInteger, formatMonetary, formatPercentage, formatValue, getCurrency, parseFloatTime, parseInteger, parseNumber } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useInputField } from "@web/fields/input";

export class NumberField extends Component {
    static template = xml`
        <t t-if="props.readonly"><span class="f-value f-number" t-esc="shown"/></t>
        <div t-else="" class="f-input-with-unit" t-att-class="{'f-unit-after': isUnitAfter}">
            <span t-if="unit" class="f-unit" t-esc="unit"/>
            <input t-ref="input" class="f-input f-number" inputmode="decimal" autocomplete="off" t-att-id="props.id" t-att-placeholder="props.placeholder"
                   t-att-aria-label="props.hiddenLabel" t-att-aria-required="props.required ? 'true' : undefined" t-att-aria-invalid="props.invalid ? 'true' : undefined"/>
        </div>`;
    static props = ["*"];

    setup() {
        useInputField({ getValue: () => this.typed, parse: (text) => (text.trim() === "" ? 0 : this.props.parse(text)) });
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    get options() {
        const { record, name, digits } = this.props;
        return { field: record.fields[name], digits, data: record.data, currencyId: this.currencyId };
    }

    get currencyId() {
        const { record, name, currencyField } = this.props;
        const held = record.data[currencyField || record.fields[name].currency_field || "currency_id"];
        return Array.isArray(held) ? held[0] : held;
    }

    get shown() {
        return this.props.format(this.value, this.options);
    }

    /** The text in the input: without the unit, which stands beside it. */
    get typed() {
        return this.props.format(this.value, { ...this.options, noSymbol: true });
    }

    get unit() {
        return this.props.isMoney ? getCurrency(this.currencyId)?.symbol : this.props.unit;
    }

    get isUnitAfter() {
        return this.props.isMoney ? getCurrency(this.currencyId)?.position === "after" : true;
    }
}

// one component for all of them; addons know each by a name of its own
export const IntegerField = NumberField;
export const FloatField = NumberField;
export const FloatTimeField = NumberField;
export const PercentageField = NumberField;
export const MonetaryField = NumberField;

/** @param {string} displayName @param {object} props @param {string[]} supportedTypes */
const number = (displayName, props, supportedTypes) => ({
    component: NumberField,
    displayName,
    supportedTypes,
    extractProps: ({ attrs, options }) => ({
        placeholder: attrs.placeholder,
        digits: typeof attrs.digits === "string" ? JSON.parse(attrs.digits.replace("(", "[").replace(")", "]")) : options.digits,
        currencyField: options.currency_field,
        ...props,
    }),
});

/** A number with its name below: what a button of a form counts. */
export class StatInfo extends Component {
    static template = xml`<span class="o_stat_value" t-esc="text"/><span class="o_stat_text" t-esc="props.label"/>`;
    static props = ["*"];

    get text() {
        const { record, name } = this.props;
        return formatValue(record.fields[name], record.data[name], { data: record.data });
    }
}

const parsePercentage = (/** @type {string} */ text) => parseNumber(text.replace("%", "")) / 100;
/** @param {any} value @param {{noSymbol?: boolean}} [options] */
const formatPercentageTyped = (value, { noSymbol } = {}) => formatPercentage(value).replace(noSymbol ? "%" : "\u0000", "");
const fields = registry.category("fields");

export const statInfoField = { component: StatInfo, displayName: _t("Counter"), supportedTypes: ["integer", "float", "monetary"], extractProps: ({ attrs, record, active }) => ({ label: attrs.label_field ? record.data[attrs.label_field] : active.string }) };
fields.add("statinfo", statInfoField);
export const integerField = number(_t("Whole number"), { format: formatInteger, parse: parseInteger }, ["integer", "many2one_reference"]);
fields.add("integer", integerField);
export const floatField = number(_t("Number"), { format: formatFloat, parse: parseNumber }, ["float", "integer", "monetary"]);
fields.add("float", floatField);
export const floatTimeField = number(_t("Time"), { format: formatFloatTime, parse: parseFloatTime }, ["float"]);
fields.add("float_time", floatTimeField);
export const percentageField = number(_t("Percentage"), { format: formatPercentageTyped, parse: parsePercentage, unit: "%" }, ["float", "integer"]);
fields.add("percentage", percentageField);
export const monetaryField = number(_t("Money"), { format: formatMonetary, parse: parseNumber, isMoney: true }, ["monetary", "float", "integer"]);
fields.add("monetary", monetaryField);
