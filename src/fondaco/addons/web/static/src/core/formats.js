/**
 * How is a value of a field written for people, and how is what they type read back.
 *
 * Values are as the client holds them: numbers, texts, "2026-11-23" for a day, "2026-11-23 10:00:00" (UTC) for a moment,
 * `[id, name]` for a many2one.
 */
import { instantOf, onClock } from "@web/core/clock";
import { intlTag, locale, _n, _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { session } from "@web/core/session";

/** What was typed is not a value of the field. */
export class ParseError extends Error {}

const pad = (number) => String(number).padStart(2, "0");

/** @param {string} digits @returns {string} with the separators of the language */
function group(digits) {
    if (!locale.thousandsSep || !locale.grouping.length) {
        return digits;
    }
    const parts = [];
    let size = 0;
    for (let index = 0; digits.length; index++) {
        const next = locale.grouping[index];
        if (next === -1) {
            break;
        }
        size = next || size;
        if (!size || digits.length <= size) {
            break;
        }
        parts.unshift(digits.slice(-size));
        digits = digits.slice(0, -size);
    }
    return [digits, ...parts].join(locale.thousandsSep);
}

/** @param {number} value @param {number} places */
function writeNumber(value, places) {
    const [whole, fraction] = Math.abs(value).toFixed(places).split(".");
    const isZero = !/[1-9]/.test(whole + (fraction || ""));
    return (value < 0 && !isZero ? "-" : "") + group(whole) + (fraction ? locale.decimalPoint + fraction : "");
}

/** @param {any} value */
export const formatInteger = (value) => (value === false || value === null || value === undefined ? "" : writeNumber(Number(value), 0));

/** @param {any} value @param {{digits?: [number, number]|null, field?: any}} [options] */
export function formatFloat(value, options = {}) {
    if (value === false || value === null || value === undefined) {
        return "";
    }
    const digits = options.digits || options.field?.digits;
    return writeNumber(Number(value), digits ? digits[1] : 2);
}

/** @param {number|false|undefined} id @returns {{symbol: string, position: string, digits: [number, number]}|undefined} */
export const getCurrency = (id) => (id ? session.currencies?.[id] : undefined);

/** @param {any} value @param {{currencyId?: number|false, digits?: [number, number], field?: any, data?: any, noSymbol?: boolean}} [options] */
export function formatMonetary(value, options = {}) {
    if (value === false || value === null || value === undefined) {
        return "";
    }
    let currencyId = options.currencyId;
    if (currencyId === undefined && options.data) {
        const held = options.data[options.field?.currency_field || "currency_id"];
        currencyId = Array.isArray(held) ? held[0] : held;
    }
    const currency = getCurrency(currencyId);
    const text = writeNumber(Number(value), (options.digits || currency?.digits || [16, 2])[1]);
    if (!currency || options.noSymbol) {
        return text;
    }
    return currency.position === "after" ? `${text}\u00a0${currency.symbol}` : `${currency.symbol}\u00a0${text}`;
}

/** @param {any} value */
export function formatPercentage(value) {
    return value === false ? "" : writeNumber(Number(value) * 100, 2).replace(/([.,]\d*?)0+$/, "$1").replace(/[.,]$/, "") + "%";
}

/** @param {any} value hours as a number; 1.5 is 01:30 @param {{displaySeconds?: boolean}} [options] */
export function formatFloatTime(value, { displaySeconds = false } = {}) {
    const sign = value < 0 ? "-" : "";
    const parts = displaySeconds ? 60 : 1;
    const count = Math.round(Math.abs(Number(value) || 0) * 60 * parts);
    const minutes = Math.floor(count / parts);
    const seconds = displaySeconds ? `:${pad(count % parts)}` : "";
    return `${sign}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}${seconds}`;
}

/** @param {Date} date @param {string} format of strftime */
function writeDate(date, format) {
    const name = (options) => new Intl.DateTimeFormat(intlTag(), options).format(date);
    const parts = {
        Y: () => String(date.getFullYear()).padStart(4, "0"), y: () => pad(date.getFullYear() % 100),
        m: () => pad(date.getMonth() + 1), d: () => pad(date.getDate()), H: () => pad(date.getHours()),
        I: () => pad(date.getHours() % 12 || 12), M: () => pad(date.getMinutes()), S: () => pad(date.getSeconds()),
        p: () => new Intl.DateTimeFormat(intlTag(), { hour: "numeric", hour12: true }).formatToParts(date).find(({ type }) => type === "dayPeriod")?.value ?? "", b: () => name({ month: "short" }), B: () => name({ month: "long" }),
        a: () => name({ weekday: "short" }), A: () => name({ weekday: "long" }),
    };
    return format.replace(/%([a-zA-Z])/g, (whole, letter) => parts[letter]?.() ?? whole);
}

/** @param {string} day "2026-11-23" @returns {Date} at midnight here */
export function dayToDate(day) {
    const [year, month, date] = day.split("-").map(Number);
    return new Date(year, month - 1, date);
}

/** @param {string} moment "2026-11-23 10:00:00" in UTC @returns {Date} on the clock of the user */
export const momentToDate = (moment) => onClock(new Date(moment.replace(" ", "T") + "Z"));

/** @param {Date} date on the clock of the user @returns {string} "2026-11-23 10:00:00" in UTC */
export const dateToMoment = (date) => instantOf(date).toISOString().slice(0, 19).replace("T", " ");

/** What addons hold in place of a text: a `DateTime` of luxon. @param {any} value @param {(text: string) => Date} read */
const dateOf = (value, read) => (typeof value === "string" ? read(value) : onClock(value.toJSDate()));

/** @param {any} value */
export const formatDate = (value) => (value ? writeDate(dateOf(value, dayToDate), locale.dateFormat) : "");

/** @param {any} value @param {{showSeconds?: boolean}} [options] */
export function formatDateTime(value, { showSeconds = false } = {}) {
    if (!value) {
        return "";
    }
    const time = showSeconds ? locale.timeFormat : locale.timeFormat.replace(/[:.]%S/, "");
    return writeDate(dateOf(value, momentToDate), `${locale.dateFormat} ${time}`);
}

/** @param {any} value @param {{field?: any}} [options] */
export function formatSelection(value, { field } = {}) {
    const found = (field?.selection || []).find(([key]) => key === value);
    return found ? found[1] : "";
}

/** @param {any} value */
export const formatMany2one = (value) => (value ? value[1] || _t("Unnamed") : "");

/** @param {any} value an x2many list of the model */
export function formatX2many(value) {
    const count = value?.count ?? value?.length ?? 0;
    return count === 0 ? "" : _n("%s record", "%s records", count, formatInteger(count));
}

/** @param {any} value html source */
function formatHtml(value) {
    const holder = new DOMParser().parseFromString(value || "", "text/html");
    return (holder.body.textContent || "").trim();
}

const formatText = (value) => (value === false || value === null || value === undefined ? "" : String(value));

/** @param {string} text @returns {number} */
export function parseNumber(text) {
    const clean = text.trim().replaceAll(locale.thousandsSep || "\u0000", "").replace(/[\s\u00a0]/g, "").replace(locale.decimalPoint, ".");
    if (!/^-?(\d+\.?\d*|\.\d+)$/.test(clean)) {
        throw new ParseError(_t("%s is not a number.", text));
    }
    return Number(clean);
}

/** @param {string} text */
export function parseInteger(text) {
    const value = parseNumber(text);
    if (!Number.isInteger(value)) {
        throw new ParseError(_t("%s is not a whole number.", text));
    }
    return value;
}

/** @param {string} text a day in numbers, in the order in which the language has them, or "2026-11-23" @returns {string} "2026-11-23" */
export function parseDay(text) {
    const numbers = text.trim().split(/\D+/).filter(Boolean).map(Number);
    const order = /^\d{4}-/.test(text.trim()) ? ["Y", "m", "d"] : [...locale.dateFormat.matchAll(/%([dmyY])/g)].map(([, letter]) => letter.replace("y", "Y"));
    const parts = Object.fromEntries(order.map((letter, place) => [letter, numbers[place]]));
    const year = parts.Y < 100 ? 2000 + parts.Y : parts.Y;
    const date = new Date(year, parts.m - 1, parts.d);
    if (numbers.length !== 3 || date.getFullYear() !== year || date.getMonth() !== parts.m - 1 || date.getDate() !== parts.d) {
        throw new ParseError(_t("%s is not a day.", text));
    }
    return `${String(year).padStart(4, "0")}-${pad(parts.m)}-${pad(parts.d)}`;
}

/** @param {string} text "1:30", "1:30:15" or "1.5" */
export function parseFloatTime(text) {
    const parts = /^(-?)(\d+):(\d{1,2})(?::(\d{1,2}))?$/.exec(text.trim());
    return parts ? (parts[1] ? -1 : 1) * (Number(parts[2]) + Number(parts[3]) / 60 + Number(parts[4] || 0) / 3600) : parseNumber(text);
}

const formatters = registry.category("formatters");
for (const [type, format] of Object.entries({
    char: formatText, text: formatText, integer: formatInteger, many2one_reference: formatInteger, float: formatFloat,
    monetary: formatMonetary, percentage: formatPercentage, float_time: formatFloatTime, date: formatDate,
    datetime: formatDateTime, selection: formatSelection, many2one: formatMany2one, reference: formatMany2one,
    one2many: formatX2many, many2many: formatX2many, html: formatHtml,
    boolean: (value) => (value ? _t("Yes") : _t("No")), binary: (value) => (value ? _t("File") : ""),
})) {
    formatters.add(type, format);
}

/** @param {any} field @param {any} value @param {object} [options] @returns {string} */
export function formatValue(field, value, options = {}) {
    return formatters.get(field.type, formatText)(value, { field, ...options });
}
