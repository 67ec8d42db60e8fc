/** How much of a whole, as a picture: an arc or a pie, with the number as text beside it. */
import { Component, xml } from "@odoo/owl";
import { formatValue } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";

const ARC = 100; // units of the length of the arc, whatever its radius

class ShareField extends Component {
    static props = ["*"];

    get value() {
        return Number(this.props.record.data[this.props.name]) || 0;
    }

    get most() {
        const { record, maxField, most } = this.props;
        return (maxField ? Number(record.data[maxField]) : most) || 100;
    }

    /** 0 to 100 */
    get share() {
        return Math.max(0, Math.min(100, (100 * this.value) / this.most));
    }

    get text() {
        const { record, name } = this.props;
        return formatValue(record.fields[name], this.value, { data: record.data });
    }

    get label() {
        return _t("%(name)s: %(value)s of %(most)s", { name: this.props.label, value: this.text, most: this.most });
    }
}

export class GaugeField extends ShareField {
    static template = xml`
        <span class="f-gauge" role="img" t-att-aria-label="label">
            <svg viewBox="0 0 100 56" aria-hidden="true">
                <path d="M8 50a42 42 0 0 1 84 0" pathLength="100" class="f-gauge-track"/>
                <path d="M8 50a42 42 0 0 1 84 0" pathLength="100" class="f-gauge-value" t-att-stroke-dasharray="share + ' ' + arc"/>
            </svg>
            <span class="f-gauge-text"><strong class="f-number" t-esc="text"/><span class="f-muted" t-esc="'/ ' + most"/></span>
        </span>`;

    arc = ARC + 1;
}

export class PercentPieField extends ShareField {
    static template = xml`
        <span class="f-pie" role="img" t-att-aria-label="label">
            <span class="f-pie-drawing" aria-hidden="true" t-attf-style="--share: {{share}}%"/>
            <span class="f-number" t-esc="text + '%'"/>
        </span>`;
}

const supportedTypes = ["integer", "float", "monetary"];
const fields = registry.category("fields");
export const gaugeField = {
    component: GaugeField,
    displayName: _t("Gauge"),
    supportedTypes,
    fieldDependencies: ({ options }) => [options.max_field].filter(Boolean),
    extractProps: ({ options }) => ({ maxField: options.max_field, most: options.max_value }),
};
fields.add("gauge", gaugeField);
export const percentPieField = { component: PercentPieField, displayName: _t("Pie"), supportedTypes, extractProps: () => ({ most: 100 }) };
fields.add("percentpie", percentPieField);
