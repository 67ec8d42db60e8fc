/** A word across a sheet: what one must not overlook about the record. */
import { Component, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";

export class Ribbon extends Component {
    static template = xml`<p class="f-ribbon" t-att-class="tone" t-att-title="props.tooltip" t-esc="props.text"/>`;
    static props = ["text", "background?", "tooltip?", "*"];

    get tone() {
        const tone = /(?:text-)?bg-(danger|success|info|warning)/.exec(this.props.background || "")?.[1];
        return tone ? `f-ribbon-${tone}` : "";
    }
}

registry.category("view_widgets").add("web_ribbon", {
    component: Ribbon,
    extractProps: ({ attrs }) => ({ text: attrs.title || attrs.text || "", background: attrs.bg_color || attrs["bg-class"], tooltip: attrs.tooltip }),
});
