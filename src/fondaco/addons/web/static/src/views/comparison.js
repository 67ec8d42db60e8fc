/**
 * Numbers of an earlier time beside those of now: which time that is, and which of its groups stand beside which.
 *
 * Groups by the compared date itself are paired by their place: the second month of the one time with the second of the
 * other. All other groups are paired by what they are.
 */
import { _t } from "@web/core/i18n";

/** @typedef {{fieldName: string, label: string, start: Date, domain: any[], before: {label: string, start: Date, domain: any[]}}} Comparison */

const DAY_MS = 86_400_000;
/** Midnight of any time zone falls on its own day in UTC once this is added. */
const TO_MIDDAY_MS = 13 * 3_600_000;

/** Earlier times, by name: what they are called, and the two days of a period moved there. */
export const EARLIER = {
    previous_period: { label: _t("Previous period"), shift: ([from, to]) => shiftBack(from, to) },
    previous_year: { label: _t("Previous year"), shift: (range) => range.map((day) => new Date(day.getFullYear() - 1, day.getMonth(), day.getDate())) },
};

/** Whole months move by months, as they are not equally long; other days by their number. @param {Date} from @param {Date} to @returns {Date[]} */
function shiftBack(from, to) {
    const isMonths = from.getDate() === 1 && to.getDate() === 1;
    const months = isMonths ? (to.getFullYear() - from.getFullYear()) * 12 + to.getMonth() - from.getMonth() : 0;
    const days = months ? 0 : Math.round((to.getTime() - from.getTime()) / DAY_MS);
    return [from, to].map((day) => new Date(day.getFullYear(), day.getMonth() - months, day.getDate() - days));
}

/** How many periods after `start` a group begins; undefined where it is none of a time. @param {any} row @param {string} spec @param {Date} start */
function placeOf(row, spec, start) {
    const from = row.__range?.[spec]?.from;
    if (!from) {
        return undefined;
    }
    const moment = new Date(new Date(`${from.slice(0, 10)}T${from.slice(11) || "00:00:00"}Z`).getTime() + TO_MIDDAY_MS);
    const months = (moment.getUTCFullYear() - start.getFullYear()) * 12 + moment.getUTCMonth() - start.getMonth();
    const days = Math.floor((moment.getTime() - Date.UTC(start.getFullYear(), start.getMonth(), start.getDate())) / DAY_MS);
    const interval = spec.split(":")[1] || "month";
    return { year: Math.floor(months / 12), quarter: Math.floor(months / 3), month: months, week: Math.floor(days / 7), day: days }[interval];
}

/**
 * The groups of the earlier time under the names of those of now that they stand beside; those without a companion keep
 * their own.
 * @param {any[]} rows of the earlier time @param {any[]} current @param {string[]} groupBy @param {Comparison} comparison @returns {any[]}
 */
export function aligned(rows, current, groupBy, comparison) {
    const dated = groupBy.filter((spec) => spec.split(":")[0] === comparison.fieldName);
    const known = new Map(current.flatMap((row) => dated.map((spec) => [`${spec} ${placeOf(row, spec, comparison.start)}`, row[spec]])));
    return rows.map((row) => {
        const names = dated.map((spec) => [spec, known.get(`${spec} ${placeOf(row, spec, comparison.before.start)}`) ?? row[spec]]);
        return { ...row, ...Object.fromEntries(names) };
    });
}
