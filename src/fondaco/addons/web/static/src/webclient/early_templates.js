/**
 * Templates of the views are made into code while nobody waits: with the first list of a day that took longer than painting
 * it.
 */
import { OwlError } from "@odoo/owl";
import { registry } from "@web/core/registry";

/** Those people open first. */
const VIEWS = ["list", "form", "kanban"];
/** What is left of an idle moment when the next template is not begun any more. */
const ENOUGH_MS = 5;

/** @param {any} app owl's */
export function makeTemplatesEarly(app) {
    const names = templatesOf(VIEWS.flatMap((type) => partsOf(registry.category("views").get(type, {}))));
    // a browser that does not say when it is idle makes them when they are needed
    const whenIdle = (work) => window.requestIdleCallback?.(work);
    const go = (moment) => {
        while (names.length && moment.timeRemaining() > ENOUGH_MS) {
            makeTemplate(app, names.shift());
        }
        if (names.length) {
            whenIdle(go);
        }
    };
    whenIdle(go);
}

const partsOf = ({ Controller, Renderer }) => [Controller, Renderer].filter(Boolean);

/** Templates of components and of those they are made of. @param {any[]} components @returns {any[]} */
function templatesOf(components) {
    const found = new Set();
    const walk = (component) => {
        if (!found.has(component)) {
            found.add(component);
            Object.values(component.components || {}).forEach(walk);
        }
    };
    components.forEach(walk);
    return [...new Set([...found].map(({ template }) => template).filter(Boolean))];
}

/** @param {any} app @param {string} name */
function makeTemplate(app, name) {
    try {
        app.getTemplate(name);
    } catch (error) {
        // an addon's mistake is told where the template is shown, with the component that shows it
        if (!(error instanceof OwlError)) {
            throw error;
        }
    }
}
