/** What developers find in the bar: the source of what is open, the fields of its model, and the way out of debug mode. */
import { Component, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { session } from "@web/core/session";
import { Dropdown, DropdownItem } from "@web/ui/dropdown/dropdown";
import { Icon } from "@web/ui/icon/icon";
import { ViewEditor } from "@web/webclient/view_editor";

/** The page anew, in another mode. @param {string} debug "" ends debug mode, "assets" has each file of the client sent by itself */
export function enterDebug(debug) {
    const url = new URL(window.location.href);
    url.searchParams.set("debug", debug);
    window.location.assign(url);
}

export class DebugMenu extends Component {
    static template = xml`
        <Dropdown togglerClass="'f-nav-button'" label="texts.menu" title="texts.menu" position="'end'" onOpened="() => this.look()">
            <Icon name="'warning'"/><span class="f-nav-name" t-esc="texts.short"/>
            <t t-set-slot="content">
                <t t-if="state.view">
                    <p class="f-menu-label" t-esc="state.view.resModel"/>
                    <DropdownItem t-if="state.mayEdit and state.view.viewId" onSelected="() => this.edit(state.view.viewId)"><t t-esc="texts.edit"/></DropdownItem>
                    <DropdownItem t-if="state.mayEdit and state.view.searchViewId" onSelected="() => this.edit(state.view.searchViewId)"><t t-esc="texts.editSearch"/></DropdownItem>
                    <DropdownItem t-if="state.mayEdit" onSelected="() => this.showFields()"><t t-esc="texts.fields"/></DropdownItem>
                </t>
                <DropdownItem checked="isApart" onSelected="() => this.enter(isApart ? '1' : 'assets')"><t t-esc="texts.apart"/></DropdownItem>
                <DropdownItem onSelected="() => this.enter('')"><t t-esc="texts.leave"/></DropdownItem>
            </t>
        </Dropdown>`;
    static components = { Dropdown, DropdownItem, Icon };
    static props = [];

    setup() {
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.orm = useService("orm");
        this.views = useService("view");
        this.enter = enterDebug;
        this.state = useState({ view: /** @type {any} */ (null), mayEdit: false });
        this.texts = {
            menu: _t("Debug mode"), short: _t("Debug"), edit: _t("Source of the view"), editSearch: _t("Source of the search"), fields: _t("Fields of the model"),
            apart: _t("Each file by itself"), leave: _t("Leave debug mode"),
        };
    }

    get isApart() {
        return this.env.debug.includes("assets");
    }

    /** What is open now, and whether one may change it. */
    async look() {
        this.state.view = this.action.top?.view || null;
        this.state.mayEdit = await this.orm.call("ir.ui.view", "has_access", [[], "write"]);
    }

    edit(viewId) {
        this.dialog.add(ViewEditor, { viewId, onSaved: () => this.showAnew() });
    }

    /** Paint what is open from the new source. */
    async showAnew() {
        this.views.clear();
        window.location.reload();
    }

    showFields() {
        const { resModel } = this.state.view;
        return this.action.doAction({ type: "ir.actions.act_window", name: _t("Fields of %s", resModel), res_model: "ir.model.fields", views: [[false, "list"], [false, "form"]], domain: [["model", "=", resModel]] });
    }
}

registry.category("systray").add("debug", { Component: DebugMenu, isDisplayed: (env) => Boolean(env.debug) });
registry.category("user_menuitems").add("debug", (env) => ({ description: _t("Debug mode"), icon: "gear", hide: Boolean(env.debug) || !session.is_system, callback: () => enterDebug("1") }), { sequence: 80 });
