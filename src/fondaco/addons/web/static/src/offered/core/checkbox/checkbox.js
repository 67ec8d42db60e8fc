/** A check box with its label. */
import { Component, useEffect, useRef, xml } from "@odoo/owl";

let lastId = 0;

export class CheckBox extends Component {
    static template = xml`
        <div class="f-check form-check" t-att-class="props.className">
            <input type="checkbox" class="f-checkbox form-check-input" t-ref="box" t-att-id="id" t-att-name="props.name" t-att-checked="props.value" t-att-disabled="props.disabled" t-on-change="onChange"/>
            <label class="form-check-label" t-att-for="id"><t t-slot="default"/></label>
        </div>`;
    static props = ["id?", "value?", "disabled?", "indeterminate?", "className?", "name?", "onChange?", "slots?"];

    setup() {
        this.id = this.props.id || `check-box-${++lastId}`;
        /** @type {{el: any}} */
        const box = useRef("box");
        useEffect((isHalf) => {
            box.el.indeterminate = Boolean(isHalf);
        }, () => [this.props.indeterminate]);
    }

    /** @param {Event} event */
    onChange(event) {
        this.props.onChange?.(/** @type {HTMLInputElement} */ (event.target).checked);
    }
}
