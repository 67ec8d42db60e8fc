/** Small texts that the browser keeps and sends with every request. */
import { registry } from "@web/core/registry";

const YEAR_S = 365 * 24 * 60 * 60;

/** @returns {Record<string, string>} by name */
const readAll = () => Object.fromEntries(document.cookie.split(/;\s*/).filter(Boolean).map((part) => [part.split("=")[0], part.slice(part.indexOf("=") + 1)]));

export const cookie = {
    /** @param {string} name @returns {string|undefined} */
    get(name) {
        return readAll()[name];
    },

    /** @param {string} name @param {any} [value] none: nothing is changed @param {number} [ttl] seconds */
    set(name, value, ttl = YEAR_S) {
        if (value !== undefined) {
            document.cookie = `${name}=${value};path=/;max-age=${Math.floor(ttl)};samesite=lax`;
        }
    },

    /** @param {string} name */
    delete(name) {
        this.set(name, "", 0);
    },
};

registry.category("services").add("cookie", {
    start: () => ({
        get current() {
            return readAll();
        },
        setCookie: (/** @type {string} */ name, /** @type {any} */ value, /** @type {number} */ ttl) => cookie.set(name, value, ttl),
        deleteCookie: (/** @type {string} */ name) => cookie.delete(name),
    }),
});
