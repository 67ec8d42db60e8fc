/** What an app looks like: its own picture, or a letter on a colour that stays the same. */
import { Component, xml } from "@odoo/owl";

const HUES = [186, 22, 262, 330, 145, 46, 210, 290, 168, 5, 232, 96, 310, 34, 198];

export class AppIcon extends Component {
    static template = xml`
        <img t-if="source" class="f-app-icon" t-att-src="source" alt=""/>
        <span t-else="" class="f-app-icon f-app-letter" aria-hidden="true" t-att-style="'--hue:' + hue" t-esc="letter"/>`;
    static props = ["app"];

    get source() {
        const { webIconData, webIconDataMimetype } = this.props.app;
        if (!webIconData) {
            return "";
        }
        return webIconData.startsWith("/") || webIconData.startsWith("data:") ? webIconData : `data:${webIconDataMimetype || "image/png"};base64,${webIconData}`;
    }

    get letter() {
        return [...this.props.app.name.trim()][0]?.toUpperCase() || "?";
    }

    get hue() {
        const text = this.props.app.xmlid || this.props.app.name;
        const sum = [...text].reduce((total, char) => Math.imul(total ^ (char.codePointAt(0) || 0), 16777619) >>> 0, 2166136261);
        return HUES[sum % HUES.length];
    }
}
