/**
 * Whose events are seen: values of fields that the arch names as filters. No DOM.
 *
 * A filter with a `write_model` is kept there, for each user: one record of it names a value (`write_field`) and perhaps
 * whether it is chosen (`filter_field`). The values of any other are those of the events that are there.
 */
import { user } from "@web/core/user";
import { isX2many } from "@web/model/specification";
import { groupLabel } from "@web/model/group_values";

/** @typedef {{id: number|false, value: any, label: string, isShown: boolean}} Entry id: of the record that keeps it */
/** @typedef {{name: string, label: string, model: string, field: string, check: string}} FilterArch */
/** @typedef {FilterArch & {isKept: boolean, relation: string, entries: Entry[]}} Section */

export class CalendarFilters {
    /** @param {any} orm @param {{fields: Record<string, any>, arch: any}} config */
    constructor(orm, { fields, arch }) {
        this.orm = orm;
        this.fields = fields;
        /** @type {Section[]} */
        this.sections = arch.filters.map((filter) => ({ ...filter, isKept: Boolean(filter.model), relation: fields[filter.name].relation || "", entries: [] }));
    }

    get names() {
        return this.sections.map(({ name }) => name);
    }

    /** Those that this user has kept. */
    async load() {
        await Promise.all(this.sections.filter(({ isKept }) => isKept).map(async (section) => {
            const { model, field, check } = section;
            const rows = await this.orm.searchRead(model, [["user_id", "=", user.userId]], [field, ...(check ? [check] : [])], {});
            const before = new Map(section.entries.map((entry) => [entry.id, entry.isShown]));
            section.entries = rows.filter((row) => row[field]).map((row) => ({ id: row.id, value: row[field][0], label: row[field][1], isShown: check ? row[check] : before.get(row.id) ?? true }));
        }));
    }

    /** What is asked of the server: as soon as somebody is kept, only who is chosen. */
    get domain() {
        const kept = this.sections.filter(({ isKept, entries }) => isKept && entries.length);
        return kept.map(({ name, entries }) => [name, "in", entries.filter(({ isShown }) => isShown).map(({ value }) => value)]);
    }

    /** What the events have in the other fields. @param {any[]} rows */
    async gather(rows) {
        await Promise.all(this.sections.filter(({ isKept }) => !isKept).map(async (section) => {
            const { name, relation } = section;
            const field = this.fields[name];
            const before = new Map(section.entries.map((entry) => [entry.value, entry]));
            const values = new Map(rows.flatMap((row) => this.valuesOf(row, name).map((value) => [value, row[name]])));
            const unknown = isX2many(field) ? [...values.keys()].filter((value) => !before.has(value)) : [];
            const named = new Map(unknown.length ? (await this.orm.read(relation, unknown, ["display_name"])).map((row) => [row.id, row.display_name]) : []);
            const labelOf = (value) => (isX2many(field) ? before.get(value)?.label ?? named.get(value) ?? String(value) : groupLabel(field, values.get(value)));
            section.entries = [...values.keys()].map((value) => ({ id: /** @type {const} */ (false), value, label: labelOf(value), isShown: before.get(value)?.isShown ?? true })).sort((left, right) => left.label.localeCompare(right.label));
        }));
    }

    /** @param {any} row @param {string} name @returns {any[]} what the event has there; false for nothing */
    valuesOf(row, name) {
        const value = row[name];
        if (isX2many(this.fields[name])) {
            return value;
        }
        return [Array.isArray(value) ? value[0] : value];
    }

    /** An event is seen where one of its values is chosen, or it has none. @param {any} row */
    shows(row) {
        return this.sections.every(({ isKept, name, entries }) => {
            const values = isKept ? [] : this.valuesOf(row, name);
            const hidden = entries.filter(({ isShown }) => !isShown).map(({ value }) => value);
            return !values.length || values.some((value) => !hidden.includes(value));
        });
    }

    /** @param {Section} section @param {Entry} entry */
    async toggle(section, entry) {
        entry.isShown = !entry.isShown;
        if (section.check) {
            await this.orm.write(section.model, [entry.id], { [section.check]: entry.isShown });
        }
    }

    /** @param {Section} section @param {number} value */
    async add({ model, field, check }, value) {
        await this.orm.create(model, [{ user_id: user.userId, [field]: value, ...(check ? { [check]: true } : {}) }]);
        await this.load();
    }

    /** @param {Section} section @param {Entry} entry */
    async remove(section, entry) {
        await this.orm.unlink(section.model, [entry.id]);
        await this.load();
    }
}
