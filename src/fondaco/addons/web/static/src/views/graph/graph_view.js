/** Pictures of numbers as a kind of view: what is counted, by what, drawn how. */
import { Component, onWillStart, useSubEnv, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/services";
import { Dropdown, DropdownItem } from "@web/ui/dropdown/dropdown";
import { Icon } from "@web/ui/icon/icon";
import { GraphModel } from "@web/views/graph/graph_model";
import { GraphRenderer } from "@web/views/graph/graph_renderer";
import { MODES, parseGraphArch } from "@web/views/graph/graph_arch";
import { Layout } from "@web/views/layout";
import { openRecords } from "@web/views/measures";
import { NoContent } from "@web/views/no_content";
import { SearchBar } from "@web/views/search/search_bar";

export class GraphController extends Component {
    static template = xml`
        <Layout class="'f-graph-view'">
            <t t-set-slot="buttons">
                <Dropdown label="texts.measure" hotkey="'m'">
                    <span t-esc="model.measure.label"/><Icon name="'chevron-down'"/>
                    <t t-set-slot="content"><DropdownItem t-foreach="props.arch.measures" t-as="measure" t-key="measure.name" checked="measure.name === model.measure.name" onSelected="() => model.setMeasure(measure.name)"><t t-esc="measure.label"/></DropdownItem></t>
                </Dropdown>
                <div class="f-switch-view" role="group" t-att-aria-label="texts.picture">
                    <button t-foreach="modes" t-as="mode" t-key="mode.name" type="button" class="f-button f-button-quiet f-button-icon" t-att-class="{'f-active': mode.name === model.mode}" t-att-title="mode.label" t-att-aria-label="mode.label" t-att-aria-pressed="mode.name === model.mode ? 'true' : 'false'" t-on-click="() => model.show({ mode: mode.name })"><Icon name="'graph-' + mode.name"/></button>
                </div>
                <button t-if="model.mode !== 'pie' and model.query.groupBy.length gt 1 and !model.query.comparison" type="button" class="f-button f-button-quiet" t-att-class="{'f-active': model.isStacked}" t-att-aria-pressed="model.isStacked ? 'true' : 'false'" t-on-click="() => model.show({ isStacked: !model.isStacked })" t-esc="texts.stacked"/>
                <button t-if="model.mode === 'line'" type="button" class="f-button f-button-quiet" t-att-class="{'f-active': model.isCumulated}" t-att-aria-pressed="model.isCumulated ? 'true' : 'false'" t-on-click="() => model.show({ isCumulated: !model.isCumulated })" t-esc="texts.cumulated"/>
                <button t-if="model.mode === 'bar'" type="button" class="f-button f-button-quiet" t-att-title="texts.order" t-on-click="() => this.sort()" t-esc="sortText"/>
            </t>
            <t t-set-slot="search"><SearchBar/></t>
            <NoContent t-if="isEmpty" help="props.noContentHelp" isFiltered="props.searchModel.isFiltered"/>
            <t t-else="" t-component="props.viewDescription.Renderer" model="model" open="props.arch.canOpen ? (domain, name) => this.open(domain, name) : undefined"/>
        </Layout>`;
    static components = { Layout, SearchBar, Dropdown, DropdownItem, Icon, NoContent };
    static props = ["*"];

    setup() {
        this.action = useService("action");
        const { resModel, fields, arch, context, searchModel, state } = this.props;
        const labels = { bar: _t("Bars"), line: _t("Lines"), pie: _t("Pie") };
        this.modes = MODES.map((name) => ({ name, label: labels[name] }));
        this.texts = { measure: _t("What is counted"), picture: _t("Kind of picture"), stacked: _t("Stacked"), cumulated: _t("Cumulative"), order: _t("Order of the bars") };
        this.model = new GraphModel(useService("orm"), { resModel, fields, arch, context });
        Object.assign(this.model, this.asked(), state?.graph || {});
        useSubEnv({ searchModel });
        useBus(this.model.bus, "update", () => this.render(true));
        useBus(searchModel, "update", () => this.onSearch());
        searchModel.canCompare = true;
        searchModel.viewContext = () => ({ graph_mode: this.model.mode, graph_measure: this.model.measure.name, graph_groupbys: this.model.query.groupBy });
        this.env.config?.setController?.({ getState: () => ({ searchState: searchModel.exportState(), graph: this.kept }) });
        onWillStart(() => this.model.load(this.query));
    }

    get kept() {
        const { mode, isStacked, isCumulated, order, measureName } = this.model;
        return { mode, isStacked, isCumulated, order, measureName };
    }

    /** What the action or a favourite asks for by its context. */
    asked() {
        const context = { ...this.props.context, ...this.props.searchModel.context };
        const isKnown = this.props.arch.measures.some(({ name }) => name === context.graph_measure);
        return { ...(MODES.includes(context.graph_mode) ? { mode: context.graph_mode } : {}), ...(isKnown ? { measureName: context.graph_measure } : {}) };
    }

    get query() {
        const { searchModel, arch, context } = this.props;
        const asked = searchModel.context.graph_groupbys || context.graph_groupbys;
        return { domain: searchModel.domain, context: searchModel.context, comparison: searchModel.comparison, groupBy: searchModel.groupBy.length ? searchModel.groupBy : asked || arch.groupBy };
    }

    async onSearch() {
        Object.assign(this.model, this.asked());
        await this.model.load(this.query);
    }

    get isEmpty() {
        return this.model.isLoaded && !this.model.plot.series.some(({ points }) => points.some((point) => point?.count));
    }

    get sortText() {
        return { "": _t("Not sorted"), desc: _t("Largest first"), asc: _t("Smallest first") }[this.model.order];
    }

    sort() {
        this.model.show({ order: { "": "desc", desc: "asc", asc: "" }[this.model.order] });
    }

    /** @param {any[]} domain @param {string} name */
    open(domain, name) {
        const { resModel, context } = this.props;
        return openRecords(this.action, { resModel, name, domain, context: { ...context, ...this.model.query.context }, views: this.env.config?.views });
    }
}

export const graphView = { type: "graph", isSearched: true, parse: parseGraphArch, Controller: GraphController, Renderer: GraphRenderer };

registry.category("views").add("graph", graphView);
