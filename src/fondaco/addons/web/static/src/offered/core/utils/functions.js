/** Functions about functions, for addons. */

/**
 * The answers of a function kept by its first argument.
 * @template {(...args: any[]) => any} F @param {F} compute @returns {F}
 */
export function memoize(compute) {
    const answers = new Map();
    return /** @type {F} */ (function (...args) {
        if (!answers.has(args[0])) {
            answers.set(args[0], compute.apply(this, args));
        }
        return answers.get(args[0]);
    });
}

let last = 0;

/** A text that nobody else gets while the page is open. @param {string} [prefix] */
export const uniqueId = (prefix = "") => `${prefix}${++last}`;
