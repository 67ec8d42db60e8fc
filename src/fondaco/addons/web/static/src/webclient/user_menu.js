/** Who one is here, and what concerns only oneself. Items come from the registry "user_menuitems". */
import { Component, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { session } from "@web/core/session";
import { getTheme, setTheme } from "@web/core/theme";
import { deletions } from "@web/model/deletions";
import { Dropdown, DropdownItem } from "@web/ui/dropdown/dropdown";
import { Icon } from "@web/ui/icon/icon";

const items = registry.category("user_menuitems");

/** What was deleted a moment ago is deleted while the session still may. */
export async function logOut() {
    await deletions.settle();
    window.location.assign("/web/session/logout");
}

/** @type {{key: import("@web/core/theme").Theme, label: string, icon: string}[]} */
export const THEMES = [{ key: "system", label: _t("System"), icon: "gear" }, { key: "light", label: _t("Light"), icon: "sun" }, { key: "dark", label: _t("Dark"), icon: "moon" }];

/** @typedef {{description: string, icon?: string, href?: string, callback?: () => any, hide?: boolean, alsoCalled?: string}} UserMenuEntry */

/** What the menu has to offer now; the palette finds the same. @param {any} env @returns {UserMenuEntry[]} */
export function accountEntries(env) {
    return items.getAll().map((item) => item(env)).filter((entry) => !entry.hide);
}

export class UserMenu extends Component {
    static template = xml`
        <Dropdown togglerClass="'f-nav-button'" label="texts.account" position="'end'" onOpened="() => { this.state.theme = this.getTheme(); }">
            <span class="f-initials" aria-hidden="true" t-esc="initials"/><span class="f-nav-name" t-esc="session.name"/>
            <t t-set-slot="content">
                <div class="f-menu-heading"><strong t-esc="session.name"/><span class="f-muted" t-esc="session.username + ' · ' + session.db"/></div>
                <t t-foreach="entries" t-as="entry" t-key="entry_index"><DropdownItem href="entry.href" onSelected="entry.callback"><Icon name="entry.icon or 'chevron-right'"/><t t-esc="entry.description"/></DropdownItem></t>
                <div class="f-theme" role="group" t-att-aria-label="texts.theme">
                    <button t-foreach="themes" t-as="theme" t-key="theme.key" type="button" role="menuitemradio" data-keep-open="" class="f-button f-button-small" t-att-class="{'f-active': state.theme === theme.key}" t-att-aria-checked="state.theme === theme.key ? 'true' : 'false'" t-on-click="() => this.choose(theme.key)" t-esc="theme.label"/>
                </div>
                <DropdownItem onSelected="logOut"><Icon name="'power'"/><t t-esc="texts.logout"/></DropdownItem>
            </t>
        </Dropdown>`;
    static components = { Dropdown, DropdownItem, Icon };
    static props = [];

    setup() {
        this.session = session;
        this.logOut = logOut;
        this.state = useState({ theme: getTheme() });
        this.texts = { account: _t("Your account"), theme: _t("Colours"), logout: _t("Log out") };
        this.themes = THEMES;
        this.getTheme = getTheme; // the palette may have changed it
    }

    get initials() {
        return (session.name || "?").split(/\s+/).slice(0, 2).map((part) => part[0]).join("").toUpperCase();
    }

    get entries() {
        return accountEntries(this.env);
    }

    choose(theme) {
        setTheme(theme);
        this.state.theme = theme;
    }
}

items.add("preferences", (env) => ({
    description: _t("My profile"), icon: "user", alsoCalled: _t("Preferences, password, language, time zone"),
    callback: async () => {
        const action = await env.services.orm.call("res.users", "action_get");
        await env.services.action.doAction({ ...action, res_id: session.uid });
    },
}), { sequence: 10 });
items.add("shortcuts", (env) => ({ description: _t("Keyboard"), icon: "keyboard", callback: () => env.services.palette.showShortcuts() }), { sequence: 20 });
