/** Numbers as the language writes them: whole, with places, hours, per cent, money. */
import { Component, xml } from "@odoo/owl";
import { formatFloat, formatFloatTime, formatInteger, formatMonetary, formatPercentage, formatValue, getCurrency, parseFloatTime, parseInteger, parseNumber, ParseError } from "@web/core/formats";
import { intlTag, _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useInputField } from "@web/fields/input";

export class NumberField extends Component {
    static template = xml`
        <t t-if="props.readonly"><span class="f-value f-number" t-att-title="isShort ? whole : undefined" t-esc="shown"/></t>
        <div t-else="" class="f-input-with-unit" t-att-class="{'f-unit-after': isUnitAfter}">
            <span t-if="unit" class="f-unit" t-esc="unit"/>
            <input t-ref="input" class="f-input f-number" inputmode="decimal" t-att-type="isNative ? 'number' : undefined" t-att-step="isNative ? props.step or 1 : undefined" autocomplete="off" t-att-id="props.id" t-att-placeholder="props.placeholder"
                   t-att-aria-label="props.hiddenLabel" t-att-aria-required="props.required ? 'true' : undefined" t-att-aria-invalid="props.invalid ? 'true' : undefined"/>
        </div>`;
    static props = ["*"];

    setup() {
        useInputField({ getValue: () => this.typed, parse: (text) => (text.trim() === "" ? 0 : this.read(text)) });
    }

    /** As it is shown: a multiple of what is kept, where the arch names a factor. */
    get value() {
        const value = this.props.record.data[this.props.name];
        return this.props.factor && typeof value === "number" ? Number((value * this.props.factor).toPrecision(15)) : value;
    }

    get options() {
        const { record, name, digits, displaySeconds } = this.props;
        return { field: record.fields[name], digits, data: record.data, currencyId: this.currencyId, displaySeconds };
    }

    /** The control of the browser for numbers, which knows no separators. */
    get isNative() {
        return this.props.isPlainNumber && this.props.inputType === "number";
    }

    get isShort() {
        return this.props.isPlainNumber && this.props.isShortened && Math.abs(this.value) >= 1000;
    }

    /** @param {string} text */
    read(text) {
        const { isPlainNumber, isWhole, isBare, factor, parse } = this.props;
        const isCode = isPlainNumber && (isBare || this.isNative) && /^-?(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(text.trim());
        const value = isCode ? Number(text) : parse(text);
        if (isWhole && !Number.isInteger(value)) {
            throw new ParseError(_t("%s is not a whole number.", text));
        }
        return factor ? value / factor : value;
    }

    get currencyId() {
        const { record, name, currencyField } = this.props;
        const held = record.data[currencyField || record.fields[name].currency_field || "currency_id"];
        return Array.isArray(held) ? held[0] : held;
    }

    get whole() {
        return this.isBare ? String(this.value || 0) : this.props.format(this.value, this.options);
    }

    get shown() {
        return this.isShort ? formatShortened(this.value, this.props.decimals) : this.whole;
    }

    /** Without separators and rounding. */
    get isBare() {
        return this.props.isPlainNumber && this.props.isBare;
    }

    /** The text in the input: without the unit, which stands beside it. */
    get typed() {
        return this.isNative || this.isBare ? String(this.value || 0) : this.props.format(this.value, { ...this.options, noSymbol: true });
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
        inputType: options.type,
        step: options.step,
        isBare: options.format === false || options.enable_formatting === false,
        isShortened: Boolean(options.human_readable),
        decimals: options.decimals,
        displaySeconds: Boolean(options.displaySeconds ?? options.display_seconds),
        ...props,
    }),
});

/** "1.2k", "3M": as the language shortens numbers. @param {number} value @param {number} [decimals] */
const formatShortened = (value, decimals = 0) => new Intl.NumberFormat(intlTag(), { notation: "compact", minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(value);

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

export const statInfoField = { component: StatInfo, displayName: _t("Counter"), supportedTypes: ["integer", "float", "monetary"], fieldDependencies: ({ options }) => [options.label_field].filter(Boolean), extractProps: ({ options, record, active }) => ({ label: (options.label_field && record.data[options.label_field]) || active.string }) };
fields.add("statinfo", statInfoField);
export const integerField = number(_t("Whole number"), { format: formatInteger, parse: parseInteger, isPlainNumber: true, isWhole: true }, ["integer", "many2one_reference"]);
fields.add("integer", integerField);
export const floatField = number(_t("Number"), { format: formatFloat, parse: parseNumber, isPlainNumber: true }, ["float", "integer", "monetary"]);
fields.add("float", floatField);
export const floatTimeField = number(_t("Time"), { format: formatFloatTime, parse: parseFloatTime }, ["float"]);
fields.add("float_time", floatTimeField);
export const percentageField = number(_t("Percentage"), { format: formatPercentageTyped, parse: parsePercentage, unit: "%" }, ["float", "integer"]);
fields.add("percentage", percentageField);
export const monetaryField = number(_t("Money"), { format: formatMonetary, parse: parseNumber, isMoney: true }, ["monetary", "float", "integer"]);
fields.add("monetary", monetaryField);
