/** The table of a pivot and what changes it: groupings of both axes, what is opened, what is counted, in which order. */
import { EventBus } from "@odoo/owl";
import { groupCount } from "@web/model/group_values";
import { aggregateOf, COUNT } from "@web/views/measures";
import { PivotData, withBelow } from "@web/views/pivot/pivot_table";

/** @typedef {import("@web/views/pivot/pivot_table").Heading} Heading */
/** @typedef {"rows"|"columns"} Axis */

export class PivotModel {
    /** @param {any} orm @param {{resModel: string, fields: any, arch: any, context: object}} config */
    constructor(orm, { resModel, fields, arch, context }) {
        this.orm = orm;
        this.resModel = resModel;
        this.fields = fields;
        this.arch = arch;
        this.context = context;
        this.bus = new EventBus();
        this.rows = arch.rows;
        this.columns = arch.columns;
        this.measureNames = arch.measureNames;
        /** @type {{rows: Set<string>, columns: Set<string>}} headings that are not opened although they could be */
        this.closed = { rows: new Set(), columns: new Set() };
        /** @type {{column: string, measure: string, asc: boolean}|null} */
        this.sorting = null;
        this.query = { domain: /** @type {any[]} */ ([]), context: {} };
        /** @type {PivotData|null} */
        this.data = null;
        this.request = 0;
    }

    /** In the order in which they were chosen. */
    get measures() {
        return this.measureNames.map((name) => this.arch.measures.find((measure) => measure.name === name)).filter(Boolean);
    }

    /**
     * Read the totals of every level of both axes; an average of averages would be wrong, so none is added up here.
     * @param {{domain: any[], context: object}} query
     */
    async load(query = this.query) {
        // a slow answer to an older question must not replace a newer one
        const request = ++this.request;
        const { rows, columns } = this;
        const aggregates = this.measures.flatMap(aggregateOf);
        const levels = Array.from({ length: rows.length + 1 }, (_row, deep) => Array.from({ length: columns.length + 1 }, (_column, wide) => [deep, wide])).flat();
        const answers = await Promise.all(levels.map(async ([deep, wide]) => {
            const groupBy = [...rows.slice(0, deep), ...columns.slice(0, wide)];
            const found = await this.orm.readGroup(this.resModel, query.domain, aggregates, [...new Set(groupBy)], { context: { ...this.context, ...query.context }, lazy: false });
            return found.map((row) => ({ row, rows: deep, columns: wide }));
        }));
        if (request !== this.request) {
            return;
        }
        this.query = query;
        this.data = new PivotData({ rows, columns, fields: this.fields, answers: answers.flat() });
        this.bus.trigger("update");
    }

    get isEmpty() {
        return Boolean(this.data) && !this.valueOf("", "", COUNT);
    }

    /** @param {string} row @param {string} column @param {string} measure @returns {number|undefined} */
    valueOf(row, column, measure) {
        const cell = this.data?.cell(row, column);
        return cell && (measure === COUNT ? groupCount(cell, []) : cell[measure]);
    }

    // -- what a person does -----------------------------------------------------------------------------------------

    /** Open or close a heading; nothing is asked. @param {Axis} axis @param {Heading} heading */
    toggle(axis, heading) {
        if (!this.closed[axis].delete(heading.key)) {
            this.closed[axis].add(heading.key);
        }
        this.bus.trigger("update");
    }

    /** Divide a heading of the lowest level further; its neighbours stay closed. @param {Axis} axis @param {Heading} heading @param {string} spec */
    async divide(axis, heading, spec) {
        for (const other of withBelow(/** @type {any} */ (this.data)[axis])) {
            if (!other.children.length && other.key !== heading.key) {
                this.closed[axis].add(other.key);
            }
        }
        this.closed[axis].delete(heading.key);
        this[axis] = [...this[axis], spec];
        await this.load();
    }

    openAll() {
        this.closed = { rows: new Set(), columns: new Set() };
        this.bus.trigger("update");
    }

    async flip() {
        [this.rows, this.columns] = [this.columns, this.rows];
        this.closed = { rows: this.closed.columns, columns: this.closed.rows };
        this.sorting = null;
        await this.load();
    }

    /** @param {string} name */
    async toggleMeasure(name) {
        const others = this.measureNames.filter((known) => known !== name);
        this.measureNames = others.length === this.measureNames.length ? [...others, name] : others.length ? others : this.measureNames;
        await this.load();
    }

    /** A press on a measure: largest first, then smallest first. @param {string} column @param {string} measure */
    sortBy(column, measure) {
        const isSame = this.sorting?.column === column && this.sorting.measure === measure;
        this.sorting = { column, measure, asc: isSame ? !this.sorting?.asc : false };
        this.bus.trigger("update");
    }

    /** Rows by the column that was pressed; undefined: as the server ordered. */
    get compareRows() {
        const { sorting } = this;
        if (!sorting) {
            return undefined;
        }
        const value = (heading) => Number(this.valueOf(heading.key, sorting.column, sorting.measure) || 0);
        return (left, right) => (value(left) - value(right)) * (sorting.asc ? 1 : -1);
    }
}
