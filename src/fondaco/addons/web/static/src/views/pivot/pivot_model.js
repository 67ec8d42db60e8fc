/** The table of a pivot and what changes it: groupings of both axes, what is opened, what is counted, in which order. */
import { EventBus } from "@odoo/owl";
import { groupCount } from "@web/model/group_values";
import { _t } from "@web/core/i18n";
import { aligned } from "@web/views/comparison";
import { aggregateOf, COUNT } from "@web/views/measures";
import { PivotData, withBelow } from "@web/views/pivot/pivot_table";

/** @typedef {import("@web/views/pivot/pivot_table").Heading} Heading */
/** @typedef {"rows"|"columns"} Axis */
/** @typedef {import("@web/views/measures").Measure & {key: string, time: ""|"before"|"change"}} Figure one column of numbers */

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
        /** @type {{column: string, number: string, asc: boolean}|null} */
        this.sorting = arch.sorting;
        /** @type {{domain: any[], context: object, comparison?: import("@web/views/comparison").Comparison|null}} */
        this.query = { domain: [], context: {} };
        /** The totals of the time it is compared with, under the headings of `data`. @type {PivotData|null} */
        this.before = null;
        /** @type {PivotData|null} */
        this.data = null;
        this.request = 0;
    }

    /** In the order in which they were chosen. */
    get measures() {
        return this.measureNames.map((name) => this.arch.measures.find((measure) => measure.name === name)).filter(Boolean);
    }

    /** What each column shows: the measures, or each of them now, before and how it changed. @returns {Figure[]} */
    get numbers() {
        const { comparison } = this.query;
        return this.measures.flatMap((measure) => {
            const plain = { ...measure, key: measure.name, time: /** @type {const} */ ("") };
            return comparison ? [
                { ...plain, label: `${measure.label} (${comparison.label})` },
                { ...plain, key: `${measure.name} before`, time: /** @type {const} */ ("before"), label: `${measure.label} (${comparison.before.label})` },
                { ...plain, key: `${measure.name} change`, time: /** @type {const} */ ("change"), label: _t("Change") },
            ] : [plain];
        });
    }

    /**
     * Read the totals of every level of both axes; an average of averages would be wrong, so none is added up here.
     * @param {{domain: any[], context: object, comparison?: import("@web/views/comparison").Comparison|null}} query
     */
    async load(query = this.query) {
        // a slow answer to an older question must not replace a newer one
        const request = ++this.request;
        const { rows, columns } = this;
        const aggregates = this.measures.flatMap(aggregateOf);
        const levels = Array.from({ length: rows.length + 1 }, (_row, deep) => Array.from({ length: columns.length + 1 }, (_column, wide) => [deep, wide])).flat();
        const { comparison } = query;
        const answers = await Promise.all(levels.map(async ([deep, wide]) => {
            const groupBy = [...new Set([...rows.slice(0, deep), ...columns.slice(0, wide)])];
            const ask = (domain) => this.orm.readGroup(this.resModel, domain, aggregates, groupBy, { context: { ...this.context, ...query.context }, lazy: false });
            const [found, earlier] = await Promise.all([ask(query.domain), comparison ? ask(comparison.before.domain) : []]);
            const placed = (row) => ({ row, rows: deep, columns: wide });
            return { now: found.map(placed), before: comparison ? aligned(earlier, found, groupBy, comparison).map(placed) : [] };
        }));
        if (request !== this.request) {
            return;
        }
        this.query = query;
        const now = answers.flatMap((answer) => answer.now);
        const before = answers.flatMap((answer) => answer.before);
        // headings are those of both times, numbers are kept apart
        this.data = new PivotData({ rows, columns, fields: this.fields, answers: now, further: before });
        this.before = comparison ? new PivotData({ rows, columns, fields: this.fields, answers: before }) : null;
        this.bus.trigger("update");
    }

    get isEmpty() {
        const count = (data) => groupCount(data?.cell("", "") || {}, []);
        return Boolean(this.data) && !count(this.data) && !count(this.before);
    }

    /** @param {string} row @param {string} column @param {Figure} number @returns {any} the group that it comes from */
    cellOf(row, column, number) {
        return (number.time === "before" ? this.before : this.data)?.cell(row, column);
    }

    /** @param {string} row @param {string} column @param {Figure} number @returns {number|undefined} a change is a part of what was before */
    valueOf(row, column, number) {
        if (number.time === "change") {
            const [now, before] = [/** @type {const} */ (""), /** @type {const} */ ("before")].map((time) => this.valueOf(row, column, { ...number, time }) || 0);
            return before ? (now - before) / Math.abs(before) : undefined;
        }
        const cell = this.cellOf(row, column, number);
        return cell && (number.name === COUNT ? groupCount(cell, []) : cell[number.name]);
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

    /** A press on a heading of numbers: largest first, then smallest first. @param {string} column @param {string} number its key */
    sortBy(column, number) {
        const isSame = this.sorting?.column === column && this.sorting.number === number;
        this.sorting = { column, number, asc: isSame ? !this.sorting?.asc : false };
        this.bus.trigger("update");
    }

    /** Rows by the column that was pressed; undefined: as the server ordered. */
    get compareRows() {
        const { sorting } = this;
        const number = this.numbers.find(({ key }) => key === sorting?.number);
        if (!sorting || !number) {
            return undefined;
        }
        const value = (heading) => Number(this.valueOf(heading.key, sorting.column, number) || 0);
        return (left, right) => (value(left) - value(right)) * (sorting.asc ? 1 : -1);
    }
}
