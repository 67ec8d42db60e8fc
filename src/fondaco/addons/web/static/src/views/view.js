/** One view of a model: loads its arch, makes its search, shows its controller. Used by actions and by dialogs. */
import { Component, onWillStart, onWillUpdateProps, useSubEnv, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { SearchModel } from "@web/views/search/search_model";

/**
 * Which views are asked for so that one of them can be shown: those one can switch to come with it.
 * @param {any} props of the view @returns {[string, [number|false, string][], object, object]} for the loader
 */
export function viewsWanted({ resModel, type, views, viewId, searchViewId, context, actionId }) {
    const known = registry.category("views");
    const wanted = views?.length ? [...views] : [[viewId || false, type]];
    if (!wanted.some(([, kind]) => kind === "search")) {
        wanted.push([searchViewId || false, "search"]);
    }
    const asked = wanted.filter(([, kind]) => kind === "search" || known.contains(kind));
    const kept = Object.fromEntries(Object.entries(context || {}).filter(([key]) => !key.startsWith("default_") && !key.startsWith("search_default_")));
    return [resModel, asked, kept, { action_id: actionId || false }];
}

export class View extends Component {
    static template = xml`<t t-if="Controller" t-component="Controller" t-props="controllerProps" t-key="key"/>`;
    static props = ["resModel", "type", "viewId?", "searchViewId?", "views?", "context?", "domain?", "resId?", "resIds?", "*"];

    setup() {
        this.viewLoader = useService("view");
        this.orm = useService("orm");
        if (this.props.config) {
            useSubEnv({ config: this.props.config });
        }
        onWillStart(() => this.load(this.props));
        onWillUpdateProps((next) => this.load(next));
    }

    /** @param {any} props */
    async load(props) {
        const { resModel, type } = props;
        const known = registry.category("views");
        const { isSearched } = known.get(type);
        const loaded = await this.viewLoader.load(...viewsWanted(props));
        const view = loaded.views[type];
        this.archInfo = await this.viewLoader.parse(type, view.arch, resModel, loaded.models);
        this.fields = loaded.models[resModel].fields;
        this.toolbar = view.toolbar || {};
        this.viewId = view.id;
        props.config?.setView?.({ resModel, viewId: view.id, searchViewId: isSearched && loaded.views.search?.id });
        if (isSearched) {
            this.searchModel = props.searchModel || new SearchModel({ resModel, fields: this.fields, arch: loaded.views.search?.arch, filters: loaded.views.search?.filters || [], context: props.context || {}, domain: props.domain || [], state: props.searchState, viewType: this.env.isInDialog ? undefined : type, orm: this.orm });
            this.searchModel.addEventListener("update", () => props.config?.setSearch?.(this.searchModel.address));
            this.searchModel.nameRecords(this.orm);
            await this.searchModel.shownPanel?.start();
        }
        this.description = { ...known.get(type), ...known.get(this.archInfo.jsClass || "", {}) };
        this.Controller = this.description.Controller;
        this.key = `${resModel} ${type} ${props.viewId || ""}`;
    }

    get controllerProps() {
        const { resModel, context, resId, resIds, actionProps } = this.props;
        return { ...actionProps, resModel, context: context || {}, resId, resIds, viewId: this.viewId, arch: this.archInfo, fields: this.fields, toolbar: this.toolbar, searchModel: this.searchModel, viewDescription: this.description };
    }
}
