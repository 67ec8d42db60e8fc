/** A value of a selection as a label in a colour that the arch names for it: to be read, not to be changed. */
import { Component, xml } from "@odoo/owl";
import { formatSelection } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";

const TONES = ["success", "info", "primary", "warning", "danger"];

export class LabelSelectionField extends Component {
    static template = xml`<span t-if="text" class="f-badge" t-att-class="tone" t-esc="text"/>`;
    static props = ["*"];

    get value() {
        return this.props.record.data[this.props.name];
    }

    get text() {
        return formatSelection(this.value, { field: this.props.record.fields[this.props.name] });
    }

    get tone() {
        const named = String(this.props.classes[this.value] || "");
        const tone = TONES.find((each) => named.split(/[\s-]+/).includes(each));
        return tone ? `f-tone-${tone} ${named}` : named;
    }
}

export const labelSelectionField = {
    component: LabelSelectionField,
    displayName: _t("Label"),
    supportedTypes: ["selection"],
    extractProps: ({ options }) => ({ classes: options.classes || {} }),
};
registry.category("fields").add("label_selection", labelSelectionField);
