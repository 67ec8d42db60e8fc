/** What is written below a column of numbers, and beside the name of a group: sums, means, the largest, the smallest. */
import { formatValue } from "@web/core/formats";

const REDUCE = {
    sum: (values) => values.reduce((total, value) => total + value, 0),
    avg: (values) => (values.length ? REDUCE.sum(values) / values.length : 0),
    max: (values) => Math.max(...values),
    min: (values) => Math.min(...values),
};

/** Of the records that are chosen, else of all. @param {any} column @param {any[]} records @returns {string} */
export function totalOf(column, records) {
    if (!column.aggregate) {
        return "";
    }
    const chosen = records.filter((record) => record.selected);
    const values = (chosen.length ? chosen : records).map((record) => record.data[column.name]).filter((value) => typeof value === "number");
    return values.length ? formatValue(column.field, REDUCE[column.aggregate.kind](values), { data: records[0].data }) : "";
}

/** @param {any} column @param {any} group @returns {string} as the server has counted it */
export function totalOfGroup(column, group) {
    const value = column.aggregate && group.aggregates[column.name];
    return typeof value === "number" ? formatValue(column.field, value) : "";
}

/** The name of a group stands over all columns before the first with a total. @param {any[]} columns @returns {number} how many */
export function spanOfName(columns) {
    const first = columns.findIndex((column) => column.aggregate);
    return first > 0 ? first : first === 0 ? 1 : columns.length;
}
