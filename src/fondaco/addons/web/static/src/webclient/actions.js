/**
 * What is open, on top of what: actions become steps of a stack; the stack is the breadcrumbs and the address of the page.
 *
 * A step is one view of one action. `doAction` puts a step on top or opens a dialog; `switchView` shows the same action
 * another way; `goTo` goes back to a step. Before a step is left, its controller is asked.
 */
import { EventBus, reactive } from "@odoo/owl";
import { makeContext } from "@web/core/context";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { router, routerBus } from "@web/core/router";
import { rpc, RPCError } from "@web/core/rpc";
import { session } from "@web/core/session";
import { deletions } from "@web/model/deletions";
import { ActionDialog } from "@web/webclient/action_dialog";
import { ReportPreview } from "@web/webclient/report_preview";
import { notesOf, recall } from "@web/webclient/step_memory";

/** @typedef {Record<string, any>} Action as the server describes it */
/** @typedef {{key: number, action: Action, kind: "view"|"client", viewType: string, resId: number|"new"|false|undefined, resIds: number[], name: string, ownName?: string, state: any, search?: string, hooks: any}} ActionStep search: as the address says it */

/** The tag of a client action that nobody has registered. */
export class UnknownActionError extends Error {}

/** Views of many records, found by a search. @param {string} type */
const isMulti = (type) => Boolean(registry.category("views").get(type, null)?.isSearched);
let lastKey = 0;

export class Actions {
    constructor(env, { orm, dialog, notification, menu }) {
        this.env = env;
        this.orm = orm;
        this.dialog = dialog;
        this.notification = notification;
        this.menu = menu;
        this.bus = new EventBus();
        /** @type {ActionStep[]} */
        this.stack = [];
        this.shown = reactive({ step: /** @type {ActionStep|null} */ (null), app: /** @type {any} */ (null) });
        this.loaded = new Map();
        routerBus.addEventListener("ROUTE_CHANGE", () => this.loadState());
        window.addEventListener("beforeunload", () => this.keepState());
    }

    get top() {
        return this.stack[this.stack.length - 1];
    }

    // -- from a request to a description ----------------------------------------------------------------------------

    /** @param {number|string|Action} request id, xmlid, path, tag of a client action, or the description @param {Record<string, any>} [context] @returns {Promise<Action>} */
    async loadAction(request, context = {}) {
        if (typeof request === "object") {
            return { ...request };
        }
        if (typeof request === "string" && registry.category("actions").contains(request)) {
            return { type: "ir.actions.client", tag: request, name: "" };
        }
        const key = JSON.stringify([request, context.active_id, context.active_model]);
        if (!this.loaded.has(key)) {
            const answer = rpc("/web/action/load", { action_id: request, context: { ...session.user_context, ...context } });
            this.loaded.set(key, answer);
            answer.catch(() => this.loaded.delete(key));
        }
        return { ...(await this.loaded.get(key)) };
    }

    /**
     * @param {number|string|Action|false} request
     * @param {{additionalContext?: object, clearBreadcrumbs?: boolean, onClose?: (infos?: any) => void, parentClose?: (how?: {isReplaced?: boolean}) => void, isParentKept?: boolean, viewType?: string, props?: object, stackPosition?: string}} [options]
     */
    async doAction(request, options = {}) {
        if (!request) {
            return this.closeDialog(options);
        }
        const action = await this.loadAction(request, options.additionalContext);
        const handler = HANDLERS[action.type || "ir.actions.act_window"];
        if (!handler) {
            throw new Error(_t("This kind of action is not supported: %s", action.type));
        }
        const answer = await handler(this, action, options);
        if (action.effect) {
            this.env.services.effect.add(action.effect);
        }
        return answer;
    }

    /** A button came to an end: the dialog it stood in goes, and who opened it reads again. */
    closeDialog(options) {
        options.parentClose?.();
        options.onClose?.();
    }

    // -- windows ----------------------------------------------------------------------------------------------------

    /** Give a window its context, its domain and its views. @param {Action} action @param {object} [context] */
    completeWindow(action, context = {}) {
        const names = { ...session.user_context, ...context, uid: session.uid, context: session.user_context };
        action.context = makeContext([action.context, context], names);
        action.domain ||= [];
        action.evalNames = { ...names, ...action.context };
        action.views = (action.views || (action.view_mode || "list,form").split(",").map((mode) => [false, mode])).map(([id, type]) => [id, type === "tree" ? "list" : type]);
    }

    /** @param {Action} action @param {any} options */
    async openWindow(action, options) {
        this.completeWindow(action, options.additionalContext);
        const viewType = this.chooseView(action, options);
        if (action.target === "new") {
            return this.openDialog(action, viewType, options);
        }
        const step = this.makeStep(action, "view", viewType, action.res_id || (viewType === "form" ? "new" : undefined));
        return this.show(step, { ...options, clearBreadcrumbs: options.clearBreadcrumbs || action.target === "main" });
    }

    /** What is asked of the server so that an action can be shown as one of its views. @param {Action} action complete @param {string} type */
    viewOf(action, type) {
        const [viewId] = action.views.find(([, kind]) => kind === type) || [false];
        const searchViewId = Array.isArray(action.search_view_id) ? action.search_view_id[0] : action.search_view_id || false;
        return { resModel: action.res_model, type, viewId, views: action.views, searchViewId, context: action.context, actionId: action.id };
    }

    /** @param {Action} action complete @param {any} [options] */
    chooseView(action, options = {}) {
        const known = action.views.map(([, type]) => type).filter((type) => registry.category("views").contains(type));
        if (options.viewType && known.includes(options.viewType)) {
            return options.viewType;
        }
        if (action.res_id && known.includes("form")) {
            return "form";
        }
        const isSmall = window.matchMedia("(max-width: 600px)").matches;
        return (isSmall && known.includes(action.mobile_view_mode) ? action.mobile_view_mode : known[0]) || "list";
    }

    /** @param {Action} action @param {string} viewType @param {any} options */
    openDialog(action, viewType, options) {
        const view = action.views.find(([, type]) => type === viewType);
        if (!options.isParentKept) {
            options.parentClose?.({ isReplaced: true });
        }
        this.dialog.add(ActionDialog, {
            title: action.name || "",
            viewProps: { resModel: action.res_model, type: viewType, viewId: view?.[0] || false, resId: action.res_id || false, context: action.context, domain: action.domain, actionId: action.id },
            onClosed: options.onClose,
        });
    }

    /** @param {Action} action @param {"view"|"client"} kind @param {string} [viewType] @param {any} [resId] @returns {ActionStep} */
    makeStep(action, kind, viewType = "", resId) {
        return { key: ++lastKey, action, kind, viewType, resId, resIds: [], name: action.display_name || action.name || "", state: null, hooks: {} };
    }

    /** @param {ActionStep} step @param {any} [options] */
    async show(step, options = {}) {
        if (!options.isRestored && !(await this.mayLeave())) {
            return;
        }
        this.keepState();
        if (options.clearBreadcrumbs) {
            this.stack = [];
        }
        this.stack.push(step);
        this.paint(options);
    }

    /** @param {{isRestored?: boolean, replace?: boolean}} [options] */
    paint(options = {}) {
        const step = this.top;
        const base = this.stack[0]?.action;
        this.shown.app = (base && this.menu.appOf(base.id, base.path)) || (base && base.tag !== "home" ? this.shown.app : null);
        this.shown.step = step;
        this.bus.trigger("CHANGED", step);
        this.tellAddress({ replace: Boolean(options.isRestored || options.replace) });
    }

    async mayLeave() {
        return !this.top?.hooks.beforeLeave || (await this.top.hooks.beforeLeave());
    }

    /** A view that is covered keeps what was searched and where one was. */
    keepState() {
        if (this.top?.hooks.getState) {
            this.top.state = this.top.hooks.getState();
            router.keep(this.notes);
        }
    }

    // -- moving in the stack ----------------------------------------------------------------------------------------

    /** The same action in another kind of view. @param {string} viewType @param {{resId?: number|false, resIds?: number[]}} [options] */
    async switchView(viewType, { resId, resIds = [] } = {}) {
        const { top } = this;
        if (!(await this.mayLeave())) {
            return;
        }
        this.keepState();
        const step = this.makeStep(top.action, "view", viewType, viewType === "form" ? resId || "new" : undefined);
        step.resIds = resIds;
        if (isMulti(viewType) && isMulti(top.viewType)) {
            step.state = top.state && { searchState: top.state.searchState };
            step.search = top.search;
            this.stack.pop();
        } else if (isMulti(viewType) || top.viewType === "form") {
            this.stack.pop();
        }
        this.stack.push(step);
        this.paint();
    }

    /** Back to a step of the stack. @param {number} index @param {{force?: boolean}} [options] @returns {Promise<boolean>} */
    async goTo(index, { force = false } = {}) {
        if (index < 0 || (!force && !(await this.mayLeave()))) {
            return false;
        }
        this.stack = this.stack.slice(0, index + 1);
        // a new key: the view reads again what may have changed
        this.stack[index] = { ...this.stack[index], key: ++lastKey, hooks: {} };
        this.paint();
        return true;
    }

    /** @param {{force?: boolean}} [options] @returns {Promise<boolean>} false when there is nothing to go back to */
    goBack(options) {
        return this.goTo(this.stack.length - 2, options);
    }

    async goHome() {
        await this.doAction("home", { clearBreadcrumbs: true });
    }

    /** @param {any} menu */
    async openMenu(menu) {
        const target = this.menu.firstWithAction(menu);
        if (target) {
            await this.doAction(target.actionID, { clearBreadcrumbs: true });
            this.shown.app = this.menu.get(target.appID);
        }
    }

    // -- the address of the page ------------------------------------------------------------------------------------

    /** @param {ActionStep} step */
    routeOf(step) {
        const { action, kind, resId } = step;
        if (kind === "client") {
            return action.tag === "home" ? null : { action: action.path || action.id || action.tag };
        }
        const place = action.path || action.id ? { action: action.path || action.id } : { model: action.res_model };
        return { ...place, ...(resId ? { resId } : {}) };
    }

    /** What the address does not say. */
    get notes() {
        return notesOf(this.stack, (step) => this.routeOf(step));
    }

    tellAddress({ replace = false } = {}) {
        const actionStack = this.stack.map((step) => this.routeOf(step)).filter(Boolean);
        const { top } = this;
        const first = top.action.views?.find(([, type]) => registry.category("views").contains(type))?.[1];
        const isStated = top.kind === "view" && top.viewType !== "form" && (top.viewType !== first || top.viewType !== this.chooseView({ ...top.action, res_id: false }));
        // a phone may begin with another view than the first: without its name the list would come back as cards
        const view_type = isStated ? top.viewType : undefined;
        router.pushState({ actionStack, view_type, active_id: top.action.context?.active_id, search: top.search }, { replace, kept: this.notes });
        this.env.services.title.setParts({ action: top.name });
    }

    /** The form went to another record: crumb and address follow. @param {ActionStep} step @param {{resId: number|"new", resIds: number[], name: string}} current */
    setCurrent(step, { resId, resIds, name }) {
        const isOther = step.resId !== resId;
        step.resId = resId;
        step.resIds = resIds;
        step.name = name;
        if (step === this.top) {
            this.tellAddress({ replace: !isOther || step.state === null });
        }
    }

    /** A client action says what it is called. @param {ActionStep} step @param {string} name */
    rename(step, name) {
        step.ownName = name;
        step.name = name;
        if (step === this.top) {
            this.env.services.title.setParts({ action: name });
        }
    }

    /** Something else is searched. @param {ActionStep} step @param {string} [search] as the address says it */
    setSearch(step, search) {
        step.search = search;
        // another search begins with its first page
        step.state = null;
        if (step === this.top) {
            this.tellAddress({ replace: true });
        }
    }

    /** Open what the address says. @returns {Promise<boolean>} false when it says nothing that can be opened */
    async loadState() {
        const { actionStack, view_type, active_id, search } = router.current;
        if (!actionStack.length) {
            await this.openStart();
            return true;
        }
        if (!(await this.mayLeave())) {
            this.tellAddress();
            return true;
        }
        /** @type {ActionStep[]} */
        const steps = [];
        for (const [index, route] of actionStack.entries()) {
            const isLast = index === actionStack.length - 1;
            const context = active_id ? { active_id: Number(active_id), active_ids: [Number(active_id)] } : {};
            const action = route.action !== undefined ? await this.loadAction(route.action, context) : await this.actionOfModel(route.model);
            if (action.type === "ir.actions.client") {
                steps.push(this.makeStep(action, "client"));
                continue;
            }
            if (action.type !== "ir.actions.act_window") {
                continue;
            }
            this.completeWindow(action, context);
            const previous = steps[steps.length - 1];
            const hasMulti = action.views.some(([, type]) => isMulti(type)) && !action.res_id;
            if (route.resId !== undefined && hasMulti && !(previous && this.routeOf(previous)?.action === route.action)) {
                steps.push(this.makeStep(action, "view", this.chooseView({ ...action, res_id: false }, { viewType: view_type })));
            }
            steps.push(this.makeStep(action, "view", route.resId !== undefined ? "form" : this.chooseView(action, { viewType: isLast ? view_type : "" }), route.resId ?? (action.res_id || undefined)));
        }
        if (!steps.length) {
            await this.openStart();
            return true;
        }
        const top = steps[steps.length - 1];
        top.search = isMulti(top.viewType) ? search : undefined;
        recall(steps, (step) => this.routeOf(step));
        await this.nameSteps(steps);
        this.stack = steps;
        this.paint({ isRestored: true });
        return true;
    }

    /** What stands for an action where only a model is known. @param {string} model @returns {Promise<Action>} */
    async actionOfModel(model) {
        const [{ display_name: name }] = await this.orm.silent.call("ir.model", "display_name_for", [[model]]);
        return { type: "ir.actions.act_window", res_model: model, views: [[false, "list"], [false, "form"]], name };
    }

    /** Names of the records that lie below the top; the top names itself. One that is gone takes nothing along. @param {ActionStep[]} steps */
    async nameSteps(steps) {
        await Promise.all(steps.slice(0, -1).filter((step) => typeof step.resId === "number").map(async (step) => {
            const [row] = await this.orm.silent.read(step.action.res_model, [step.resId], ["display_name"]).catch((error) => {
                if (!(error instanceof RPCError && error.isGone)) {
                    throw error;
                }
                return [];
            });
            step.name = row?.display_name || step.name;
        }));
    }

    async openStart() {
        if (session.home_action_id) {
            await this.doAction(session.home_action_id, { clearBreadcrumbs: true });
        } else {
            await this.doAction("home", { clearBreadcrumbs: true });
        }
    }
}

/** What each type of action does. @type {Record<string, (actions: Actions, action: Action, options: any) => any>} */
const HANDLERS = {
    "ir.actions.act_window": (actions, action, options) => actions.openWindow(action, options),
    "ir.actions.act_window_close": (actions, _action, options) => {
        actions.closeDialog(options);
    },
    "ir.actions.act_url": (_actions, action, options) => {
        if (action.target === "self") {
            window.location.assign(action.url);
        } else {
            window.open(action.url, "_blank", "noopener");
        }
        options.onClose?.();
    },
    "ir.actions.server": async (actions, action, options) => {
        const context = makeContext([session.user_context, action.context, options.additionalContext]);
        await deletions.settle();
        const next = await rpc("/web/action/run", { action_id: action.id, context });
        return next ? actions.doAction(next, options) : actions.closeDialog(options);
    },
    "ir.actions.report": async (actions, action, options) => {
        await deletions.settle();
        const ids = options.additionalContext?.active_ids || action.context?.active_ids || [];
        const converter = { "qweb-html": "html", "qweb-text": "text" }[action.report_type] || "pdf";
        const query = action.data && Object.keys(action.data).length ? `?options=${encodeURIComponent(JSON.stringify(action.data))}` : "";
        const urlOf = (kind) => `/report/${kind}/${action.report_name}/${ids.join(",")}${query}`;
        if (converter === "text") {
            window.open(urlOf("text"), "_blank", "noopener");
            options.onClose?.();
        } else {
            actions.dialog.add(ReportPreview, { title: action.display_name || action.name, urlOf, hasPdf: converter === "pdf" }, { onClose: () => options.onClose?.() });
        }
    },
    "ir.actions.client": (actions, action, options) => {
        const entry = registry.category("actions").get(action.tag, null);
        if (!entry) {
            throw new UnknownActionError(_t("The client does not know the action %s. A file of an addon that makes it may have been left out: the console of the browser names those.", action.tag));
        }
        if (entry.prototype) {
            return actions.show(actions.makeStep(action, "client"), options);
        }
        return entry(actions.env, action, options);
    },
};

registry.category("services").add("action", {
    dependencies: ["orm", "dialog", "notification", "menu", "title", "effect"],
    start: (env, services) => new Actions(env, services),
});

registry.category("actions").add("display_notification", (env, action) => {
    const { message, title, type, sticky, links, next } = action.params || {};
    env.services.notification.add(message, { title, type, sticky, links });
    return next && env.services.action.doAction(next);
});
registry.category("actions").add("reload", () => window.location.reload());
registry.category("actions").add("reload_context", () => window.location.reload());
registry.category("actions").add("soft_reload", (env) => env.services.action.goTo(env.services.action.stack.length - 1));
