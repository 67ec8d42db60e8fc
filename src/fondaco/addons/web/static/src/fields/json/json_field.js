/** Data without a form of its own: written out, changed as text, refused where the text is no JSON. */
import { Component, xml } from "@odoo/owl";
import { ParseError } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useInputField } from "@web/fields/input";

export class JsonField extends Component {
    static template = xml`
        <pre t-if="props.readonly" class="f-code f-json" t-esc="text"/>
        <textarea t-else="" t-ref="input" class="f-input f-textarea f-code" rows="6" spellcheck="false" t-att-id="props.id" t-att-aria-label="props.hiddenLabel" t-att-aria-invalid="props.invalid ? 'true' : undefined"/>`;
    static props = ["*"];

    setup() {
        useInputField({ getValue: () => this.text, parse: (text) => this.parse(text) });
    }

    get text() {
        const value = this.props.record.data[this.props.name];
        return value === false || value === null || value === undefined ? "" : JSON.stringify(value, null, 2);
    }

    /** @param {string} text */
    parse(text) {
        if (!text.trim()) {
            return false;
        }
        try {
            return JSON.parse(text);
        } catch (error) {
            throw new ParseError(_t("This is no JSON: %s", error.message));
        }
    }
}

export const jsonField = { component: JsonField, displayName: _t("Data"), supportedTypes: ["json", "jsonb"] };
registry.category("fields").add("json", jsonField);
registry.category("fields").add("jsonb", { component: JsonField, displayName: _t("Data"), supportedTypes: ["json", "jsonb"] });
