/** What addons ask about the language of the user, in the words of luxon. */
import { locale } from "@web/core/i18n";
import { registry } from "@web/core/registry";

/** Letters of strftime and the tokens of luxon that write the same. */
const TOKENS = { Y: "yyyy", y: "yy", m: "MM", d: "dd", b: "MMM", h: "MMM", B: "MMMM", a: "EEE", A: "EEEE", H: "HH", I: "hh", M: "mm", S: "ss", p: "a", w: "c", j: "ooo" };

/** @param {string} format of strftime @returns {string} of luxon */
export const strftimeToLuxonFormat = (format) => format.replace(/%-?([a-zA-Z%])|([a-zA-Z]+)/g, (whole, letter, text) => (text ? `'${text}'` : letter === "%" ? "%" : TOKENS[letter] ?? whole));

export const localization = {
    get code() { return locale.code; },
    get direction() { return locale.direction; },
    get dateFormat() { return strftimeToLuxonFormat(locale.dateFormat); },
    get timeFormat() { return strftimeToLuxonFormat(locale.timeFormat); },
    get shortTimeFormat() { return strftimeToLuxonFormat(locale.timeFormat.replace(/[:.]%S/, "")); },
    get dateTimeFormat() { return `${localization.dateFormat} ${localization.timeFormat}`; },
    get decimalPoint() { return locale.decimalPoint; },
    get thousandsSep() { return locale.thousandsSep; },
    get grouping() { return locale.grouping; },
    get weekStart() { return Number(locale.weekStart); },
};

registry.category("services").add("localization", { start: () => localization });
