/** Beside the records: fields of which one value is chosen, or several. On a small screen a button opens them. */
import { Component, onMounted, xml } from "@odoo/owl";
import { formatInteger } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { useBus, useService } from "@web/core/services";
import { Dialog } from "@web/ui/dialog/dialog";
import { Icon } from "@web/ui/icon/icon";

/** @typedef {import("@web/views/search/search_panel_arch").PanelSection} PanelSection */
/** @typedef {import("@web/views/search/search_panel_model").PanelRow} PanelRow */

let lastGroup = 0;

/** The values, to choose from. */
export class PanelSections extends Component {
    static template = xml`
        <fieldset t-foreach="panel.sections" t-as="section" t-key="section.name" class="f-searchpanel-section" t-att-data-name="section.name">
            <legend><span t-if="section.icon" class="f-searchpanel-icon" t-att-style="section.color ? 'color: ' + section.color : ''"><Icon name="section.icon"/></span><span t-esc="section.label"/></legend>
            <p t-if="panel.problemOf(section)" class="f-searchpanel-problem" t-esc="panel.problemOf(section)"/>
            <t t-if="section.isMulti">
                <t t-foreach="panel.groupsOf(section)" t-as="group" t-key="group.id">
                    <label t-if="section.groupBy" class="f-searchpanel-value f-searchpanel-group">
                        <input type="checkbox" class="f-checkbox" t-att-checked="isWhole(section, group)" t-att-indeterminate="isPart(section, group)" t-on-change="(ev) => this.panel.mark(section, group.values.map((value) => value.id), ev.target.checked)"/>
                        <span class="f-searchpanel-name" t-esc="group.name"/>
                    </label>
                    <label t-foreach="group.values" t-as="value" t-key="value.id" class="f-searchpanel-value" t-att-class="{'f-searchpanel-below': section.groupBy}">
                        <input type="checkbox" class="f-checkbox" t-att-checked="panel.idsOf(section).includes(value.id)" t-on-change="(ev) => this.panel.mark(section, [value.id], ev.target.checked)"/>
                        <span class="f-searchpanel-name" t-att-title="value.display_name" t-esc="value.display_name"/>
                        <span t-if="value.__count" class="f-searchpanel-count" t-esc="count(value)"/>
                    </label>
                </t>
            </t>
            <t t-else="">
                <label class="f-searchpanel-value f-searchpanel-all">
                    <input type="radio" t-att-name="nameOf(section)" t-att-checked="panel.chosen[section.name] === undefined" t-on-change="() => this.panel.choose(section, false)"/>
                    <span class="f-searchpanel-name" t-esc="texts.all"/>
                </label>
                <div t-foreach="panel.rowsOf(section)" t-as="row" t-key="row.value.id" class="f-searchpanel-row" t-att-style="'--level: ' + row.level">
                    <button t-if="row.hasChildren" type="button" class="f-searchpanel-toggle" t-att-aria-expanded="row.isOpen ? 'true' : 'false'" t-att-aria-label="below(row)" t-on-click="() => this.panel.unfold(section, row, !row.isOpen)"><Icon name="row.isOpen ? 'chevron-down' : 'chevron-right'"/></button>
                    <label class="f-searchpanel-value">
                        <input type="radio" t-att-name="nameOf(section)" t-att-checked="panel.chosen[section.name] === row.value.id" t-on-change="() => this.panel.choose(section, row.value.id)" t-on-keydown="(ev) => this.onKeydown(ev, section, row)"/>
                        <span class="f-searchpanel-name" t-att-title="row.value.display_name" t-esc="row.name"/>
                        <span t-if="row.value.__count" class="f-searchpanel-count" t-esc="count(row.value)"/>
                    </label>
                </div>
            </t>
        </fieldset>`;
    static components = { Icon };
    static props = ["panel"];

    setup() {
        this.group = ++lastGroup;
        this.texts = { all: _t("All") };
        useBus(this.panel, "update", () => this.render(true));
        useBus(this.panel.search, "update", () => this.render(true));
        // values may have come after this was painted and before it was listening
        onMounted(() => this.render());
    }

    get panel() {
        return this.props.panel;
    }

    /** Radio buttons of one name are one choice, in the whole page. @param {PanelSection} section */
    nameOf(section) {
        return `searchpanel-${this.group}-${section.name}`;
    }

    isWhole(section, { values }) {
        return values.every(({ id }) => this.panel.idsOf(section).includes(id));
    }

    isPart(section, group) {
        return !this.isWhole(section, group) && group.values.some(({ id }) => this.panel.idsOf(section).includes(id));
    }

    count(value) {
        return formatInteger(value.__count);
    }

    /** @param {PanelRow} row */
    below(row) {
        return _t("Below %s", row.name);
    }

    /** Along the line a branch opens and closes; up and down, the next value is chosen. @param {KeyboardEvent} event @param {PanelSection} section @param {PanelRow} row */
    onKeydown(event, section, row) {
        const isAlong = event.key === "ArrowRight" || event.key === "ArrowLeft";
        if (isAlong) {
            event.preventDefault();
            const isForward = (event.key === "ArrowRight") !== (document.documentElement.dir === "rtl");
            if (row.hasChildren && row.isOpen !== isForward) {
                this.panel.unfold(section, row, isForward);
            }
        }
    }
}

/** The same on a small screen, above the records. */
export class PanelSheet extends Component {
    static template = xml`
        <Dialog title="texts.title" size="'sm'" bodyClass="'f-searchpanel-sheet'" close="props.close">
            <PanelSections panel="props.panel"/>
            <t t-set-slot="footer">
                <button type="button" class="f-button f-button-primary" t-on-click="() => props.close()" t-esc="texts.show"/>
                <button type="button" class="f-button" t-on-click="() => props.panel.clear()" t-esc="texts.clear"/>
            </t>
        </Dialog>`;
    static components = { Dialog, PanelSections };
    static props = ["panel", "close"];

    setup() {
        this.texts = { title: _t("Narrow down"), show: _t("Show records"), clear: _t("Show all") };
    }
}

export class SearchPanel extends Component {
    static template = xml`
        <aside class="f-searchpanel" t-att-class="panel.className + (panel.isFolded ? ' f-folded' : '')" t-att-aria-label="texts.title">
            <button type="button" class="f-button f-button-quiet f-button-icon f-searchpanel-fold" t-att-aria-expanded="panel.isFolded ? 'false' : 'true'" t-att-aria-label="texts.title" t-att-title="folding" t-on-click="() => panel.fold()">
                <Icon name="panel.isFolded ? 'chevron-right' : 'chevron-left'"/>
            </button>
            <PanelSections t-if="!panel.isFolded" panel="panel"/>
            <p t-elif="panel.labels.length" class="f-searchpanel-folded" t-esc="summary"/>
        </aside>
        <button type="button" class="f-searchpanel-open" t-att-aria-label="texts.title + ': ' + summary" t-on-click="() => this.openSheet()">
            <Icon name="'filter'"/><span class="f-searchpanel-name" t-esc="summary"/><Icon name="'chevron-down'"/>
        </button>`;
    static components = { Icon, PanelSections };
    static props = ["panel"];

    setup() {
        this.dialog = useService("dialog");
        this.texts = { title: _t("Narrow down"), all: _t("All"), fold: _t("Fold"), unfold: _t("Unfold") };
        useBus(this.panel, "update", () => this.render());
        useBus(this.panel.search, "update", () => this.render());
        onMounted(() => this.render());
    }

    get panel() {
        return this.props.panel;
    }

    get folding() {
        return this.panel.isFolded ? this.texts.unfold : this.texts.fold;
    }

    /** What is chosen, in short. */
    get summary() {
        return this.panel.labels.join(", ") || this.texts.all;
    }

    openSheet() {
        this.dialog.add(PanelSheet, { panel: this.panel });
    }
}
