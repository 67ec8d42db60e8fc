/** The events of a stretch of time: read, coloured, moved, made. No DOM. */
import { EventBus } from "@odoo/owl";
import { dateToMoment, dayToDate, momentToDate } from "@web/core/formats";
import { Domain } from "@web/core/domain";
import { CalendarFilters } from "@web/views/calendar/calendar_filters";
import { groupKey, groupLabel } from "@web/model/group_values";

/** @typedef {{id: number, title: string, start: Date, end: Date|null, isAllDay: boolean, tone: number, canMove: boolean, row: any}} CalendarEvent end: the first moment after it */
/** @typedef {{domain: any[], context: object}} Query */

const TONES = 8;
const HOUR_MS = 3600000;
const LIMIT = 2000;
const pad = (number) => String(number).padStart(2, "0");

/** @param {Date} date @returns {string} the day, here */
export const dateToDay = (date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;

/** @param {Date} date @param {number} days */
export const addDays = (date, days) => new Date(date.getFullYear(), date.getMonth(), date.getDate() + days, date.getHours(), date.getMinutes());

export class CalendarModel {
    /** @param {any} orm @param {{resModel: string, fields: Record<string, any>, arch: any, context: object}} config */
    constructor(orm, { resModel, fields, arch, context }) {
        this.orm = orm;
        this.resModel = resModel;
        this.fields = fields;
        this.arch = arch;
        this.context = context;
        this.bus = new EventBus();
        /** @type {Query} */
        this.query = { domain: [], context: {} };
        /** @type {{start: Date, end: Date}|null} */
        this.range = null;
        /** @type {CalendarEvent[]} */
        this.events = [];
        /** Values of the colour field: what they are called, whether their events are hidden. @type {{key: string, label: string, tone: number, isHidden: boolean}[]} */
        this.groups = [];
        this.filters = new CalendarFilters(orm, { fields, arch });
        this.isCut = false;
        this.request = 0;
    }

    get isDay() {
        return this.fields[this.arch.start].type === "date";
    }

    get names() {
        const { start, stop, delay, allDay, color, shownFields } = this.arch;
        return [...new Set(["display_name", start, stop, delay, allDay, color, ...shownFields.map(({ name }) => name), ...this.filters.names])].filter(Boolean);
    }

    /** @param {{start: Date, end: Date}} range @param {Query} [query] */
    async load(range, query = this.query) {
        this.range = range;
        this.query = query;
        const request = ++this.request;
        const rows = await this.orm.searchRead(this.resModel, Domain.and([query.domain, this.rangeDomain(range), this.filters.domain]).toList(), this.names, { context: { ...this.context, ...query.context }, limit: LIMIT });
        await this.filters.gather(rows);
        // a slow answer to an older question must not replace a newer one
        if (request === this.request) {
            this.isCut = rows.length === LIMIT;
            this.groups = this.groupsOf(rows);
            this.events = rows.filter((row) => row[this.arch.start]).map((row) => this.eventOf(row));
            this.bus.trigger("update");
        }
    }

    async reload() {
        if (this.range) {
            await this.load(this.range);
        }
    }

    /** What touches the range; without an end, what begins in it. @param {{start: Date, end: Date}} range */
    rangeDomain({ start, end }) {
        const write = this.isDay ? dateToDay : dateToMoment;
        const { start: from, stop: to } = this.arch;
        const before = [[from, "<", write(end)]];
        return to ? Domain.and([before, ["|", [to, ">=", write(start)], "&", [to, "=", false], [from, ">=", write(start)]]]).toList() : [...before, [from, ">=", write(start)]];
    }

    /** @param {any} row @returns {CalendarEvent} */
    eventOf(row) {
        const { start, stop, delay, allDay, color } = this.arch;
        const isAllDay = this.isDay || Boolean(allDay && row[allDay]);
        const read = (name) => (this.fields[name].type === "date" ? dayToDate(row[name]) : isAllDay ? dayToDate(row[name].slice(0, 10)) : momentToDate(row[name]));
        const from = read(start);
        let end = stop && row[stop] ? read(stop) : delay ? new Date(from.getTime() + (row[delay] || 1) * HOUR_MS) : null;
        if (isAllDay && end) {
            // the last day is part of the event
            end = addDays(end, 1);
        }
        const group = color && this.groups.find(({ key }) => key === groupKey(row[color]));
        const canMove = this.arch.activeActions.edit && !this.fields[start].readonly;
        return { id: row.id, title: row.display_name, start: from, end, isAllDay, tone: group ? group.tone : 0, canMove, row };
    }

    /** @param {any[]} rows */
    groupsOf(rows) {
        const { color } = this.arch;
        if (!color) {
            return [];
        }
        const hidden = new Set(this.groups.filter(({ isHidden }) => isHidden).map(({ key }) => key));
        const byKey = new Map(rows.map((row) => [groupKey(row[color]), groupLabel(this.fields[color], row[color])]));
        const toneOf = (key) => (/^\d+$/.test(key) ? Number(key) : [...key].reduce((sum, char) => sum + (char.codePointAt(0) || 0), 0)) % TONES;
        return [...byKey].map(([key, label]) => ({ key, label, tone: toneOf(key), isHidden: hidden.has(key) })).sort((left, right) => left.label.localeCompare(right.label));
    }

    get shownEvents() {
        const hidden = new Set(this.groups.filter(({ isHidden }) => isHidden).map(({ key }) => key));
        const isHidden = (row) => hidden.size > 0 && hidden.has(groupKey(row[this.arch.color]));
        return this.events.filter(({ row }) => !isHidden(row) && this.filters.shows(row));
    }

    /** @param {string} key of a group */
    toggleGroup(key) {
        this.groups = this.groups.map((group) => (group.key === key ? { ...group, isHidden: !group.isHidden } : group));
        this.bus.trigger("update");
    }

    /** What the fields of a record must hold for this time. @param {Date} start @param {Date|null} end @param {boolean} isAllDay */
    valuesOf(start, end, isAllDay) {
        const { start: from, stop, delay, allDay } = this.arch;
        const last = end || (isAllDay ? addDays(start, 1) : new Date(start.getTime() + HOUR_MS));
        const write = (name, date) => (this.fields[name].type === "date" ? dateToDay(date) : isAllDay ? `${dateToDay(date)} 00:00:00` : dateToMoment(date));
        return {
            [from]: write(from, start),
            ...(stop ? { [stop]: write(stop, isAllDay ? addDays(last, -1) : last) } : {}),
            ...(delay && !stop ? { [delay]: (last.getTime() - start.getTime()) / HOUR_MS } : {}),
            ...(allDay ? { [allDay]: isAllDay } : {}),
        };
    }

    /** @param {number} id @param {Date} start @param {Date|null} end @param {boolean} isAllDay */
    async move(id, start, end, isAllDay) {
        try {
            await this.orm.write(this.resModel, [id], this.valuesOf(start, end, isAllDay), { context: this.context });
        } finally {
            await this.reload();
        }
    }

    /** @param {string} name @param {object} values @returns {Promise<number>} */
    async create(name, values) {
        const [id] = await this.orm.create(this.resModel, [{ ...values, [this.arch.nameField]: name }], { context: this.context });
        await this.reload();
        return id;
    }

    /** @param {number} id */
    async remove(id) {
        await this.orm.unlink(this.resModel, [id], { context: this.context });
        await this.reload();
    }
}
