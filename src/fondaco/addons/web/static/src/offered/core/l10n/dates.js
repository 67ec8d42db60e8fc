/** Days and moments as luxon holds them: read, written, sent to the server, compared. */
import { formatDate as writeDay, formatDateTime as writeMoment, parseDay, ParseError } from "@web/core/formats";
import { _t, intlTag, locale } from "@web/core/i18n";
import { localization, strftimeToLuxonFormat } from "@web/core/l10n/localization";
import { CardDateTime } from "@web/core/luxon";

export { strftimeToLuxonFormat };

/** @typedef {CardDateTime|false|null|undefined} Moment */

const SERVER_DAY = "yyyy-MM-dd";
const SERVER_MOMENT = "yyyy-MM-dd HH:mm:ss";

/** What was typed is no day, or no moment. */
export class ConversionError extends Error {}

export const today = () => CardDateTime.today();
export const is24HourFormat = (format = localization.timeFormat) => /H/.test(format);
export const isMeridiemFormat = (format = localization.timeFormat) => /a/.test(format);

// -- written --------------------------------------------------------------------------------------------------------

/** 03/04/2026 as 3/4/2026 @param {string} format */
const condense = (format) => format.replaceAll("MM", "M").replaceAll("dd", "d").replace(/MMM+/, "M");

/** @param {Moment} value @param {{format?: string, condensed?: boolean}} [options] */
export function formatDate(value, { format, condensed } = {}) {
    if (!value) {
        return "";
    }
    return format || condensed ? value.toFormat(format || condense(localization.dateFormat)) : writeDay(value.toFormat(SERVER_DAY));
}

/** @param {Moment} value @param {{format?: string, condensed?: boolean, showSeconds?: boolean, showTime?: boolean, showDate?: boolean, tz?: string}} [options] */
export function formatDateTime(value, { format, condensed, showSeconds = true, showTime = true, showDate = true, tz } = {}) {
    if (!value) {
        return "";
    }
    const moment = tz ? value.setZone(tz) : value;
    if (format || condensed || tz || !showTime || !showDate) {
        const day = condensed ? condense(localization.dateFormat) : localization.dateFormat;
        const time = showSeconds ? localization.timeFormat : localization.shortTimeFormat;
        return moment.toFormat(format || [showDate ? day : "", showTime ? time : ""].filter(Boolean).join(" "));
    }
    return writeMoment(serializeDateTime(moment), { showSeconds });
}

/** "Apr 3, 2026", as the language says it. @param {Moment} value */
export const toLocaleDateString = (value) => (value ? value.toLocaleString(CardDateTime.DATE_MED) : "");

/** @param {Moment} value @param {{showTime?: boolean, showDate?: boolean, showSeconds?: boolean}} [options] */
export function toLocaleDateTimeString(value, { showTime = true, showDate = true, showSeconds = false } = {}) {
    const parts = { ...(showDate ? CardDateTime.DATE_MED : {}), ...(showTime ? CardDateTime.TIME_SIMPLE : {}), ...(showTime && showSeconds ? { second: "numeric" } : {}) };
    return value ? value.toLocaleString(parts) : "";
}

/** @param {number} seconds @param {boolean} [isFull] every unit, not the two largest alone @returns {string} "2 h 5 min" */
export function formatDuration(seconds, isFull = false) {
    const units = /** @type {[string, number][]} */ ([["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60]]);
    let rest = Math.max(seconds, 0);
    const parts = [];
    for (const [unit, length] of units) {
        const count = Math.floor(rest / length);
        rest -= count * length;
        if (count || (unit === "minute" && !parts.length)) {
            parts.push(new Intl.NumberFormat(intlTag(), { style: "unit", unit, unitDisplay: isFull ? "long" : "short" }).format(count));
        }
    }
    return new Intl.ListFormat(intlTag(), { type: "unit", style: "narrow" }).format(isFull ? parts : parts.slice(0, 2));
}

// -- read -----------------------------------------------------------------------------------------------------------

/** "+3d", "-2w", "+1m -1d", "+1y": so far from today. @param {string} text @returns {CardDateTime|null} */
function readSmart(text) {
    const units = { d: "days", w: "weeks", m: "months", y: "years", H: "hours", M: "minutes" };
    const steps = [...text.trim().matchAll(/([+-])\s*(\d+)\s*([dwmyHM])?\s*/g)];
    if (!steps.length || steps.map(([whole]) => whole).join("") !== text.trim()) {
        return null;
    }
    return steps.reduce((moment, [, sign, count, unit]) => moment.plus({ [units[unit || "d"]]: Number(sign + count) }), CardDateTime.now());
}

/** @param {string|false} text @param {string|undefined} format @param {string[]} formats to be tried after it */
function readBy(text, format, formats) {
    for (const one of [format, ...formats]) {
        const found = one && CardDateTime.fromFormat(String(text), one);
        if (found && found.isValid) {
            return found;
        }
    }
    return null;
}

/** @param {string|false} text @param {{format?: string}} [options] @returns {CardDateTime|false} */
export function parseDate(text, { format } = {}) {
    if (!text) {
        return false;
    }
    const found = readSmart(text) || readBy(text, format, [localization.dateFormat]);
    if (found) {
        return found.startOf("day");
    }
    try {
        return CardDateTime.fromISO(parseDay(text));
    } catch (error) {
        throw error instanceof ParseError ? new ConversionError(_t("%s is not a day.", text)) : error;
    }
}

/** @param {string|false} text @param {{format?: string, tz?: string}} [options] @returns {CardDateTime|false} */
export function parseDateTime(text, { format } = {}) {
    if (!text) {
        return false;
    }
    const { dateFormat, timeFormat, shortTimeFormat } = localization;
    const found = readSmart(text) || readBy(text, format, [`${dateFormat} ${timeFormat}`, `${dateFormat} ${shortTimeFormat}`, SERVER_MOMENT]) || CardDateTime.fromISO(text.trim().replace(" ", "T"));
    if (found.isValid) {
        return found.set({ millisecond: 0 });
    }
    try {
        return parseDate(text, { format });
    } catch (error) {
        throw error instanceof ConversionError ? new ConversionError(_t("%s is no day with a time.", text)) : error;
    }
}

// -- from and to the server -----------------------------------------------------------------------------------------

/** @param {string} text "2026-11-23" @returns {CardDateTime} */
export const deserializeDate = (text) => CardDateTime.fromFormat(text.slice(0, 10), SERVER_DAY);

/** @param {string} text "2026-11-23 10:00:00" in UTC @returns {CardDateTime} on the clock of the user */
export const deserializeDateTime = (text) => CardDateTime.fromFormat(text.slice(0, 19), SERVER_MOMENT, { zone: "utc" }).toLocal();

/** @param {CardDateTime} value */
export const serializeDate = (value) => value.toFormat(SERVER_DAY);

/** @param {CardDateTime} value */
export const serializeDateTime = (value) => value.toUTC().toFormat(SERVER_MOMENT);

// -- compared -------------------------------------------------------------------------------------------------------

/** Days, moments, or lists of them. @param {any} left @param {any} right @returns {boolean} */
export function areDatesEqual(left, right) {
    if (Array.isArray(left) || Array.isArray(right)) {
        return Array.isArray(left) && Array.isArray(right) && left.length === right.length && left.every((value, index) => areDatesEqual(value, right[index]));
    }
    return left?.toMillis && right?.toMillis ? left.toMillis() === right.toMillis() : left === right;
}

/** @param {CardDateTime} value @param {CardDateTime} least @param {CardDateTime} most */
export const clampDate = (value, least, most) => CardDateTime.max(least, CardDateTime.min(value, most));

/** @param {CardDateTime|[CardDateTime, CardDateTime]} value a moment, or a span that has one in common @param {[CardDateTime, CardDateTime]} range */
export function isInRange(value, range) {
    const [first, last] = Array.isArray(value) ? value : [value, value];
    return Boolean(first && last && range[0] && range[1]) && first <= range[1] && last >= range[0];
}

/** The week begins as the language says. @param {CardDateTime} value */
export const getStartOfLocalWeek = (value) => value.startOf("day").minus({ days: (value.weekday - Number(locale.weekStart) + 7) % 7 });

/** @param {CardDateTime} value */
export const getEndOfLocalWeek = (value) => getStartOfLocalWeek(value).plus({ days: 6 }).endOf("day");

/** @param {CardDateTime} value @returns {number} that of the Thursday in it */
export const getLocalWeekNumber = (value) => getStartOfLocalWeek(value).plus({ days: (4 - Number(locale.weekStart) + 7) % 7 }).weekNumber;
