/** Several lines of text, in a box that grows with them. */
import { Component, onMounted, onPatched, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useInputField } from "@web/fields/input";

export class TextField extends Component {
    static template = xml`
        <t t-if="props.readonly"><span class="f-value f-multiline" t-esc="text"/></t>
        <textarea t-else="" t-ref="input" class="f-input f-textarea" rows="2" t-att-id="props.id" t-att-placeholder="props.placeholder"
                  t-att-aria-label="props.hiddenLabel" t-att-aria-required="props.required ? 'true' : undefined"
                  t-att-aria-invalid="props.invalid ? 'true' : undefined" t-on-input="() => this.grow()"/>`;
    static props = ["*"];

    setup() {
        this.input = useInputField({ getValue: () => this.text });
        onMounted(() => this.grow());
        onPatched(() => this.grow());
    }

    get text() {
        return this.props.record.data[this.props.name] || "";
    }

    grow() {
        const element = this.input.el;
        if (element) {
            element.style.height = "auto";
            element.style.height = `${element.scrollHeight + 2}px`;
        }
    }
}

export const textField = {
    component: TextField,
    displayName: _t("Multiline text"),
    supportedTypes: ["text", "char", "html"],
    extractProps: ({ attrs }) => ({ placeholder: attrs.placeholder }),
};

registry.category("fields").add("text", textField);
