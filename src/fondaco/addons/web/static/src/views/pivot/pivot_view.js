/** Tables of totals as a kind of view: rows and columns to any depth, turned, counted and taken along as a workbook. */
import { Component, onWillStart, useSubEnv, xml } from "@odoo/owl";
import { download } from "@web/core/download";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/services";
import { Dialog } from "@web/ui/dialog/dialog";
import { Dropdown, DropdownItem } from "@web/ui/dropdown/dropdown";
import { Icon } from "@web/ui/icon/icon";
import { Layout } from "@web/views/layout";
import { groupChoices, openRecords } from "@web/views/measures";
import { NoContent } from "@web/views/no_content";
import { parsePivotArch } from "@web/views/pivot/pivot_arch";
import { exportOf } from "@web/views/pivot/pivot_export";
import { PivotModel } from "@web/views/pivot/pivot_model";
import { PivotRenderer } from "@web/views/pivot/pivot_renderer";
import { SearchBar } from "@web/views/search/search_bar";

/** By what shall a heading be divided? */
class DivideDialog extends Component {
    static template = xml`
        <Dialog title="props.title" size="'sm'" close="props.close">
            <ul class="f-choices"><li t-foreach="props.choices" t-as="choice" t-key="choice.spec"><button type="button" class="f-dropdown-item" t-on-click="() => this.take(choice.spec)" t-esc="choice.label"/></li></ul>
            <t t-set-slot="footer"><button type="button" class="f-button" t-on-click="() => props.close()" t-esc="cancel"/></t>
        </Dialog>`;
    static components = { Dialog };
    static props = ["title", "choices", "take", "close"];

    setup() {
        this.cancel = _t("Cancel");
    }

    take(spec) {
        this.props.close();
        this.props.take(spec);
    }
}

export class PivotController extends Component {
    static template = xml`
        <Layout class="'f-pivot-view'" contentClass="'f-content-flush'">
            <t t-set-slot="buttons">
                <Dropdown label="texts.measures" hotkey="'m'">
                    <span t-esc="texts.measures"/><Icon name="'chevron-down'"/>
                    <t t-set-slot="content"><DropdownItem t-foreach="props.arch.measures" t-as="measure" t-key="measure.name" checked="model.measureNames.includes(measure.name)" onSelected="() => model.toggleMeasure(measure.name)"><t t-esc="measure.label"/></DropdownItem></t>
                </Dropdown>
                <t t-foreach="tools" t-as="tool" t-key="tool.icon"><button type="button" class="f-button f-button-quiet f-button-icon" t-att-title="tool.label" t-att-aria-label="tool.label" t-on-click="tool.run"><Icon name="tool.icon"/></button></t>
            </t>
            <t t-set-slot="search"><SearchBar/></t>
            <NoContent t-if="model.isEmpty" help="props.noContentHelp" isFiltered="props.searchModel.isFiltered"/>
            <t t-else="" t-component="props.viewDescription.Renderer" model="model" press="(axis, heading) => this.press(axis, heading)" open="props.arch.canOpen ? (row, column, number) => this.open(row, column, number) : undefined"/>
        </Layout>`;
    static components = { Layout, SearchBar, Dropdown, DropdownItem, Icon, NoContent };
    static props = ["*"];

    setup() {
        this.action = useService("action");
        this.dialog = useService("dialog");
        const { resModel, fields, arch, context, searchModel, state } = this.props;
        this.texts = { measures: _t("What is counted") };
        this.tools = [
            { icon: "flip", label: _t("Flip rows and columns"), run: () => this.model.flip() },
            { icon: "expand", label: _t("Open all"), run: () => this.model.openAll() },
            { icon: "download", label: _t("Download as XLSX"), run: () => this.export() },
        ];
        this.model = new PivotModel(useService("orm"), { resModel, fields, arch, context });
        this.searched = JSON.stringify([searchModel.groupBy, searchModel.context]);
        Object.assign(this.model, this.asked(), state?.pivot || {});
        useSubEnv({ searchModel });
        useBus(this.model.bus, "update", () => this.render(true));
        useBus(searchModel, "update", () => this.onSearch());
        searchModel.canCompare = true;
        searchModel.viewContext = () => ({ pivot_measures: this.model.measureNames, pivot_row_groupby: this.model.rows, pivot_column_groupby: this.model.columns });
        this.env.config?.setController?.({ getState: () => ({ searchState: searchModel.exportState(), pivot: this.kept }) });
        onWillStart(() => this.model.load(this.query));
    }

    get kept() {
        const { rows, columns, measureNames, closed, sorting } = this.model;
        return { rows, columns, measureNames, closed, sorting };
    }

    /** What the search, a favourite or the action asks for; the search's groupings are the rows. */
    asked() {
        const { searchModel, arch } = this.props;
        const context = { ...this.props.context, ...searchModel.context };
        const known = new Set(arch.measures.map(({ name }) => name));
        const measureNames = (context.pivot_measures || []).filter((name) => known.has(name));
        const rows = searchModel.groupBy.length ? searchModel.groupBy : context.pivot_row_groupby || arch.rows;
        return { rows, columns: context.pivot_column_groupby || arch.columns, ...(measureNames.length ? { measureNames } : {}) };
    }

    get query() {
        const { searchModel } = this.props;
        return { domain: searchModel.domain, context: searchModel.context, comparison: searchModel.comparison };
    }

    /** A new filter leaves the table as it was turned and opened; a new grouping does not. */
    async onSearch() {
        const searched = JSON.stringify([this.props.searchModel.groupBy, this.props.searchModel.context]);
        if (searched !== this.searched) {
            this.searched = searched;
            Object.assign(this.model, this.asked());
        }
        await this.model.load(this.query);
    }

    /** @param {"rows"|"columns"} axis @param {import("@web/views/pivot/pivot_table").Heading} heading */
    press(axis, heading) {
        if (heading.children.length) {
            return this.model.toggle(axis, heading);
        }
        const used = new Set(this.model[axis]);
        return this.dialog.add(DivideDialog, {
            title: _t("Divide %s by", heading.label),
            choices: groupChoices(this.props.searchModel).filter(({ spec }) => !used.has(spec)),
            take: (spec) => this.model.divide(axis, heading, spec),
        });
    }

    open(row, column, number) {
        const { resModel, context } = this.props;
        const cell = this.model.cellOf(row.key, column.key, number);
        const name = [row, column].filter(({ depth }) => depth).map(({ label }) => label).join(" / ") || this.env.config?.displayName || "";
        return openRecords(this.action, { resModel, name, domain: cell?.__domain || (number.time === "before" && this.query.comparison?.before.domain) || this.query.domain, context: { ...context, ...this.model.query.context }, views: this.env.config?.views });
    }

    export() {
        return download("/web/pivot/export_xlsx", { data: JSON.stringify(exportOf(this.model, this.env.config?.displayName || "")) });
    }
}

export const pivotView = { type: "pivot", isSearched: true, parse: parsePivotArch, Controller: PivotController, Renderer: PivotRenderer };

registry.category("views").add("pivot", pivotView);
