/** Texts, for addons: escaped, filled in, looked at. */
import { plain } from "@web/core/words";

export const nbsp = "\u00a0";

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;", "`": "&#x60;" };

/** For HTML. @param {any} text @returns {string} nothing for undefined and null */
export const escape = (text) => String(text ?? "").replace(/[&<>"'`]/g, (sign) => ENTITIES[sign]);

/** @param {string} text @returns {string} for a regular expression that means it literally */
export const escapeRegExp = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * `%s` and `%(name)s` filled in.
 * @param {string} text @param {...any} values texts, or one object
 */
export function sprintf(text, ...values) {
    const named = values.length === 1 && Object.prototype.toString.call(values[0]) === "[object Object]" ? values[0] : null;
    let next = 0;
    return text.replace(/%(?:\((\w+)\))?s/g, (whole, name) => {
        const value = name ? named?.[name] : named ? undefined : values[next++];
        return value === undefined ? whole : String(value);
    });
}

/** @param {string} text */
export const capitalize = (text) => (text ? text[0].toUpperCase() + text.slice(1) : "");

/** @param {string} text @param {boolean} [isCaseSensitive] @returns {string} without accents */
export const unaccent = (text, isCaseSensitive = false) => (isCaseSensitive ? text.normalize("NFD").replace(/\p{M}/gu, "") : plain(text));

/** One address, not a list of them. @param {string} text */
export const isEmail = (text) => /^[^\s@<>,;"]+@[^\s@<>,;".]+(\.[^\s@<>,;".]+)+$/.test(text ?? "");

/** @param {string} text */
export const isNumeric = (text) => /^\d+$/.test(text ?? "");

/** @param {string|undefined|null} text an attribute of an arch @param {boolean} [isTrueIfEmpty] */
export const exprToBoolean = (text, isTrueIfEmpty = false) => (text ? !/^(false|0)$/i.test(text) : isTrueIfEmpty);

/** Put a text between the pieces of another, whose lengths are counted from its end. @param {string} text @param {number[]} sizes 0: the size before again; -1: no further @param {string} separator */
export function intersperse(text, sizes, separator = "") {
    const pieces = [];
    let rest = text;
    let size = 0;
    for (let index = 0; rest.length; index += 1) {
        const next = sizes[index];
        size = next > 0 ? next : size;
        if (next === -1 || !size || (next === undefined && sizes.at(-1) !== 0) || rest.length <= size) {
            break;
        }
        pieces.unshift(rest.slice(-size));
        rest = rest.slice(0, -size);
    }
    return [rest, ...pieces].filter(Boolean).join(separator);
}

/** @param {string} text @returns {number} the same for the same text, 32 bits */
export const hashCode = (text) => [...text].reduce((sum, letter) => (Math.imul(sum, 31) + (letter.codePointAt(0) || 0)) | 0, 0) >>> 0;

/** A text of 32 hexadecimal digits that nobody else has. */
export const uuid = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
