/** @odoo-module **/
/** A screen of an addon made for Odoo 18 that uses the documented components, hooks and services: `client action asked.screen`. */
import { Component, onMounted, useState, xml } from "@odoo/owl";
import { ActionSwiper } from "@web/core/action_swiper/action_swiper";
import { LazyComponent, loadBundle, loadCSS, useAssets } from "@web/core/assets";
import { CheckBox } from "@web/core/checkbox/checkbox";
import { CodeEditor } from "@web/core/code_editor/code_editor";
import { ColorList } from "@web/core/colorlist/colorlist";
import { useCommand } from "@web/core/commands/command_hook";
import { AlertDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { formatCurrency } from "@web/core/currency";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { useDropdownState } from "@web/core/dropdown/dropdown_hooks";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { WarningDialog } from "@web/core/errors/error_dialogs";
import { ERROR_INACCESSIBLE_OR_MISSING } from "@web/core/name_service";
import { download } from "@web/core/network/download";
import { Notebook } from "@web/core/notebook/notebook";
import { x2ManyCommands } from "@web/core/orm_service";
import { Pager } from "@web/core/pager/pager";
import { usePopover } from "@web/core/popover/popover_hook";
import { usePosition } from "@web/core/position/position_hook";
import { registry } from "@web/core/registry";
import { useRegistry } from "@web/core/registry_hook";
import { SelectMenu } from "@web/core/select_menu/select_menu";
import { TagsList } from "@web/core/tags_list/tags_list";
import { SIZES, useActiveElement } from "@web/core/ui/ui_service";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { renderToElement, renderToString } from "@web/core/utils/render";
import { Model, useModel } from "@web/model/model";
import { Record } from "@web/model/relational_model/record";
import { StaticList } from "@web/model/relational_model/static_list";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { usePager } from "@web/search/pager_hook";
import { formatBoolean, formatDateTime, formatFloat } from "@web/views/fields/formatters";
import { parseFloat, parseMonetary, parsePercentage } from "@web/views/fields/parsers";
import { Many2XAutocomplete, useOpenMany2XRecord, useSelectCreate } from "@web/views/fields/relational_utils";
import { standardViewProps } from "@web/views/standard_view_props";
import { SelectCreateDialog } from "@web/views/view_dialogs/select_create_dialog";
import { ActionDialog } from "@web/webclient/actions/action_dialog";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

class Tip extends Component {
    static template = xml`<p class="asked-tip">Tip <t t-esc="props.text"/> <button class="f-button" t-on-click="props.close">Enough</button></p>`;
    static props = ["text", "close"];
}

class PageOfText extends Component {
    static template = xml`<b class="asked-page" t-esc="props.text"/>`;
    static props = ["*"];
}

class Count extends Model {
    static services = ["orm"];

    setup(params, { orm }) {
        Object.assign(this, params, { orm });
    }

    async load() {
        this.count = await this.orm.searchCount(this.resModel, []);
    }
}

class Screen extends Component {
    static template = xml`
        <Layout display="{ controlPanel: {} }" className="'asked-screen'">
            <t t-set-slot="layout-buttons"><button class="f-button asked-effect" t-on-click="() => this.action.doAction({ type: 'ir.actions.act_window_close', effect: { message: 'Boats are in', fadeout: 'no' } })">Effect</button></t>
            <CheckBox value="state.isOn" onChange="(value) => { state.isOn = value; }">On the quay</CheckBox>
            <ColorList colors="[0, 3, 4]" canToggle="true" selectedColor="state.colour" onColorSelected="(id) => { state.colour = id; }"/>
            <SelectMenu choices="[{ value: 'a', label: 'Anchor' }, { value: 'b', label: 'Buoy' }]" value="state.one" onSelect="(value) => { state.one = value; }" placeholder="'One'"/>
            <SelectMenu groups="[{ label: 'Ropes', choices: [{ value: 1, label: 'Hemp' }, { value: 2, label: 'Steel' }] }]" multiSelect="true" value="state.many" onSelect="(value) => { state.many = value; }" placeholder="'Many'"/>
            <TagsList tags="[1, 2, 3].map((id) => ({ id, text: 'Tag ' + id, colorIndex: id }))" itemsVisible="2"/>
            <Dropdown state="menu"><button class="f-button asked-menu">Menu</button><t t-set-slot="content"><DropdownItem onSelected="() => { state.chosen = 'item'; }">Item</DropdownItem></t></Dropdown>
            <Notebook pages="pages" defaultPage="'two'" onPageUpdate="(page) => { state.page = page; }"><t t-set-slot="first" title="'First'" isVisible="true">In a slot</t></Notebook>
            <ActionSwiper onRightSwipe="{ action: () => {} }"><i class="asked-swiped">Swiped</i></ActionSwiper>
            <Many2XAutocomplete resModel="'res.partner'" fieldString="'Contact'" value="state.partner" update="(found) => { state.partner = found ? found[0].display_name : ''; }"/>
            <button class="f-button asked-popover" t-on-click="(event) => this.tip.open(event.target, { text: 'of the day' })">Tip</button>
            <button class="f-button asked-lost" t-on-click="() => this.action.doAction({ type: 'ir.actions.client', tag: 'stranger.tag' })">Lost</button>
            <LazyComponent bundle="'stranger.later'" Component="'StrangerLater'" props="{ boats: 3 }"/>
            <output class="asked-state" t-esc="told"/>
        </Layout>`;
    static components = { ActionSwiper, CheckBox, ColorList, Dropdown, DropdownItem, Layout, LazyComponent, Many2XAutocomplete, Notebook, Pager, SelectMenu, TagsList };
    static props = { ...standardActionServiceProps };

    setup() {
        this.env.config.setDisplayName("The quay");
        this.state = useState({ isOn: false, colour: 3, one: "a", many: [1], chosen: "", page: "", partner: "", offset: 0 });
        this.action = useService("action");
        this.menu = useDropdownState();
        this.tip = usePopover(Tip, { position: "top-start" });
        this.pages = [{ Component: PageOfText, id: "two", title: "Two", props: { text: "A component" } }];
        this.model = useModel(Count, { resModel: "res.users" });
        this.entries = useRegistry(registry.category("asked"));
        useCommand("Weigh anchor", () => { this.state.chosen = "anchor"; }, { hotkey: "alt+shift+F9" });
        useSetupAction({ getLocalState: () => ({}) });
        usePager(() => ({ offset: this.state.offset, limit: 10, total: 25, onUpdate: (part) => Object.assign(this.state, part) }));
        this.services = Object.fromEntries(["cookie", "company", "field", "http", "localization", "name", "orm", "router", "title", "ui", "user", "hotkey", "dialog", "notification", "view"].map((name) => [name, useService(name)]));
        onMounted(() => {
            window.told = this.tell();
        });
    }

    get told() {
        const { isOn, colour, one, many, chosen, page, partner, offset } = this.state;
        return JSON.stringify([isOn, colour, one, many, chosen, page, partner, offset]);
    }

    async tell() {
        const { cookie, company, field, http, localization, name, title, ui } = this.services;
        title.setParts({ asked: "Asked" });
        const shown = title.current;
        title.setParts({ asked: null });
        const names = await name.loadDisplayNames("res.company", [1, 987654]);
        ui.block({ message: "Busy" });
        const wasBlocked = ui.isBlocked;
        ui.unblock();
        const path = await field.loadPath("res.users", "partner_id.name");
        await loadCSS("data:text/css,.asked-loaded{}");
        const answers = [
            [shown.includes("Asked"), title.current.includes("Asked")], [names[1] === company.currentCompany.name, names[987654] === ERROR_INACCESSIBLE_OR_MISSING],
            [wasBlocked, ui.isBlocked, ui.size >= SIZES.MD], [path.names, path.modelsInfo.map(({ resModel }) => resModel)],
            [typeof (await http.get("/web/static/src/boot.js", "text")), cookie.current.asked || "", localization.code],
            [await user.checkAccessRight("res.partner", "read"), user.activeCompany.id === company.currentCompany.id], this.model.count > 0, renderToString(Tip.template, { props: { text: 'x' } }).includes('Tip x'), renderToElement(PageOfText.template, { props: { text: 'y' } }).textContent, this.entries.entries.length > 0,
            [x2ManyCommands.set([1]), formatCurrency(1, undefined), formatFloat(1.5), formatBoolean(true), formatDateTime("2026-07-04 10:00:00").length > 9, parseFloat("1,000.5"), parsePercentage("50%"), parseMonetary("12.5")],
            [AlertDialog, WarningDialog, download, usePosition, useActiveElement, Record, useOpenMany2XRecord, useSelectCreate, SelectCreateDialog, ActionDialog, LazyComponent, loadBundle, useAssets, CodeEditor, StaticList].map((one) => typeof one).join(), Boolean(standardViewProps.resModel),
        ];
        return answers;
    }
}

registry.category("actions").add("asked.screen", Screen);
