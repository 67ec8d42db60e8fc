/** How far: a bar with its per cent. */
import { Component, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";

export class ProgressBarField extends Component {
    static template = xml`<span class="f-progress"><progress max="100" t-att-value="value" t-att-aria-label="props.label"/><span class="f-number" t-esc="value + '%'"/></span>`;
    static props = ["*"];

    get value() {
        const { record, name, maxField } = this.props;
        const value = Number(record.data[name]) || 0;
        const most = typeof maxField === "string" ? Number(record.data[maxField]) || 0 : maxField || 100;
        return most ? Math.round((100 * value) / most) : 0;
    }
}

export const progressBarField = { component: ProgressBarField, supportedTypes: ["integer", "float"], fieldDependencies: ({ options }) => (typeof options.max_value === "string" ? [options.max_value] : []), extractProps: ({ options }) => ({ maxField: options.max_value }) };
registry.category("fields").add("progressbar", progressBarField);
