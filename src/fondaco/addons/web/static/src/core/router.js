/**
 * Where in the client are we: the address of the page to a list of steps and back.
 *
 * `/odoo/contacts/5/action-12/new?view_type=form` is `{actionStack: [{action: "contacts", resId: 5}, {action: 12,
 * resId: "new"}], view_type: "form"}`. `m-res.partner` stands for a model without an action.
 */
import { EventBus } from "@odoo/owl";
import { registry } from "@web/core/registry";

/** @typedef {{action?: string|number, model?: string, resId?: number|"new", active_id?: number}} Step */
/** @typedef {{actionStack: Step[], [key: string]: any}} State */

const PREFIX = "/odoo";

export const routerBus = new EventBus();

/** @param {string} path @returns {Step[]} */
export function pathToSteps(path) {
    const parts = path.split("/").filter(Boolean).map(decodeURIComponent);
    parts.shift();
    /** @type {Step[]} */
    const steps = [];
    for (const part of parts) {
        const last = steps[steps.length - 1];
        if (part === "new" || /^\d+$/.test(part)) {
            if (last && last.resId === undefined) {
                last.resId = part === "new" ? "new" : Number(part);
            } else if (last) {
                steps.push({ ...last, resId: part === "new" ? "new" : Number(part) });
            }
        } else if (part.startsWith("m-")) {
            steps.push({ model: part.slice(2) });
        } else if (part.startsWith("action-")) {
            const key = part.slice(7);
            steps.push({ action: /^\d+$/.test(key) ? Number(key) : key });
        } else {
            steps.push({ action: part });
        }
    }
    return steps;
}

/** @param {Step[]} steps @returns {string} */
export function stepsToPath(steps) {
    const parts = [];
    steps.forEach((step, index) => {
        const previous = steps[index - 1];
        const isSame = previous && previous.resId === undefined && step.resId !== undefined && previous.action === step.action && previous.model === step.model;
        if (!isSame) {
            if (step.action !== undefined) {
                const isNamed = typeof step.action === "string" && /^[a-z][\w-]*$/i.test(step.action) && !step.action.startsWith("m-");
                parts.push(isNamed ? step.action : `action-${step.action}`);
            } else {
                parts.push(`m-${step.model}`);
            }
        }
        if (step.resId !== undefined) {
            parts.push(String(step.resId));
        }
    });
    return [PREFIX, ...parts.map(encodeURIComponent)].join("/");
}

/** @returns {State} what the address of the page says now */
export function readState() {
    const { pathname, search, hash } = window.location;
    const query = Object.fromEntries(new URLSearchParams(search));
    const legacy = Object.fromEntries(new URLSearchParams(hash.slice(1)));
    const actionStack = pathToSteps(pathname.startsWith(PREFIX) ? pathname : PREFIX);
    if (!actionStack.length && legacy.action) {
        const action = /^\d+$/.test(legacy.action) ? Number(legacy.action) : legacy.action;
        actionStack.push({ action, ...(legacy.id ? { resId: Number(legacy.id) } : {}) });
    }
    return { ...query, actionStack };
}

/** @param {State} state @returns {string} */
function writeState({ actionStack, ...query }) {
    const kept = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined && value !== false && value !== ""));
    const text = new URLSearchParams(kept).toString();
    return stepsToPath(actionStack) + (text ? `?${text}` : "");
}

export const router = {
    current: readState(),

    /** What was kept beside the address. @returns {any[]} */
    get kept() {
        return window.history.state?.kept || [];
    },

    /** Keep something beside the address, which stays. @param {any[]} kept plain values */
    keep(kept) {
        window.history.replaceState({ ...window.history.state, kept }, "");
    },

    /** Remember a state; the page is not loaded. @param {State} state @param {{replace?: boolean, kept?: any[]}} [options] */
    pushState(state, { replace = false, kept = [] } = {}) {
        if (!state.actionStack) {
            this.amend(state, replace);
            return;
        }
        const debug = this.current.debug;
        const next = debug === undefined || "debug" in state ? state : { ...state, debug };
        const url = writeState(next);
        this.current = next;
        const isSame = url === window.location.pathname + window.location.search;
        window.history[replace || isSame ? "replaceState" : "pushState"]({ kept }, "", url);
    },

    /** Other words of an addon in the address, what is open stays. @param {Record<string, any>} words @param {boolean} isAll those that are not named go */
    amend(words, isAll) {
        const { actionStack } = this.current;
        this.pushState({ ...(isAll ? {} : this.current), ...words, actionStack }, { replace: true, kept: this.kept });
    },

    /** @param {Record<string, any>} state */
    replaceState(state) {
        this.pushState(/** @type {State} */ ({ ...this.current, ...state }), { replace: true, kept: this.kept });
    },

    /** Load another page. @param {string} url */
    redirect(url) {
        window.location.assign(url);
    },

    /** @param {State} state */
    stateToUrl(state) {
        return writeState(state);
    },
};

window.addEventListener("popstate", () => {
    router.current = readState();
    routerBus.trigger("ROUTE_CHANGE", router.current);
});

registry.category("services").add("router", { start: () => router });
