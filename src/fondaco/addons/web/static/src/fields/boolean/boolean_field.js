/** Yes or no: a check box, or a switch that saves at once. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";

export class BooleanField extends Component {
    static template = xml`
        <input type="checkbox" t-att-class="props.isSwitch ? 'f-switch' : 'f-checkbox'" t-att-role="props.isSwitch ? 'switch' : undefined" t-att-id="props.id" t-att-checked="value"
               t-att-disabled="props.readonly" t-att-aria-label="props.id ? undefined : props.label" t-on-change="onChange" t-on-click.stop=""/>`;
    static props = ["*"];

    get value() {
        return Boolean(this.props.record.data[this.props.name]);
    }

    /** @param {Event} event */
    onChange(event) {
        const isChecked = /** @type {HTMLInputElement} */ (event.target).checked;
        return this.props.record.update({ [this.props.name]: isChecked }, { save: Boolean(this.props.autosave) });
    }
}

registry.category("fields").add("boolean", { component: BooleanField, displayName: _t("Check box"), supportedTypes: ["boolean"] });
registry.category("fields").add("boolean_toggle", {
    component: BooleanField,
    displayName: _t("Switch"),
    supportedTypes: ["boolean"],
    extractProps: ({ options, viewType }) => ({ isSwitch: true, autosave: viewType === "list" && options.autosave !== false }),
});
