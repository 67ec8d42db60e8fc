/**
 * The frame of every view: where one is, what can be begun, what is searched, which part is seen; below it the view itself,
 * and beside that what is chosen from.
 *
 * Its slots are `status`, `buttons`, `search`, `pager`; components of addons have `layout-buttons`, `layout-actions` and those
 * that begin with `control-panel-`. `display.controlPanel` is false where the frame is not to have a head; `className` is of the content.
 */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { useService } from "@web/core/services";
import { Icon } from "@web/ui/icon/icon";
import { Pager } from "@web/ui/pager/pager";
import { SearchPanel } from "@web/views/search/search_panel";

const VIEW_ICONS = { calendar: "calendar", list: "list", kanban: "kanban", form: "form", graph: "graph-bar", pivot: "pivot" };

export class Layout extends Component {
    static template = xml`
        <div class="f-view" t-att-class="props.class">
            <header class="f-control" t-if="hasHead">
                <div class="f-control-where">
                    <nav class="f-breadcrumbs" t-att-aria-label="texts.where" t-if="crumbs.length">
                        <ol><li t-foreach="crumbs" t-as="crumb" t-key="crumb_index"><a t-att-href="crumb.url" t-att-data-hotkey="crumb_last ? 'b' : undefined" t-on-click.prevent="() => crumb.onSelected()" t-esc="crumb.name"/></li></ol>
                    </nav>
                    <div class="f-control-title">
                        <h1 t-esc="title"/>
                        <t t-slot="status"/>
                    </div>
                </div>
                <div class="f-control-buttons"><t t-slot="buttons"/><t t-slot="control-panel-create-button"/><t t-slot="layout-buttons"/><t t-slot="control-panel-always-buttons"/><t t-slot="control-panel-additional-actions"/></div>
                <div class="f-control-search"><t t-slot="search"/><t t-slot="layout-actions"/><t t-slot="control-panel-selection-actions"/></div>
                <div class="f-control-end">
                    <t t-slot="pager"/>
                    <Pager t-if="pager" offset="pager.offset" limit="pager.limit" total="pager.total" isFree="true" onUpdate="(offset, limit) => this.pager.onUpdate({ offset, limit })"/>
                    <t t-slot="control-panel-navigation-additional"/>
                    <div t-if="views.length gt 1" class="f-switch-view" role="group" t-att-aria-label="texts.kind">
                        <button t-foreach="views" t-as="view" t-key="view.type" type="button" class="f-button f-button-quiet f-button-icon" t-att-class="{'f-active': view.isActive}" t-att-title="view.name"
                                t-att-aria-label="view.name" t-att-aria-pressed="view.isActive ? 'true' : 'false'" t-att-data-hotkey="view.hotkey" t-on-click="() => view.onSelected()"><Icon name="view.icon"/></button>
                    </div>
                </div>
            </header>
            <div class="f-body" t-att-class="{'f-body-panelled': panel}">
                <SearchPanel t-if="panel" panel="panel"/>
                <div class="f-content" t-att-class="contentClass"><t t-slot="default"/></div>
            </div>
            <div t-if="env.isInDialog and props.slots['layout-buttons']" class="f-form-footer"><t t-slot="layout-buttons"/></div>
        </div>`;
    static components = { Icon, Pager, SearchPanel };
    static props = ["slots?", "class?", "contentClass?", "className?", "display?", "title?", "*"];
    static defaultProps = { slots: {} };

    setup() {
        this.action = useService("action");
        this.texts = { where: _t("Where you are"), kind: _t("Kind of view") };
    }

    get hasHead() {
        return !this.env.isInDialog && this.props.display?.controlPanel !== false;
    }

    get contentClass() {
        return [this.props.contentClass, this.props.className].filter(Boolean).join(" ");
    }

    get config() {
        return this.env.config || {};
    }

    /** What `usePager` of addons told. */
    get pager() {
        return this.config.pagerProps?.total ? this.config.pagerProps : null;
    }

    /** What is chosen from beside the records, where the search of the view offers it. */
    get panel() {
        return this.env.searchModel?.shownPanel;
    }

    get title() {
        return this.props.title || this.config.displayName || "";
    }

    get crumbs() {
        return this.config.breadcrumbs || [];
    }

    get views() {
        return (this.config.viewSwitcher || []).map((view) => ({ ...view, icon: VIEW_ICONS[view.type] || view.icon || "list", hotkey: { list: "l", kanban: "k", graph: "g", pivot: "v", calendar: "y" }[view.type] }));
    }
}
