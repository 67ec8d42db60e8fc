/** What should not happen as often as it is asked for. */
import { onWillUnmount, useComponent } from "@odoo/owl";
import { browser } from "@web/core/browser";
import { debounce, useDebounced } from "@web/core/timing";

export { debounce, useDebounced };

/** Called many times in one turn, it works once, at the end of it. @param {() => any} work @param {() => Promise<any>} [turn] */
export function batched(work, turn = () => Promise.resolve()) {
    /** @type {Promise<any>|null} */
    let waiting = null;
    return (/** @type {any[]} */ ...args) => {
        waiting ||= turn().then(() => {
            waiting = null;
            return work(.../** @type {[]} */ (args));
        });
        return waiting;
    };
}

/**
 * At most once for each picture that is painted: at once, and again with what was asked for last.
 * @template {(...args: any[]) => any} F @param {F} work @returns {F & {cancel: () => void}}
 */
export function throttleForAnimation(work) {
    let frame = 0;
    /** @type {any[]|null} */
    let next = null;
    let that;
    const onPainted = () => {
        frame = 0;
        if (next) {
            const args = next;
            next = null;
            run(args);
        }
    };
    const run = (/** @type {any[]} */ args) => {
        frame = browser.requestAnimationFrame(onPainted);
        return work.apply(that, args);
    };
    const throttled = /** @type {any} */ (function (/** @type {any[]} */ ...args) {
        that = this;
        if (frame) {
            next = args;
        } else {
            run(args);
        }
    });
    throttled.cancel = () => {
        browser.cancelAnimationFrame(frame);
        frame = 0;
        next = null;
    };
    return throttled;
}

/** The same for a component, until it goes. @template {(...args: any[]) => any} F @param {F} work */
export function useThrottleForAnimation(work) {
    const throttled = throttleForAnimation(work.bind(useComponent()));
    onWillUnmount(() => throttled.cancel());
    return throttled;
}

/** For every picture that is painted, with the milliseconds since the last. @param {(elapsed: number) => void} work @returns {() => void} ends it */
export function setRecurringAnimationFrame(work) {
    let before = browser.performance.now();
    const paint = (/** @type {number} */ now) => {
        frame = browser.requestAnimationFrame(paint);
        work(now - before);
        before = now;
    };
    let frame = browser.requestAnimationFrame(paint);
    return () => browser.cancelAnimationFrame(frame);
}
