/** Yes or no: a check box, or a switch that saves at once. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { Icon } from "@web/ui/icon/icon";

export class BooleanField extends Component {
    static template = xml`
        <input type="checkbox" t-att-class="props.isSwitch ? 'f-switch' : 'f-checkbox'" t-att-role="props.isSwitch ? 'switch' : undefined" t-att-id="props.id" t-att-checked="value"
               t-att-disabled="props.readonly" t-att-aria-label="props.hiddenLabel" t-on-change="onChange" t-on-click.stop=""/>`;
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

/** A state as a sign that is pressed: `options` name the icon. */
export class BooleanIconField extends BooleanField {
    static template = xml`
        <button type="button" class="f-button f-button-quiet f-button-icon f-boolean-icon" t-att-class="{'f-on': value}" t-att-id="props.id" t-att-aria-pressed="value ? 'true' : 'false'" t-att-aria-label="props.label" t-att-title="props.label"
                t-att-disabled="props.readonly" t-on-click.stop="() => this.toggle()"><Icon name="props.icon"/></button>`;
    static components = { Icon };

    toggle() {
        return this.props.record.update({ [this.props.name]: !this.value }, { save: Boolean(this.props.autosave) });
    }
}

// one component; addons know the switch by a name of its own
export const BooleanToggleField = BooleanField;

/** Icons that archs name in the words of a font, and those of ours that mean the same. */
const ICONS = { "fa-star": "star", "fa-check": "check", "fa-check-square-o": "check", "fa-warning": "warning", "fa-user": "user", "fa-archive": "archive", "fa-filter": "filter", "fa-trash": "trash" };

export const booleanIconField = {
    component: BooleanIconField,
    displayName: _t("Sign"),
    supportedTypes: ["boolean"],
    extractProps: ({ options, viewType }) => ({ icon: ICONS[options.icon] || options.icon?.replace(/^fa-/, "") || "check", autosave: viewType === "list" }),
};
registry.category("fields").add("boolean_icon", booleanIconField);
export const booleanField = { component: BooleanField, displayName: _t("Check box"), supportedTypes: ["boolean"] };
registry.category("fields").add("boolean", booleanField);
export const booleanToggleField = {
    component: BooleanField,
    displayName: _t("Switch"),
    supportedTypes: ["boolean"],
    isPressed: true,
    extractProps: ({ options, viewType }) => ({ isSwitch: true, autosave: viewType !== "form" && options.autosave !== false }),
};
registry.category("fields").add("boolean_toggle", booleanToggleField);
