/** Answers that come in another order than they were asked for. */
import { browser } from "@web/core/browser";
import { Deferred, KeepLast, Mutex } from "@web/core/concurrency";

export { Deferred, KeepLast, Mutex };

/** @param {number} milliseconds @returns {Promise<void>} */
export const delay = (milliseconds) => new Promise((resolve) => browser.setTimeout(() => resolve(), milliseconds));

/** Of the promises that are added while one is open, the first that is answered is the answer of all. */
export class Race {
    constructor() {
        /** @type {Deferred|null} */
        this.current = null;
    }

    /** @template T @param {Promise<T>} promise @returns {Promise<T>} */
    add(promise) {
        const current = (this.current ||= new Deferred());
        const end = (/** @type {"resolve"|"reject"} */ how, /** @type {any} */ value) => {
            /** @type {any} */ (current)[how](value);
            if (this.current === current) {
                this.current = null;
            }
        };
        promise.then((value) => end("resolve", value), (error) => end("reject", error));
        return current;
    }

    /** @returns {Promise<any>|null} the race that is open */
    getCurrentProm() {
        return this.current;
    }
}
