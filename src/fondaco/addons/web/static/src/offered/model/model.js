/** What a view knows, apart from how it looks: a class of its own that loads for what is searched. */
import { EventBus, onWillStart, onWillUpdateProps, useComponent, useEnv } from "@odoo/owl";
import { useBus, useService } from "@web/core/services";

export class Model {
    /** Names of services that `setup` gets. @type {string[]} */
    static services = [];

    /** @param {any} env @param {any} params @param {Record<string, any>} services */
    constructor(env, params, services) {
        this.env = env;
        this.bus = new EventBus();
        this.isReady = false;
        this.setup(params, services);
    }

    /** @param {any} _params @param {Record<string, any>} _services */
    setup(_params, _services) {}

    /** @param {any} _searchParams @returns {Promise<any>|any} */
    load(_searchParams) {}

    /** The view is painted again. */
    notify() {
        this.bus.trigger("update");
    }

    hasData() {
        return true;
    }
}

/** What is searched. @param {any} props of a controller */
function searchOf(props) {
    const { searchModel } = props;
    const { context = {}, domain = [], groupBy = [], orderBy = [] } = searchModel ? { ...pickOf(searchModel), orderBy: props.orderBy } : props;
    return { resModel: props.resModel, context, domain, groupBy, orderBy };
}

/** @param {any} model of the search */
const pickOf = ({ context, domain, groupBy }) => ({ context, domain, groupBy });

/**
 * @template {Model} M @param {new (env: any, params: any, services: any) => M} ModelClass @param {any} [params] for its `setup` @param {{beforeFirstLoad?: () => Promise<void>}} [options]
 * @returns {M} loaded before the view is painted, and again when something else is searched
 */
export function useModel(ModelClass, params = {}, { beforeFirstLoad } = {}) {
    const component = useComponent();
    const services = Object.fromEntries(/** @type {any} */ (ModelClass).services.map((name) => [name, useService(name)]));
    services.orm ??= useService("orm");
    const model = new ModelClass(useEnv(), params, services);
    const load = async (/** @type {any} */ props) => {
        await model.load(searchOf(props));
        model.isReady = true;
    };
    useBus(model.bus, "update", () => component.render(true));
    if (component.props.searchModel) {
        useBus(component.props.searchModel, "update", async () => {
            await load(component.props);
            component.render(true);
        });
    }
    onWillStart(async () => {
        await beforeFirstLoad?.();
        await load(component.props);
    });
    onWillUpdateProps((next) => load(next));
    return model;
}
