/** Pages behind tabs, in slots or as components. */
import { useEffect, xml } from "@odoo/owl";
import { Notebook as OwnNotebook } from "@web/views/form/notebook";

/** @typedef {{Component: any, id?: string, index?: number, title: string, props?: object, isVisible?: boolean, isDisabled?: boolean}} Page */

export class Notebook extends OwnNotebook {
    static template = xml`
        <div class="f-notebook" t-att-class="props.className" t-if="pages.length">
            <div class="f-tabs" role="tablist" t-att-aria-orientation="props.orientation" t-on-keydown="onKeydown">
                <button t-foreach="pages" t-as="page" t-key="page.key" type="button" role="tab" class="f-tab" t-att-id="id + page.key" t-att-name="page.key" t-att-aria-selected="page.key === current ? 'true' : 'false'" t-att-disabled="page.isDisabled"
                        t-att-aria-controls="id + 'panel'" t-att-tabindex="page.key === current ? 0 : -1" t-on-click="() => this.state.page = page.key"><i t-if="props.icons and props.icons[page.key]" class="fa" t-att-class="props.icons[page.key]" aria-hidden="true"/><t t-esc="page.title"/></button>
            </div>
            <div class="f-tab-panel" role="tabpanel" t-att-id="id + 'panel'" t-att-aria-labelledby="id + current" t-key="current">
                <t t-if="shown.Component" t-component="shown.Component" t-props="shown.props"/>
                <t t-else="" t-slot="{{current}}"/>
            </div>
        </div>`;
    static props = ["slots?", "pages?", "class?", "className?", "anchors?", "defaultPage?", "orientation?", "icons?", "onPageUpdate?", "*"];

    setup() {
        super.setup();
        this.state.page = this.props.defaultPage || "";
        useEffect((page) => {
            this.props.onPageUpdate?.(page);
        }, () => [this.pages.length ? this.current : ""]);
    }

    get pages() {
        const inSlots = Object.entries(this.props.slots || {}).filter(([, slot]) => slot.title !== undefined).map(([key, { title, isVisible, isDisabled }]) => ({ key, title, isVisible, isDisabled, Component: null, props: {} }));
        /** @type {any[]} */
        const all = inSlots;
        (this.props.pages || []).forEach((/** @type {Page} */ page, /** @type {number} */ number) => {
            all.splice(page.index ?? all.length, 0, { ...page, key: page.id || `page_${number + 1}`, isVisible: page.isVisible ?? true, props: { title: page.title, ...page.props } });
        });
        return all.filter(({ isVisible }) => isVisible);
    }

    get current() {
        const { pages } = this;
        const open = pages.filter(({ isDisabled }) => !isDisabled);
        return (open.find(({ key }) => key === this.state.page) || open[0] || pages[0]).key;
    }

    get shown() {
        return this.pages.find(({ key }) => key === this.current);
    }
}
