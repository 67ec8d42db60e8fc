/**
 * Which days does a filter by a date mean, what are they called, and which values of the field lie in them.
 *
 * A period is a text:
 * - a key of PERIODS
 * - a month, a quarter or a year: "month", "month-1", "second_quarter", "year+1"; the number counts from now
 * - a month or a quarter of another year: "year-1/month"
 * - the first and the last day of a range of one's own, of which one may be left out ("2026-03-01..2026-03-31",
 *   "2026-03-01..", "..2026-03-31")
 */
import { clockNow } from "@web/core/clock";
import { dateToMoment, dayToDate, formatDate } from "@web/core/formats";
import { intlTag, locale, _t } from "@web/core/i18n";

const OWN_RANGE = /^(\d{4}-\d\d-\d\d)?\.\.(\d{4}-\d\d-\d\d)?$/;
const COUNTED = /^(month|year)([+-]\d{1,4})?$/;
export const QUARTERS = ["first_quarter", "second_quarter", "third_quarter", "fourth_quarter"];
/** What two periods were called once; favourites and addresses have kept it. */
const FORMER = { last_month: "month-1", last_year: "year-1" };

/** Periods that each filter by a date offers: from the first day, to the day after the last. */
export const PERIODS = {
    today: { label: _t("Today"), range: (now) => [now, new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1)] },
    week: { label: _t("This week"), range: (now) => { const start = new Date(now.getFullYear(), now.getMonth(), now.getDate() - ((now.getDay() - (locale.weekStart % 7) + 7) % 7)); return [start, new Date(start.getFullYear(), start.getMonth(), start.getDate() + 7)]; } },
};
/** What the usual months and years are called. */
const NAMES = { month: _t("This month"), "month-1": _t("Last month"), year: _t("This year"), "year-1": _t("Last year") };

/** @param {Date} date @returns {string} "2026-03-01" */
const dayOf = (date) => `${String(date.getFullYear()).padStart(4, "0")}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;

/** @param {string|false} first @param {string|false} last @returns {string} the period of these days */
export const ownRange = (first, last) => `${first || ""}..${last || ""}`;

/** @param {any} period @returns {{first: string, last: string}|null} the days of a range of one's own; null where it is none */
export function readOwnRange(period) {
    const [, first = "", last = ""] = OWN_RANGE.exec(period) || [];
    return first || last ? { first, last } : null;
}

/** @param {string} unit month or year @param {number} offset from now @returns {string} the period */
export const countedPeriod = (unit, offset) => `${unit}${offset > 0 ? "+" : ""}${offset || ""}`;

/** @typedef {{unit: "month"|"quarter"|"year", offset: number, year?: number}} Counted offset: from now, of a quarter its place in the year; year: from now, where it is said */

/** @param {string} text "month-1", "first_quarter", "year" @returns {Counted|null} */
function readUnit(text) {
    if (QUARTERS.includes(text)) {
        return { unit: "quarter", offset: QUARTERS.indexOf(text) };
    }
    const [, unit, offset = "0"] = COUNTED.exec(text) || [];
    return unit ? { unit: /** @type {any} */ (unit), offset: Number(offset) } : null;
}

/** @param {any} period @returns {Counted|null} a month, a quarter or a year, read */
function readCounted(period) {
    const units = String(FORMER[period] || period).split("/").map(readUnit);
    if (units.length === 1) {
        return units[0];
    }
    const [year, part] = units;
    return units.length === 2 && year?.unit === "year" && part && part.unit !== "year" ? { ...part, year: year.offset } : null;
}

/** @param {any} period */
export const isPeriod = (period) => typeof period === "string" && (Object.hasOwn(PERIODS, period) || readOwnRange(period) !== null || readCounted(period) !== null);

/** Whether there is as long a time before it. @param {string} period */
export const hasTwoEnds = (period) => rangeOf(period).every(Boolean);

/** What several periods of one date mean together: months and quarters are those of the years beside them. @param {string[]} periods @returns {string[]} */
export function joinedPeriods(periods) {
    const unitOf = (period) => readCounted(period)?.unit;
    const years = periods.filter((period) => unitOf(period) === "year");
    const parts = periods.filter((period) => ["month", "quarter"].includes(unitOf(period) || ""));
    if (!years.length || !parts.length) {
        return periods;
    }
    return [...periods.filter((period) => !years.includes(period) && !parts.includes(period)), ...years.flatMap((year) => parts.map((part) => `${year}/${FORMER[part] || part}`))];
}

/** @param {string} period @returns {string} for people */
export function periodLabel(period) {
    const own = readOwnRange(period);
    if (!own) {
        return PERIODS[period]?.label || countedLabel(FORMER[period] || period);
    }
    const [first, last] = [formatDate(own.first), formatDate(own.last)];
    if (first && last) {
        return first === last ? first : _t("%s to %s", first, last);
    }
    return first ? _t("from %s", first) : _t("until %s", last);
}

/** @param {string} period a month, a quarter or a year */
function countedLabel(period) {
    const counted = readCounted(period);
    const [start] = rangeOf(period);
    if (counted?.unit === "quarter") {
        return _t("Q%(quarter)s %(year)s", { quarter: counted.offset + 1, year: start.getFullYear() });
    }
    return NAMES[period] || new Intl.DateTimeFormat(intlTag(), counted?.unit === "year" ? { year: "numeric" } : { year: "numeric", month: "long" }).format(start);
}

/** @param {string} period @returns {Date[]} midnights on the clock of the user: of the first day, and of the day after the last; undefined where it is open */
export function rangeOf(period) {
    const own = readOwnRange(period);
    const now = clockNow();
    if (!own) {
        return PERIODS[period]?.range(new Date(now.getFullYear(), now.getMonth(), now.getDate())) || countedRange(period, now);
    }
    const start = own.first ? dayToDate(own.first) : undefined;
    const last = own.last ? dayToDate(own.last) : undefined;
    return /** @type {Date[]} */ ([start, last && new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1)]);
}

/** @param {string} period a month, a quarter or a year @param {Date} now @returns {Date[]} */
function countedRange(period, now) {
    const { unit, offset, year } = /** @type {{unit: string, offset: number, year?: number}} */ (readCounted(period));
    if (unit === "year") {
        return [0, 1].map((more) => new Date(now.getFullYear() + offset + more, 0, 1));
    }
    const first = unit === "quarter" ? new Date(now.getFullYear(), offset * 3, 1) : new Date(now.getFullYear(), now.getMonth() + offset, 1);
    const within = year === undefined ? first.getFullYear() : now.getFullYear() + year;
    return [0, unit === "quarter" ? 3 : 1].map((more) => new Date(within, first.getMonth() + more, 1));
}

/** @param {{name: string, type: string}} field @param {Date[]} range midnights on the clock of the user, as `rangeOf` gives them @returns {any[]} a domain: whole days, which for moments begin at midnight where the user is */
export function within({ name, type }, [from, to]) {
    const write = type === "datetime" ? dateToMoment : dayOf;
    const leaves = [...(from ? [[name, ">=", write(from)]] : []), ...(to ? [[name, "<", write(to)]] : [])];
    return leaves.length === 2 ? ["&", ...leaves] : leaves;
}
