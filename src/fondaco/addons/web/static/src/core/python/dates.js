/**
 * What do dates mean in a Python expression: `context_today() - relativedelta(months=1)`, `now().strftime('%Y')`.
 */
import { clockNow, instantOf } from "@web/core/clock";

const pad = (number, size = 2) => String(number).padStart(size, "0");

/** A moment in the user's zone, or a day when `hasTime` is false. Never changed; arithmetic gives a new one. */
export class PyMoment {
    /** @param {Date} date @param {boolean} hasTime */
    constructor(date, hasTime) {
        this.date = date;
        this.hasTime = hasTime;
    }

    get year() { return this.date.getFullYear(); }
    get month() { return this.date.getMonth() + 1; }
    get day() { return this.date.getDate(); }
    get hour() { return this.date.getHours(); }
    get minute() { return this.date.getMinutes(); }
    get second() { return this.date.getSeconds(); }

    /** @param {string} format */
    strftime(format) {
        const values = {
            Y: pad(this.year, 4), m: pad(this.month), d: pad(this.day),
            H: pad(this.hour), M: pad(this.minute), S: pad(this.second), "%": "%",
            y: pad(this.year % 100), j: pad(Math.round((this.date.getTime() - new Date(this.year, 0, 0).getTime()) / 864e5), 3),
        };
        return format.replace(/%([a-zA-Z%])/g, (whole, letter) => values[letter] ?? whole);
    }

    toString() {
        return this.strftime(this.hasTime ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d");
    }

    toJSON() {
        return this.toString();
    }

    /** The same moment in UTC, as the server stores date-times. */
    to_utc() {
        const instant = instantOf(this.date);
        return new PyMoment(new Date(instant.getTime() + instant.getTimezoneOffset() * 60e3), this.hasTime);
    }

    weekday() {
        return (this.date.getDay() + 6) % 7;
    }

    replace(_args, changes) {
        return new PyDelta(absolute(changes)).applyTo(this, 1);
    }

    /** @param {any} other @returns {PyMoment|PyDelta} */
    minus(other) {
        if (other instanceof PyDelta) {
            return other.applyTo(this, -1);
        }
        return new PyDelta({ seconds: (this.date.getTime() - other.date.getTime()) / 1000 });
    }
}

/** A distance in time: `timedelta` and `relativedelta` alike. Singular keys (`month=1`) replace, plural ones add. */
export class PyDelta {
    /** @param {Record<string, number>} parts */
    constructor(parts) {
        this.parts = parts;
    }

    get days() {
        return Math.floor((this.parts.seconds || 0) / 86400) + (this.parts.days || 0);
    }

    /** @param {PyMoment} moment @param {1|-1} sign */
    applyTo(moment, sign) {
        const p = this.parts;
        const d = new Date(moment.date.getTime());
        const year = (p.year ?? d.getFullYear()) + sign * (p.years || 0);
        const month = (p.month ? p.month - 1 : d.getMonth()) + sign * (p.months || 0);
        const lastDay = new Date(year, month + 1, 0).getDate();
        d.setFullYear(year, month, Math.min(p.day ?? d.getDate(), lastDay));
        d.setHours(p.hour ?? d.getHours(), p.minute ?? d.getMinutes(), p.second ?? d.getSeconds());
        d.setDate(d.getDate() + sign * ((p.days || 0) + 7 * (p.weeks || 0)));
        d.setTime(d.getTime() + sign * 1000 * ((p.hours || 0) * 3600 + (p.minutes || 0) * 60 + (p.seconds || 0)));
        if (p.weekday !== undefined) {
            d.setDate(d.getDate() + ((p.weekday - ((d.getDay() + 6) % 7) + 7) % 7));
        }
        return new PyMoment(d, moment.hasTime || Boolean(p.hours || p.minutes || p.seconds));
    }
}

/** @param {Record<string, number>} changes */
const absolute = (changes) => Object.fromEntries(Object.entries(changes).map(([k, v]) => [k.replace(/s$/, ""), v]));

const today = () => {
    const now = clockNow();
    return new PyMoment(new Date(now.getFullYear(), now.getMonth(), now.getDate()), false);
};
const now = () => new PyMoment(clockNow(), true);
const timeOfDay = ([hour = 0, minute = 0, second = 0], kwargs) => ({ hour, minute, second, ...kwargs });
const combine = ([day, { hour = 0, minute = 0, second = 0 } = {}]) => new PyMoment(new Date(day.year, day.month - 1, day.day, hour, minute, second), true);
const delta = (args, kwargs) => new PyDelta({ ...(args.length ? { days: args[0], seconds: args[1] || 0 } : {}), ...kwargs });
const strptime = ([text]) => {
    const [year, month, day, hour = 0, minute = 0, second = 0] = String(text).split(/\D+/).map(Number);
    return new PyMoment(new Date(year, month - 1, day, hour, minute, second), true);
};

/** Names an expression finds without anybody giving them; each function takes (args, kwargs). */
export const DATE_NAMES = {
    context_today: today,
    today: "",
    now,
    relativedelta: (args, kwargs) => new PyDelta(kwargs),
    timedelta: delta,
    datetime: {
        date: { today },
        datetime: { now, today: now, combine, strptime },
        timedelta: delta,
        time: timeOfDay,
        now,
        combine,
    },
    time: { strftime: ([format]) => now().strftime(format) },
};
