/** A template made into elements or text at once, without a component. What is in it hears nothing and never changes. */
import { blockDom } from "@odoo/owl";
import { page } from "@web/core/page_app";

/** @param {string} template its name @param {object} [context] @returns {HTMLElement} that holds what it makes */
function holderOf(template, context = {}) {
    const holder = document.createElement("div");
    const names = Object.assign(Object.create({ env: page.app.env }), context);
    blockDom.mount(page.app.getTemplate(template)(names, names), holder);
    return holder;
}

/** @param {string} template @param {object} [context] @returns {DocumentFragment} */
export function renderToFragment(template, context) {
    const fragment = document.createDocumentFragment();
    fragment.append(...holderOf(template, context).childNodes);
    return fragment;
}

/** @param {string} template @param {object} [context] @returns {Element} */
export function renderToElement(template, context) {
    const { children } = holderOf(template, context);
    if (children.length !== 1) {
        throw new Error(`renderToElement: the template ${template} makes ${children.length} elements; one is expected, or renderToFragment`);
    }
    const [element] = children;
    element.remove();
    return element;
}

/** @param {string} template @param {object} [context] @returns {string} */
export const renderToString = (template, context) => holderOf(template, context).innerHTML;
