/** A kind of view: records as boats along a quay. */
import { Component, onWillStart, useState, useSubEnv } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { SearchBar } from "@web/search/search_bar/search_bar";
import { parseQuayArch } from "@harbour/quay/quay_arch";

export class QuayRenderer extends Component {
    static template = "harbour.QuayRenderer";
    static props = ["boats", "arch", "open"];

    /** @param {any} boat */
    title(boat) {
        return this.props.arch.names.map((name) => boat[name]).join(" ");
    }
}

export class QuayController extends Component {
    static template = "harbour.QuayController";
    static components = { Layout, SearchBar };
    static props = ["*"];

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = useState({ boats: [] });
        const { searchModel } = this.props;
        useSubEnv({ searchModel });
        useBus(searchModel, "update", () => this.load());
        onWillStart(() => this.load());
    }

    async load() {
        const { arch, resModel, searchModel } = this.props;
        this.state.boats = await this.orm.searchRead(resModel, searchModel.domain, [arch.length, ...arch.names]);
    }

    /** @param {any} boat */
    open(boat) {
        return this.action.doAction({ type: "ir.actions.act_window", name: _t("Boat"), res_model: this.props.resModel, res_id: boat.id, views: [[false, "form"]] });
    }
}

registry.category("views").add("quay", {
    type: "quay",
    displayName: _t("Quay"),
    icon: "company",
    isSearched: true,
    parse: parseQuayArch,
    Controller: QuayController,
    Renderer: QuayRenderer,
});
