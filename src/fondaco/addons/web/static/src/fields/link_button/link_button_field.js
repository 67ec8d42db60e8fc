/** An address to follow in another tab, never to be changed. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { Icon } from "@web/ui/icon/icon";

export class LinkButtonField extends Component {
    static template = xml`<a t-if="href" class="f-link" target="_blank" rel="noopener noreferrer" t-att-href="href" t-on-click.stop=""><Icon name="'external'"/> <t t-esc="value"/></a><span t-else="" class="f-value" t-esc="value"/>`;
    static components = { Icon };
    static props = ["*"];

    get value() {
        return this.props.record.data[this.props.name] || "";
    }

    /** Addresses of pages alone: one that acts is shown and not followed. */
    get href() {
        return /^(https?:\/\/|\/)/i.test(this.value) ? this.value : "";
    }
}

export const linkButtonField = { component: LinkButtonField, displayName: _t("Address to follow"), supportedTypes: ["char"] };
registry.category("fields").add("link_button", linkButtonField);
