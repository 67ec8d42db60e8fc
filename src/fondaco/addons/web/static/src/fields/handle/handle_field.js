/** Where a line is taken to be moved. */
import { Component, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { Icon } from "@web/ui/icon/icon";

export class HandleField extends Component {
    static template = xml`<span class="f-handle" aria-hidden="true"><Icon name="'drag'"/></span>`;
    static components = { Icon };
    static props = ["*"];
}

registry.category("fields").add("handle", { component: HandleField, supportedTypes: ["integer"], label: false });
