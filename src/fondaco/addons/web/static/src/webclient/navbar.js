/** The bar at the top: apps, the menus of the app one is in, search for everything, company, oneself. */
import { Component, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { Dropdown, DropdownItem } from "@web/ui/dropdown/dropdown";
import { ErrorBoundary } from "@web/ui/error_boundary";
import { Icon } from "@web/ui/icon/icon";
import { UserMenu } from "@web/webclient/user_menu";

export class NavBar extends Component {
    static template = xml`
        <header class="f-navbar">
            <a class="f-skip" href="#main" t-esc="texts.skip"/>
            <a class="f-nav-button f-nav-apps" href="/odoo" data-hotkey="h" t-att-title="texts.apps" t-att-aria-label="texts.apps" t-on-click="(ev) => this.goHome(ev)"><Icon name="'apps'"/></a>
            <a t-if="app" class="f-nav-app" t-att-href="menus.urlOf(app)" t-on-click="(ev) => this.open(ev, app)" t-esc="app.name"/>
            <span t-else="" class="f-nav-app">Fondaco</span>
            <nav class="f-nav-sections" t-att-aria-label="texts.menus">
                <t t-foreach="sections" t-as="section" t-key="section.id">
                    <Dropdown t-if="section.children.length" togglerClass="'f-nav-button'">
                        <span t-esc="section.name"/><Icon name="'chevron-down'"/>
                        <t t-set-slot="content"><t t-foreach="flatten(section)" t-as="item" t-key="item.menu.id">
                            <p t-if="!item.menu.actionID" class="f-menu-label" t-esc="item.menu.name"/>
                            <DropdownItem t-else="" href="menus.urlOf(item.menu)" xmlid="item.menu.xmlid" class="item.level ? 'f-indent' : ''" onSelected="() => this.actions.openMenu(item.menu)"><t t-esc="item.menu.name"/></DropdownItem>
                        </t></t>
                    </Dropdown>
                    <a t-else="" class="f-nav-button" t-att-href="menus.urlOf(section)" t-att-data-menu-xmlid="section.xmlid" t-on-click="(ev) => this.open(ev, section)" t-esc="section.name"/>
                </t>
            </nav>
            <div class="f-nav-compact" t-if="sections.length">
                <Dropdown togglerClass="'f-nav-button'" label="texts.menus" title="texts.menus">
                    <Icon name="'menu'"/>
                    <t t-set-slot="content"><t t-foreach="sections" t-as="section" t-key="section.id">
                        <DropdownItem t-if="section.actionID" href="menus.urlOf(section)" onSelected="() => this.actions.openMenu(section)"><t t-esc="section.name"/></DropdownItem>
                        <p t-else="" class="f-menu-label" t-esc="section.name"/>
                        <DropdownItem t-foreach="flatten(section).filter(i => i.menu.actionID)" t-as="item" t-key="item.menu.id" class="'f-indent'" href="menus.urlOf(item.menu)" onSelected="() => this.actions.openMenu(item.menu)"><t t-esc="item.menu.name"/></DropdownItem>
                    </t></t>
                </Dropdown>
            </div>
            <div class="f-nav-end">
                <button type="button" class="f-nav-button f-nav-find" t-att-aria-label="texts.find" t-att-title="texts.find" t-on-click="() => this.palette.open()"><Icon name="'search'"/><kbd>Ctrl K</kbd></button>
                <ErrorBoundary t-foreach="systray" t-as="item" t-key="item[0]" onFailed="() => {}"><t t-component="item[1].Component" t-props="item[1].props or {}"/></ErrorBoundary>
                <UserMenu/>
            </div>
        </header>`;
    static components = { Dropdown, DropdownItem, ErrorBoundary, Icon, UserMenu };
    static props = [];

    setup() {
        this.actions = useService("action");
        this.menus = useService("menu");
        this.palette = useService("palette");
        this.shown = useState(this.actions.shown);
        this.texts = { apps: _t("Apps"), menus: _t("Menus of this app"), find: _t("Go to… (Ctrl+K)"), skip: _t("Skip to the content") };
    }

    get app() {
        return this.shown.app;
    }

    get sections() {
        return this.app ? this.menus.childrenOf(this.app) : [];
    }

    get systray() {
        return registry.category("systray").getEntries().filter(([, item]) => !item.isDisplayed || item.isDisplayed(this.env));
    }

    /** What is below a section, in reading order. */
    flatten(section, level = 0) {
        return this.menus.childrenOf(section).flatMap((menu) => [{ menu, level }, ...this.flatten(menu, level + 1)]);
    }

    open(event, menu) {
        if (!(event.ctrlKey || event.metaKey || event.shiftKey)) {
            event.preventDefault();
            this.actions.openMenu(menu);
        }
    }

    goHome(event) {
        if (!(event.ctrlKey || event.metaKey || event.shiftKey)) {
            event.preventDefault();
            this.actions.goHome();
        }
    }
}
