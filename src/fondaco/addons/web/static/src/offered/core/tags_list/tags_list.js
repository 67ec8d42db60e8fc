/** Tags, each with its colour, that can be pressed and taken away; those above the limit are a number. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { Icon } from "@web/ui/icon/icon";

/** @typedef {{id?: any, text?: string, colorIndex?: number, img?: string, icon?: string, className?: string, onClick?: (event: Event) => void, onDelete?: (event: Event) => void}} Tag */

export class TagsList extends Component {
    static template = xml`
        <span t-foreach="shown" t-as="tag" t-key="tag.id ?? tag_index" class="f-tag" t-att-class="tag.className" t-att-data-color="tag.colorIndex or 0" t-att-title="tag.text" t-on-click="(event) => tag.onClick and tag.onClick(event)">
            <img t-if="tag.img" class="f-avatar" t-att-src="tag.img" alt=""/>
            <Icon t-if="tag.icon" name="tag.icon"/>
            <span t-if="props.displayText" class="f-tag-name" t-esc="tag.text"/>
            <button t-if="tag.onDelete" type="button" class="f-tag-remove" tabindex="-1" t-att-aria-label="removeText(tag)" t-on-click.stop.prevent="(event) => tag.onDelete(event)"><Icon name="'close'"/></button>
        </span>
        <span t-if="hidden.length" class="f-tag" t-att-title="namesOf(hidden)">+<t t-esc="hidden.length"/></span>
        <t t-if="props.slots" t-slot="default"/>`;
    static components = { Icon };
    static props = ["tags", "displayText?", "itemsVisible?", "visibleItemsLimit?", "slots?", "*"];
    static defaultProps = { displayText: true };

    /** One that is alone above the limit is shown: the number would take its place. */
    get limit() {
        const limit = this.props.visibleItemsLimit || this.props.itemsVisible;
        return limit && this.props.tags.length > limit ? limit - 1 : this.props.tags.length;
    }

    /** @returns {Tag[]} */
    get shown() {
        return this.props.tags.slice(0, this.limit);
    }

    /** @returns {Tag[]} */
    get hidden() {
        return this.props.tags.slice(this.limit);
    }

    /** @param {Tag[]} tags */
    namesOf(tags) {
        return tags.map(({ text }) => text).join("\n");
    }

    /** @param {Tag} tag */
    removeText(tag) {
        return _t("Remove %s", tag.text);
    }
}
