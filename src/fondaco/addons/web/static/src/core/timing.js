/** What should not happen as often as it is asked for. */
import { onWillUnmount, useComponent } from "@odoo/owl";
import { browser } from "@web/core/browser";

/**
 * Call `work` once, when it was not asked for during `delay` milliseconds; `immediate`: at the first time instead.
 * @template {(...args: any[]) => any} F @param {F} work @param {number} delay @param {boolean} [immediate]
 * @returns {F & {cancel: () => void}} its answer comes as a promise
 */
export function debounce(work, delay, immediate = false) {
    let timer = 0;
    /** @type {((answer: any) => void)[]} */
    let askers = [];
    const run = (that, args) => {
        const waiting = askers;
        askers = [];
        const answer = work.apply(that, args);
        waiting.forEach((tell) => tell(answer));
    };
    const later = /** @type {any} */ (function (/** @type {any[]} */ ...args) {
        return new Promise((resolve) => {
            askers.push(resolve);
            const isFirst = !timer;
            browser.clearTimeout(timer);
            timer = browser.setTimeout(() => {
                timer = 0;
                if (!immediate) {
                    run(this, args);
                }
            }, delay);
            if (immediate && isFirst) {
                run(this, args);
            }
        });
    });
    later.cancel = () => {
        browser.clearTimeout(timer);
        timer = 0;
        askers = [];
    };
    return later;
}

/** The same for a component; what it asked for last is forgotten when it goes. @template {(...args: any[]) => any} F @param {F} work @param {number} delay @param {{immediate?: boolean}} [options] */
export function useDebounced(work, delay, { immediate = false } = {}) {
    const later = debounce(work.bind(useComponent()), delay, immediate);
    onWillUnmount(() => later.cancel());
    return later;
}
