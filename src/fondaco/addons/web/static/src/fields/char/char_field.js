/** One line of text; and the kinds of it one can follow: addresses of the web, of mail, of a phone. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { pressAction, useInputField } from "@web/fields/input";
import { Icon } from "@web/ui/icon/icon";

export class CharField extends Component {
    static template = xml`
        <t t-if="props.readonly"><span class="f-value" t-esc="text"/></t>
        <input t-else="" t-ref="input" class="f-input" t-att-id="props.id" t-att-type="props.inputType" t-att-maxlength="size" t-att-placeholder="props.placeholder"
               t-att-autocomplete="props.autocomplete" t-att-aria-label="props.hiddenLabel" t-att-aria-required="props.required ? 'true' : undefined"
               t-att-aria-invalid="props.invalid ? 'true' : undefined" spellcheck="false"/>`;
    static props = ["*"];
    static defaultProps = { inputType: "text", autocomplete: "off" };

    setup() {
        useInputField({ getValue: () => this.text, parse: (text) => (this.field.trim === false ? text : text.trim()) });
    }

    get field() {
        return this.props.record.fields[this.props.name];
    }

    get text() {
        const value = this.props.record.data[this.props.name];
        return value === false || value === null || value === undefined ? "" : String(value);
    }

    get size() {
        return this.field.size || undefined;
    }
}

/** A text one can follow. */
export class LinkField extends CharField {
    static template = xml`
        <t t-if="props.readonly"><a t-if="text" class="f-link" t-att-href="href" t-att-target="props.target" rel="noopener noreferrer" t-esc="props.text or text" t-on-click.stop=""/></t>
        <div t-else="" class="f-input-with-action" t-on-keydown="onKeydown">
            <input t-ref="input" class="f-input" t-att-id="props.id" t-att-type="props.inputType" t-att-placeholder="props.placeholder" autocomplete="off"
                   t-att-aria-label="props.hiddenLabel" t-att-aria-required="props.required ? 'true' : undefined" t-att-aria-invalid="props.invalid ? 'true' : undefined" spellcheck="false"/>
            <a t-if="text" class="f-input-action" tabindex="-1" aria-keyshortcuts="Control+Enter" t-att-href="href" t-att-target="props.target" rel="noopener noreferrer" t-att-title="followText" t-att-aria-label="followText"><Icon name="props.icon"/></a>
        </div>`;
    static components = { Icon };
    static defaultProps = { ...CharField.defaultProps, icon: "globe", target: "_blank" };

    setup() {
        super.setup();
        this.followText = _t("Follow (Ctrl+Enter)");
    }

    /** @param {KeyboardEvent} event */
    onKeydown(event) {
        return pressAction(event, () => this.props.record.model.commitInputs());
    }

    get href() {
        const text = this.text.trim();
        if (this.props.scheme) {
            return `${this.props.scheme}:${text.replace(/\s+/g, "")}`;
        }
        const isKept = this.props.isPath ? !/^[a-z][a-z\d+.-]*:/i.test(text) : false;
        return isKept || /^(https?:)?\//i.test(text) ? text : `http://${text}`;
    }
}

// one component for all three; addons know each by a name of its own
export const UrlField = LinkField;
export const EmailField = LinkField;
export const PhoneField = LinkField;

const placeholderOf = ({ attrs, record, options }) => ({
    placeholder: (options.placeholder_field && record.data[options.placeholder_field]) || attrs.placeholder,
});

export const charField = {
    component: CharField,
    displayName: _t("Text"),
    extractProps: (info) => ({ ...placeholderOf(info), inputType: info.attrs.password ? "password" : "text", autocomplete: info.attrs.autocomplete || (info.attrs.password ? "new-password" : "off") }),
};

const link = (props, displayName) => ({
    component: LinkField,
    displayName,
    supportedTypes: ["char", "text"],
    extractProps: (info) => ({ ...placeholderOf(info), ...props }),
});

registry.category("fields").add("char", charField);
registry.category("fields").add("password", { ...charField, extractProps: (info) => ({ ...charField.extractProps({ ...info, attrs: { ...info.attrs, password: "1" } }) }) });
const webLink = link({ icon: "external" }, _t("Web address"));
export const urlField = { ...webLink, extractProps: (info) => ({ ...webLink.extractProps(info), text: info.attrs.text, isPath: Boolean(info.options.website_path) }) };
registry.category("fields").add("url", urlField);
export const emailField = link({ icon: "mail", scheme: "mailto", inputType: "email", target: undefined }, _t("Mail address"));
registry.category("fields").add("email", emailField);
export const phoneField = link({ icon: "phone", scheme: "tel", inputType: "tel", target: undefined }, _t("Phone"));
registry.category("fields").add("phone", phoneField);
