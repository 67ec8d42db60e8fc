/** The length of a boat: a slider with a drawing beside it. */
import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

export class BoatLengthField extends Component {
    static template = "harbour.BoatLengthField";
    static props = { ...standardFieldProps, most: { type: Number, optional: true }, "*": true };
    static defaultProps = { most: 30 };

    get length() {
        return this.props.record.data[this.props.name] || 0;
    }

    get text() {
        return _t("%s metres", this.length);
    }

    /** @param {InputEvent} event */
    onInput(event) {
        const { record, name } = this.props;
        record.update({ [name]: Number(/** @type {HTMLInputElement} */ (event.target).value) });
    }
}

registry.category("fields").add("boat_length", {
    component: BoatLengthField,
    displayName: _t("Length of a boat"),
    supportedTypes: ["integer"],
    extractProps: ({ options }) => ({ most: options.most }),
});
