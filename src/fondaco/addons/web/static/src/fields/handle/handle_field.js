/** Where a line is taken to be moved. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { Icon } from "@web/ui/icon/icon";

export class HandleField extends Component {
    static template = xml`<span class="f-handle" aria-hidden="true" t-att-title="title"><Icon name="'drag'"/></span>`;
    static components = { Icon };
    static props = ["*"];

    setup() {
        this.title = _t("Pull to put the line elsewhere; with the keyboard, Ctrl and an arrow");
    }
}

export const handleField = { component: HandleField, supportedTypes: ["integer"], label: false };
registry.category("fields").add("handle", handleField);
