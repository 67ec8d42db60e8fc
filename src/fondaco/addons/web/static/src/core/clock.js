/**
 * What does the clock of the user show, wherever his browser is?
 *
 * The client works with dates "on the clock": their local parts (`getHours()` and the like) are what a clock in the time zone
 * of the user's preferences shows. Without one, or where the browser is in the same zone, they are plain dates.
 */
import { session } from "@web/core/session";

/** @type {Map<string, Intl.DateTimeFormat|null>} */
const clocks = new Map();

/** @returns {Intl.DateTimeFormat|null} null where the clock of the browser is right */
function userClock() {
    const timeZone = session.user_context.tz || "";
    let clock = clocks.get(timeZone);
    if (clock === undefined) {
        clock = null;
        if (timeZone && timeZone !== Intl.DateTimeFormat().resolvedOptions().timeZone) {
            const two = /** @type {const} */ ("2-digit");
            try {
                clock = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", year: "numeric", month: two, day: two, hour: two, minute: two, second: two });
            } catch (error) {
                if (!(error instanceof RangeError)) {
                    throw error;
                }
                console.warn(`the browser does not know the time zone ${timeZone}`);
            }
        }
        clocks.set(timeZone, clock);
    }
    return clock;
}

/** @param {Intl.DateTimeFormat} clock @param {number} time @returns {number} milliseconds that the clock is before UTC */
function offsetAt(clock, time) {
    const parts = Object.fromEntries(clock.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second) - Math.floor(time / 1000) * 1000;
}

/** @param {Date} instant @returns {Date} on the clock */
export function onClock(instant) {
    const clock = userClock();
    if (!clock) {
        return instant;
    }
    const shown = new Date(instant.getTime() + offsetAt(clock, instant.getTime()));
    return new Date(shown.getUTCFullYear(), shown.getUTCMonth(), shown.getUTCDate(), shown.getUTCHours(), shown.getUTCMinutes(), shown.getUTCSeconds());
}

/** @param {Date} date on the clock @returns {Date} the instant */
export function instantOf(date) {
    const clock = userClock();
    if (!clock) {
        return date;
    }
    const shown = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds());
    // twice, for the first guess may lie on the other side of a change of the clock
    const guess = shown - offsetAt(clock, shown);
    return new Date(shown - offsetAt(clock, guess));
}

/** @returns {Date} on the clock */
export const clockNow = () => onClock(new Date());
