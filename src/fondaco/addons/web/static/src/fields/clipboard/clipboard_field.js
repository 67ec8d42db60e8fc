/** A text that is mostly wanted elsewhere: with a button that copies it. */
import { Component, useState, xml } from "@odoo/owl";
import { browser } from "@web/core/browser";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { CharField } from "@web/fields/char/char_field";
import { Icon } from "@web/ui/icon/icon";

const CONFIRMED_MS = 2000;

export class ClipboardField extends Component {
    static template = xml`
        <div class="f-clipboard">
            <a t-if="props.isUrl and props.readonly and value" class="f-link" t-att-href="value" target="_blank" rel="noopener" t-esc="value"/>
            <CharField t-elif="!props.isButton" t-props="props"/>
            <button t-if="value" type="button" class="f-button f-button-small" t-att-disabled="props.record.isTrue(props.disabled)" t-att-aria-label="texts.copy + ': ' + props.label" t-on-click.stop="() => this.copy()"><Icon name="state.isCopied ? 'check' : 'copy'"/><span aria-live="polite" t-esc="state.isCopied ? texts.copied : props.copyText or texts.copy"/></button>
        </div>`;
    static components = { CharField, Icon };
    static props = ["*"];

    setup() {
        this.texts = { copy: _t("Copy"), copied: _t("Copied") };
        this.state = useState({ isCopied: false });
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    async copy() {
        await browser.navigator.clipboard.writeText(this.value);
        this.state.isCopied = true;
        browser.setTimeout(() => {
            this.state.isCopied = false;
        }, CONFIRMED_MS);
    }
}

const buttonProps = ({ attrs, options }) => ({ copyText: options.string, disabled: attrs.disabled });
const fields = registry.category("fields");
export const copyClipboardCharField = { component: ClipboardField, displayName: _t("Text to copy"), supportedTypes: ["char", "text"], extractProps: buttonProps };
fields.add("CopyClipboardChar", copyClipboardCharField);
fields.add("CopyClipboardText", { component: ClipboardField, displayName: _t("Text to copy"), supportedTypes: ["char", "text"], extractProps: buttonProps });
export const copyClipboardURLField = { component: ClipboardField, displayName: _t("Address to copy"), supportedTypes: ["char"], extractProps: (info) => ({ ...buttonProps(info), isUrl: true }) };
fields.add("CopyClipboardURL", copyClipboardURLField);
export const copyClipboardButtonField = { component: ClipboardField, displayName: _t("Button to copy"), supportedTypes: ["char", "text"], extractProps: (info) => ({ ...buttonProps(info), isButton: true, copyText: info.options.string || info.attrs.string }) };
fields.add("CopyClipboardButton", copyClipboardButtonField);
