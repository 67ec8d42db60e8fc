/**
 * Which days does a filter by a date mean, what are they called, and which values of the field lie in them.
 *
 * A period is a text: a key of PERIODS, or the first and the last day of a range of one's own, of which one may be left
 * out ("2026-03-01..2026-03-31", "2026-03-01..", "..2026-03-31").
 */
import { clockNow } from "@web/core/clock";
import { dateToMoment, dayToDate, formatDate } from "@web/core/formats";
import { locale, _t } from "@web/core/i18n";

const OWN_RANGE = /^(\d{4}-\d\d-\d\d)?\.\.(\d{4}-\d\d-\d\d)?$/;

/** Periods that are offered ready: from the first day, to the day after the last. */
export const PERIODS = {
    today: { label: _t("Today"), range: (now) => [now, new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1)] },
    week: { label: _t("This week"), range: (now) => { const start = new Date(now.getFullYear(), now.getMonth(), now.getDate() - ((now.getDay() - (locale.weekStart % 7) + 7) % 7)); return [start, new Date(start.getFullYear(), start.getMonth(), start.getDate() + 7)]; } },
    month: { label: _t("This month"), range: (now) => [new Date(now.getFullYear(), now.getMonth(), 1), new Date(now.getFullYear(), now.getMonth() + 1, 1)] },
    last_month: { label: _t("Last month"), range: (now) => [new Date(now.getFullYear(), now.getMonth() - 1, 1), new Date(now.getFullYear(), now.getMonth(), 1)] },
    year: { label: _t("This year"), range: (now) => [new Date(now.getFullYear(), 0, 1), new Date(now.getFullYear() + 1, 0, 1)] },
    last_year: { label: _t("Last year"), range: (now) => [new Date(now.getFullYear() - 1, 0, 1), new Date(now.getFullYear(), 0, 1)] },
};

/** @param {Date} date @returns {string} "2026-03-01" */
const dayOf = (date) => `${String(date.getFullYear()).padStart(4, "0")}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;

/** @param {string|false} first @param {string|false} last @returns {string} the period of these days */
export const ownRange = (first, last) => `${first || ""}..${last || ""}`;

/** @param {any} period @returns {{first: string, last: string}|null} the days of a range of one's own; null where it is none */
export function readOwnRange(period) {
    const [, first = "", last = ""] = OWN_RANGE.exec(period) || [];
    return first || last ? { first, last } : null;
}

/** @param {any} period */
export const isPeriod = (period) => Object.hasOwn(PERIODS, period) || readOwnRange(period) !== null;

/** Whether there is as long a time before it. @param {string} period */
export const hasTwoEnds = (period) => rangeOf(period).every(Boolean);

/** @param {string} period @returns {string} for people */
export function periodLabel(period) {
    const own = readOwnRange(period);
    if (!own) {
        return PERIODS[period].label;
    }
    const [first, last] = [formatDate(own.first), formatDate(own.last)];
    if (first && last) {
        return first === last ? first : _t("%s to %s", first, last);
    }
    return first ? _t("from %s", first) : _t("until %s", last);
}

/** @param {string} period @returns {Date[]} midnights on the clock of the user: of the first day, and of the day after the last; undefined where it is open */
export function rangeOf(period) {
    const own = readOwnRange(period);
    if (!own) {
        const now = clockNow();
        return PERIODS[period].range(new Date(now.getFullYear(), now.getMonth(), now.getDate()));
    }
    const start = own.first ? dayToDate(own.first) : undefined;
    const last = own.last ? dayToDate(own.last) : undefined;
    return /** @type {Date[]} */ ([start, last && new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1)]);
}

/** @param {{name: string, type: string}} field @param {Date[]} range midnights on the clock of the user, as `rangeOf` gives them @returns {any[]} a domain: whole days, which for moments begin at midnight where the user is */
export function within({ name, type }, [from, to]) {
    const write = type === "datetime" ? dateToMoment : dayOf;
    const leaves = [...(from ? [[name, ">=", write(from)]] : []), ...(to ? [[name, "<", write(to)]] : [])];
    return leaves.length === 2 ? ["&", ...leaves] : leaves;
}
