/**
 * What do addons find under the name `luxon`? The calls on days and moments that they make, on the clock of the user or in
 * UTC; the library itself is not here (no other zones, no `Interval`, names of months are not read back).
 */
import { clockNow, instantOf, onClock } from "@web/core/clock";
import { intlTag } from "@web/core/i18n";

const MILLISECONDS = { milliseconds: 1, seconds: 1e3, minutes: 6e4, hours: 36e5, days: 864e5, weeks: 6048e5 };
const UNITS = ["years", "months", "weeks", "days", "hours", "minutes", "seconds", "milliseconds"];
/** A day, and a time of it with or without what it is apart from UTC. */
const ISO = /^(\d{4})-(\d\d)(?:-(\d\d))?(?:([T ])(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d{1,3})\d*)?)?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;
const TOKEN = /'([^']*)'|y{4}|yy|y|L{1,4}|M{1,4}|dd?|HH?|hh?|mm?|ss?|SSS|a|c{1,4}|E{1,4}|DD?D?D?|TT?|tt?/g;

const pad = (number, size = 2) => String(number).padStart(size, "0");
const plural = (unit) => (unit.endsWith("s") ? unit : `${unit}s`);

/** @param {string} text @returns {Date} on the clock; what the server writes with a space is UTC */
function readISO(text) {
    const [whole, year, month, day = "1", between, hour = "0", minute = "0", second = "0", part = "0", zone] = ISO.exec(text) || [];
    if (!whole) {
        return new Date(NaN);
    }
    if (zone || between === " ") {
        const offset = !zone || zone === "Z" ? "Z" : zone.length === 3 ? `${zone}:00` : zone.replace(/^(...)(\d\d)$/, "$1:$2");
        return onClock(new Date(`${year}-${month}-${pad(day)}T${hour}:${minute.padStart(2, "0")}:${second.padStart(2, "0")}${offset}`));
    }
    return new Date(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second), Number(part.padEnd(3, "0")));
}

/** How far two moments are apart, in one unit or several. */
export class CardDuration {
    /** @param {Record<string, number>} parts by units */
    constructor(parts) {
        Object.assign(this, parts);
        this.parts = parts;
    }

    toObject() {
        return { ...this.parts };
    }

    toMillis() {
        const lengths = { ...MILLISECONDS, months: 30 * MILLISECONDS.days, years: 365 * MILLISECONDS.days };
        return Object.entries(this.parts).reduce((sum, [unit, value]) => sum + value * lengths[unit], 0);
    }

    valueOf() {
        return this.toMillis();
    }

    /** @param {string} unit */
    as(unit) {
        const name = plural(unit);
        const lengths = { ...MILLISECONDS, months: 30 * MILLISECONDS.days, years: 365 * MILLISECONDS.days };
        return this.parts[name] !== undefined && Object.keys(this.parts).length === 1 ? this.parts[name] : this.toMillis() / lengths[name];
    }
}

/** A moment on the clock of the user; never changed. */
export class CardDateTime {
    static DATE_SHORT = { year: "numeric", month: "numeric", day: "numeric" };
    static DATE_MED = { year: "numeric", month: "short", day: "numeric" };
    static DATE_FULL = { year: "numeric", month: "long", day: "numeric" };
    static TIME_SIMPLE = { hour: "numeric", minute: "numeric" };
    static DATETIME_SHORT = { ...CardDateTime.DATE_SHORT, ...CardDateTime.TIME_SIMPLE };
    static DATETIME_MED = { ...CardDateTime.DATE_MED, ...CardDateTime.TIME_SIMPLE };

    /** @param {Date} date on the clock, whichever that is @param {boolean} [isUtc] it is that of UTC */
    constructor(date, isUtc = false) {
        this.date = date;
        this.isUtc = isUtc;
    }

    static now() {
        return new CardDateTime(clockNow());
    }

    static today() {
        return CardDateTime.now().startOf("day");
    }

    /** @param {number[]} parts year, month (from 1), day, hour, minute, second; none: now */
    static local(...parts) {
        const [year, month = 1, ...rest] = parts.filter((part) => typeof part === "number");
        return year === undefined ? CardDateTime.now() : new CardDateTime(new Date(year, month - 1, ...(/** @type {[]} */ (rest.length ? rest : [1]))));
    }

    /** @param {any} value */
    static fromISO(value) {
        return value instanceof CardDateTime ? value : new CardDateTime(readISO(String(value)));
    }

    /** @param {any} value */
    static fromSQL(value) {
        return CardDateTime.fromISO(value);
    }

    static utc(...parts) {
        return parts.length ? new CardDateTime(CardDateTime.local(...parts).date, true) : CardDateTime.now().toUTC();
    }

    /** @param {Record<string, number>} parts those below the smallest one given are 0, those above the largest are of now */
    static fromObject(parts) {
        const units = ["year", "month", "day", "hour", "minute", "second", "millisecond"];
        const last = units.findLastIndex((unit) => parts[unit] !== undefined);
        return CardDateTime.now().startOf("year").set({ ...pickOf(CardDateTime.now(), units.slice(0, Math.max(last, 0))), ...parts });
    }

    /** @param {string} text @param {string} format of numbers, such as "dd/MM/yyyy HH:mm" @param {{zone?: string}} [options] */
    static fromFormat(text, format, { zone } = {}) {
        const parts = readByFormat(text, format);
        return new CardDateTime(parts ? new Date(...parts) : new Date(NaN), /^utc$/i.test(zone || ""));
    }

    /** @param {...CardDateTime} moments */
    static min(...moments) {
        return moments.reduce((least, one) => (one < least ? one : least));
    }

    /** @param {...CardDateTime} moments */
    static max(...moments) {
        return moments.reduce((most, one) => (one > most ? one : most));
    }

    /** @param {any} value */
    static isDateTime(value) {
        return value instanceof CardDateTime;
    }

    /** @param {Date} value */
    static fromJSDate(value) {
        return new CardDateTime(onClock(value));
    }

    /** @param {number} value */
    static fromMillis(value) {
        return new CardDateTime(onClock(new Date(value)));
    }

    get isValid() { return !Number.isNaN(this.date.getTime()); }
    get year() { return this.date.getFullYear(); }
    get month() { return this.date.getMonth() + 1; }
    get day() { return this.date.getDate(); }
    get weekday() { return this.date.getDay() || 7; }
    get hour() { return this.date.getHours(); }
    get minute() { return this.date.getMinutes(); }
    get second() { return this.date.getSeconds(); }
    get millisecond() { return this.date.getMilliseconds(); }
    get ts() { return this.valueOf(); }
    get quarter() { return Math.ceil(this.month / 3); }
    get daysInMonth() { return new Date(this.year, this.month, 0).getDate(); }
    get ordinal() { return Math.round((new Date(this.year, this.month - 1, this.day).getTime() - new Date(this.year, 0, 0).getTime()) / 864e5); }
    get zoneName() { return this.isUtc ? "UTC" : "local"; }
    /** Of the year that the Thursday of the week is in. */
    get weekNumber() { return Math.ceil(this.plus({ days: 4 - this.weekday }).ordinal / 7); }

    get instant() {
        const { date } = this;
        return this.isUtc ? new Date(date.getTime() - date.getTimezoneOffset() * 6e4) : instantOf(date);
    }

    /** So that two of them are compared by `<`. */
    valueOf() {
        return this.isValid ? this.instant.getTime() : NaN;
    }

    toMillis() {
        return this.valueOf();
    }

    toSeconds() {
        return this.valueOf() / 1000;
    }

    toUnixInteger() {
        return Math.floor(this.toSeconds());
    }

    toJSDate() {
        return this.instant;
    }

    toISODate() {
        return this.toFormat("yyyy-MM-dd");
    }

    toISO() {
        return this.isValid ? this.instant.toISOString() : null;
    }

    toString() {
        return this.toISO() ?? "Invalid DateTime";
    }

    toJSON() {
        return this.toISO();
    }

    /** Zones: that of the user and UTC. */
    toLocal() {
        return this.isUtc ? new CardDateTime(onClock(this.instant)) : this;
    }

    toUTC() {
        const { instant } = this;
        return this.isUtc ? this : new CardDateTime(new Date(instant.getTime() + instant.getTimezoneOffset() * 6e4), true);
    }

    /** @param {any} [zone] */
    setZone(zone) {
        return /^(utc|gmt)$/i.test(String(zone)) ? this.toUTC() : this.toLocal();
    }

    /** The language is that of the user. */
    setLocale() {
        return this;
    }

    /** @param {any} other @param {string} [unit] */
    hasSame(other, unit = "day") {
        return this.startOf(unit).valueOf() === other.startOf(unit).valueOf();
    }

    /** @param {any} other */
    equals(other) {
        return this.valueOf() === other?.valueOf();
    }

    /** @param {any} [options] of Intl.DateTimeFormat */
    toLocaleString(options = CardDateTime.DATE_SHORT) {
        return this.isValid ? new Intl.DateTimeFormat(intlTag(), options).format(this.date) : "Invalid DateTime";
    }

    /** @param {string} format */
    toFormat(format) {
        return this.isValid ? format.replace(TOKEN, (token, quoted) => quoted ?? this.write(token)) : "Invalid DateTime";
    }

    /** @param {string} token */
    write(token) {
        const twelve = this.hour % 12 || 12;
        const names = { L: "month", M: "month", E: "weekday", c: "weekday" }[token[0]];
        if (names && token.length > 2) {
            return this.toLocaleString({ [names]: token.length === 3 ? "short" : "long" });
        }
        const numbers = { yyyy: pad(this.year, 4), y: this.year, yy: pad(this.year % 100), H: this.hour, h: twelve, m: this.minute, s: this.second, d: this.day, L: this.month, M: this.month, c: this.weekday, E: this.weekday, SSS: pad(this.millisecond, 3) };
        const texts = { a: this.hour < 12 ? "AM" : "PM", D: CardDateTime.DATE_SHORT, DD: CardDateTime.DATE_MED, DDD: CardDateTime.DATE_FULL, t: CardDateTime.TIME_SIMPLE, T: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } };
        const text = texts[token];
        if (text) {
            return typeof text === "string" ? text : this.toLocaleString(text);
        }
        return String(numbers[token] ?? pad(numbers[token[0]]));
    }

    /** @param {Record<string, number>} parts @param {number} sign */
    moved(parts, sign) {
        const by = Object.fromEntries(Object.entries(parts instanceof CardDuration ? parts.parts : parts).map(([unit, value]) => [plural(unit), sign * value]));
        const date = new Date(this.date.getTime());
        const month = date.getMonth() + (by.months || 0) + 12 * (by.years || 0) + 3 * (by.quarters || 0);
        const last = new Date(date.getFullYear(), month + 1, 0).getDate();
        date.setFullYear(date.getFullYear(), month, Math.min(date.getDate(), last));
        date.setDate(date.getDate() + (by.days || 0) + 7 * (by.weeks || 0));
        date.setTime(date.getTime() + (by.hours || 0) * 36e5 + (by.minutes || 0) * 6e4 + (by.seconds || 0) * 1e3 + (by.milliseconds || 0));
        return new CardDateTime(date, this.isUtc);
    }

    /** @param {Record<string, number>} parts */
    plus(parts) {
        return this.moved(parts, 1);
    }

    /** @param {Record<string, number>} parts */
    minus(parts) {
        return this.moved(parts, -1);
    }

    /** @param {Record<string, number>} parts */
    set({ year = this.year, month = this.month, day = this.day, hour = this.hour, minute = this.minute, second = this.second, millisecond = this.millisecond }) {
        return new CardDateTime(new Date(year, month - 1, Math.min(day, new Date(year, month, 0).getDate()), hour, minute, second, millisecond), this.isUtc);
    }

    /** @param {string} unit */
    startOf(unit) {
        const name = plural(unit);
        if (name === "weeks" || name === "quarters") {
            const first = name === "weeks" ? this.minus({ days: this.weekday - 1 }) : this.set({ month: this.month - ((this.month - 1) % 3), day: 1 });
            return first.startOf("day");
        }
        const below = ["years", "months", "days", "hours", "minutes", "seconds"].indexOf(name);
        const lowest = [{ month: 1 }, { day: 1 }, { hour: 0 }, { minute: 0 }, { second: 0 }, { millisecond: 0 }];
        return this.set(Object.assign({}, ...lowest.slice(below)));
    }

    /** @param {string} unit */
    endOf(unit) {
        return this.startOf(unit).plus({ [plural(unit)]: 1 }).minus({ milliseconds: 1 });
    }

    /** @param {any} other @param {string|string[]} [units] the last one has the rest @returns {any} */
    diff(other, units = "milliseconds") {
        const wanted = [units].flat().map(plural);
        const sorted = UNITS.filter((unit) => wanted.includes(unit));
        const parts = {};
        let from = CardDateTime.fromISO(other);
        for (const unit of sorted) {
            const value = countOf(this, from, unit);
            parts[unit] = unit === sorted[sorted.length - 1] ? value : Math.trunc(value);
            from = from.plus({ [unit]: Math.trunc(parts[unit]) });
        }
        return new CardDuration(parts);
    }

    /** @param {string|string[]} [units] */
    diffNow(units) {
        return this.diff(CardDateTime.now(), units);
    }

    /** "in 3 days", "2 hours ago" */
    toRelative() {
        const unit = UNITS.slice(0, -1).find((one) => Math.abs(countOf(this, CardDateTime.now(), one)) >= 1) || "seconds";
        return new Intl.RelativeTimeFormat(intlTag()).format(Math.trunc(countOf(this, CardDateTime.now(), unit)), /** @type {Intl.RelativeTimeFormatUnit} */ (unit));
    }
}

/** @param {any} object @param {string[]} keys */
const pickOf = (object, keys) => Object.fromEntries(keys.map((key) => [key, object[key]]));

const READ = { y: "year", L: "month", M: "month", d: "day", H: "hour", h: "hour", m: "minute", s: "second", S: "millisecond" };

/** @param {string} text @param {string} format @returns {[number, number, number, number, number, number, number]|null} for `new Date` */
function readByFormat(text, format) {
    /** @type {string[]} */
    const units = [];
    const literal = (/** @type {string} */ part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    let pattern = "";
    let at = 0;
    for (const match of format.matchAll(TOKEN)) {
        const [token, quoted] = match;
        pattern += literal(format.slice(at, match.index));
        at = match.index + token.length;
        if (quoted !== undefined) {
            pattern += literal(quoted);
        } else if (token === "a") {
            units.push("half");
            pattern += "([AaPp])\\.?[Mm]\\.?";
        } else {
            units.push(READ[token[0]]);
            pattern += token === "yyyy" ? "(\\d{4})" : token === "SSS" ? "(\\d{3})" : "(\\d{1,2})";
        }
    }
    const found = new RegExp(`^\\s*${pattern}${literal(format.slice(at))}\\s*$`).exec(text);
    if (!found || units.includes(/** @type {any} */ (undefined))) {
        return null;
    }
    const now = clockNow();
    /** @type {any} */
    const values = Object.fromEntries(units.map((unit, index) => [unit, unit === "half" ? found[index + 1].toLowerCase() : Number(found[index + 1])]));
    const { year = now.getFullYear(), month = units.includes("year") ? 1 : now.getMonth() + 1, day = units.includes("month") ? 1 : now.getDate(), minute = 0, second = 0, millisecond = 0, half } = values;
    const hour = half ? (values.hour % 12) + (half === "p" ? 12 : 0) : values.hour || 0;
    const isThere = month >= 1 && month <= 12 && day >= 1 && day <= new Date(year, month, 0).getDate() && hour < 24 && minute < 60 && second < 60;
    return isThere ? [year < 100 ? 2000 + year : year, month - 1, day, hour, minute, second, millisecond] : null;
}

/** Days and longer ones are those of the clock: one that changes to summer time is a day. @param {CardDateTime} to @param {CardDateTime} from @param {string} unit */
function countOf(to, from, unit) {
    if (unit === "months" || unit === "years") {
        const size = unit === "years" ? 12 : 1;
        let whole = Math.trunc(((to.year - from.year) * 12 + to.month - from.month) / size);
        const sign = to >= from ? 1 : -1;
        whole -= sign * (from.plus({ [unit]: whole }).valueOf() - to.valueOf()) > 0 ? sign : 0;
        const start = from.plus({ [unit]: whole });
        const end = from.plus({ [unit]: whole + sign });
        return whole + (sign * (to.valueOf() - start.valueOf())) / Math.abs(end.valueOf() - start.valueOf());
    }
    const isOfClock = unit === "days" || unit === "weeks";
    const time = ({ date, instant }) => (isOfClock ? date.getTime() - date.getTimezoneOffset() * 6e4 : instant.getTime());
    return (time(to) - time(from)) / MILLISECONDS[unit];
}

export const luxon = { DateTime: CardDateTime, Duration: { fromObject: (/** @type {Record<string, number>} */ parts) => new CardDuration(Object.fromEntries(Object.entries(parts).map(([unit, value]) => [plural(unit), value]))) } };
