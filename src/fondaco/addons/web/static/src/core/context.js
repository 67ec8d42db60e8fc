/** What does the server have to know beside the question: contexts read from text and merged, the later one wins. */
import { evaluateExpression } from "@web/core/python/evaluator";

/** @typedef {Record<string, any>} Context */

/**
 * @param {(Context|string|undefined|false)[]} contexts
 * @param {Record<string, any>} [names] values for the names in a text
 * @returns {Context}
 */
export function makeContext(contexts, names = {}) {
    /** @type {Context} */
    const merged = {};
    for (const context of contexts) {
        if (context) {
            Object.assign(merged, typeof context === "string" ? evaluateExpression(context, { ...names, ...merged, context: merged }) : context);
        }
    }
    return merged;
}
