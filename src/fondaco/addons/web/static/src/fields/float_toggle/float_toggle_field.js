/** A number out of few: each press goes on to the next, after the last to the first. */
import { Component, xml } from "@odoo/owl";
import { formatFloat } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { floatFactorField } from "@web/fields/float_factor/float_factor_field";

/** What is kept may be a fraction that no number holds exactly. */
const SAME = 1e-6;

export class FloatToggleField extends Component {
    static template = xml`
        <span t-if="props.readonly" class="f-value f-number" t-esc="text"/>
        <button t-else="" type="button" class="f-button f-button-small f-float-toggle f-number" t-att-id="props.id" t-att-aria-label="props.label + ': ' + text" t-on-click.stop="() => this.goOn()" t-esc="text"/>`;
    static props = ["*"];

    get shown() {
        return (Number(this.props.record.data[this.props.name]) || 0) * this.props.factor;
    }

    get text() {
        const { record, name, digits } = this.props;
        return formatFloat(this.shown, { field: record.fields[name], digits });
    }

    goOn() {
        const { record, name, range, factor } = this.props;
        const at = range.findIndex((each) => Math.abs(each - this.shown) < SAME);
        return record.update({ [name]: range[(at + 1) % range.length] / factor });
    }
}

export const floatToggleField = {
    component: FloatToggleField,
    displayName: _t("Number to go through"),
    supportedTypes: ["float"],
    extractProps: (info) => ({
        digits: floatFactorField.extractProps(info).digits,
        factor: Number(info.options.factor) || 1,
        range: info.options.range?.length ? info.options.range.map(Number) : [0, 0.5, 1],
    }),
};
registry.category("fields").add("float_toggle", floatToggleField);
