/** The apps: where one begins. Typing finds an app or a menu; arrows walk the tiles. */
import { Component, onMounted, useRef, useState, xml } from "@odoo/owl";
import { clockNow } from "@web/core/clock";
import { stepAlong, _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { session } from "@web/core/session";
import { plain } from "@web/core/words";
import { Icon } from "@web/ui/icon/icon";
import { AppIcon } from "@web/webclient/app_icon";

export class Home extends Component {
    static template = xml`
        <div class="f-home">
            <h1 class="f-home-greeting" t-esc="greeting"/>
            <div class="f-home-search"><Icon name="'search'"/><input type="search" t-ref="input" class="f-input" t-att-placeholder="texts.find" t-att-aria-label="texts.find" t-on-input="(ev) => this.state.text = ev.target.value" t-on-keydown="onSearchKeydown"/></div>
            <ul class="f-apps" t-ref="apps" t-on-keydown="onKeydown">
                <li t-foreach="apps" t-as="app" t-key="app.id"><a class="f-app" t-att-href="menus.urlOf(app)" t-att-data-menu-xmlid="app.xmlid" t-on-click="(ev) => this.open(ev, app)"><AppIcon app="app"/><span class="f-app-name" t-esc="app.name"/></a></li>
            </ul>
            <ul t-if="found.length" class="f-home-found" t-att-aria-label="texts.menus">
                <li t-foreach="found" t-as="leaf" t-key="leaf.menu.id"><a t-att-href="menus.urlOf(leaf.menu)" t-on-click="(ev) => this.open(ev, leaf.menu)" t-esc="leaf.path"/></li>
            </ul>
            <p t-if="!apps.length and !found.length" class="f-muted" role="status" t-esc="state.text ? texts.nothing : texts.none"/>
        </div>`;
    static components = { AppIcon, Icon };
    static props = ["*"];

    setup() {
        this.menus = useService("menu");
        this.actions = useService("action");
        this.state = useState({ text: "" });
        this.input = useRef("input");
        this.list = useRef("apps");
        this.texts = { find: _t("Find an app or a menu"), menus: _t("Menus"), nothing: _t("Nothing is called that."), none: _t("There are no apps for you yet. Ask an administrator for access.") };
        onMounted(() => {
            if (window.matchMedia("(pointer: fine)").matches) {
                this.input.el.focus();
            }
        });
    }

    get greeting() {
        const hour = clockNow().getHours();
        const name = session.name?.split(" ")[0] ?? "";
        return hour < 5 ? _t("Good night, %s", name) : hour < 12 ? _t("Good morning, %s", name) : hour < 18 ? _t("Good afternoon, %s", name) : _t("Good evening, %s", name);
    }

    get text() {
        return plain(this.state.text.trim());
    }

    get apps() {
        return this.menus.apps.filter((app) => plain(app.name).includes(this.text));
    }

    get found() {
        return this.text ? this.menus.leaves.filter(({ path, menu }) => plain(path).includes(this.text) && menu.id !== menu.appID).slice(0, 8) : [];
    }

    open(event, menu) {
        if (!(event.ctrlKey || event.metaKey || event.shiftKey)) {
            event.preventDefault();
            this.actions.openMenu(menu);
        }
    }

    /** @param {KeyboardEvent} event */
    onSearchKeydown(event) {
        if (event.key === "Enter") {
            const first = this.apps[0] || this.found[0]?.menu;
            if (first) {
                this.actions.openMenu(first);
            }
        } else if (event.key === "ArrowDown") {
            event.preventDefault();
            /** @type {HTMLElement|null} */ (this.list.el.querySelector("a"))?.focus();
        }
    }

    /** @param {KeyboardEvent} event */
    onKeydown(event) {
        const links = /** @type {HTMLElement[]} */ ([...this.list.el.querySelectorAll("a")]);
        const at = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
        const perRow = links.filter((link) => link.offsetTop === links[0]?.offsetTop).length || 1;
        const step = stepAlong(event.key) || { ArrowDown: perRow, ArrowUp: -perRow }[event.key];
        if (step) {
            event.preventDefault();
            (links[at + step] || (at + step < 0 ? this.input.el : links[at]))?.focus();
        }
    }
}

registry.category("actions").add("home", Home);
