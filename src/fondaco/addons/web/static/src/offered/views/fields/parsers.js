/** What was typed as the value of a field. */
import { getCurrency, ParseError, parseFloatTime, parseInteger, parseNumber } from "@web/core/formats";
import { session } from "@web/core/session";

export { parseDate, parseDateTime } from "@web/core/l10n/dates";
export { ParseError, parseFloatTime, parseInteger };
export const InvalidNumberError = ParseError;

/** @param {string} text */
export const parseFloat = (text) => parseNumber(text);

/** @param {string} text @returns {number} 0.5 for "50%" */
export const parsePercentage = (text) => parseNumber(text.replace(/%\s*$/, "")) / 100;

/** With the sign of any currency, or without. @param {string} text @returns {number} */
export function parseMonetary(text) {
    const signs = Object.keys(session.currencies || {}).map((id) => getCurrency(Number(id))?.symbol).filter(Boolean);
    return parseNumber(signs.reduce((rest, sign) => rest.replace(/** @type {string} */ (sign), ""), text).replace(/\u00a0/g, " "));
}
