/** Pages behind tabs: one is seen; arrows walk the tabs. */
import { Component, useState, xml } from "@odoo/owl";
import { stepAlong } from "@web/core/i18n";

let lastId = 0;

export class Notebook extends Component {
    static template = xml`
        <div class="f-notebook" t-if="pages.length">
            <div class="f-tabs" role="tablist" t-on-keydown="onKeydown">
                <button t-foreach="pages" t-as="page" t-key="page.key" type="button" role="tab" class="f-tab" t-att-id="id + page.key" t-att-aria-selected="page.key === current ? 'true' : 'false'"
                        t-att-aria-controls="id + 'panel'" t-att-tabindex="page.key === current ? 0 : -1" t-on-click="() => this.state.page = page.key" t-esc="page.title"/>
            </div>
            <div class="f-tab-panel" role="tabpanel" t-att-id="id + 'panel'" t-att-aria-labelledby="id + current" t-key="current"><t t-slot="{{current}}"/></div>
        </div>`;
    static props = ["slots"];

    setup() {
        this.id = `notebook-${++lastId}-`;
        this.state = useState({ page: "" });
    }

    get pages() {
        return Object.entries(this.props.slots).filter(([, slot]) => slot.isVisible).map(([key, slot]) => ({ key, title: slot.title }));
    }

    get current() {
        const { pages } = this;
        return (pages.find(({ key }) => key === this.state.page) || pages[0]).key;
    }

    /** @param {KeyboardEvent} event */
    onKeydown(event) {
        const step = stepAlong(event.key);
        if (step) {
            const keys = this.pages.map(({ key }) => key);
            this.state.page = keys[(keys.indexOf(this.current) + step + keys.length) % keys.length];
            const tabs = /** @type {HTMLElement} */ (event.currentTarget);
            requestAnimationFrame(() => /** @type {HTMLElement} */ (tabs.querySelector("[aria-selected='true']"))?.focus());
        }
    }
}
