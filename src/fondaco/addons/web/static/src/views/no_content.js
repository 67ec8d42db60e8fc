/** What stands where nothing is: why, and what to do about it. */
import { Component, markup, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { toSafeFragment } from "@web/fields/html/html_field";
import { Icon } from "@web/ui/icon/icon";

export class NoContent extends Component {
    static template = xml`
        <div class="f-nothing" role="status">
            <Icon name="props.isFiltered ? 'search' : 'box'"/>
            <div t-if="help and !props.isFiltered" class="f-prose" t-out="help"/>
            <p t-else="" t-esc="text"/>
        </div>`;
    static components = { Icon };
    static props = ["help?", "isFiltered?"];

    get help() {
        if (!this.props.help) {
            return "";
        }
        const holder = document.createElement("div");
        holder.append(toSafeFragment(this.props.help));
        return markup(holder.innerHTML);
    }

    get text() {
        return this.props.isFiltered ? _t("Nothing matches this search. Take a filter away to see more.") : _t("Nothing here yet. Press New to begin.");
    }
}
