/** The table as the route `/web/pivot/export_xlsx` wants it. Pure. */
import { headLines, leaves, shownRows } from "@web/views/pivot/pivot_table";

/** @param {import("@web/views/pivot/pivot_model").PivotModel} model @param {string} title @returns {object} */
export function exportOf(model, title) {
    const data = /** @type {import("@web/views/pivot/pivot_table").PivotData} */ (model.data);
    const { numbers, closed } = model;
    const columns = leaves(data.columns, closed.columns);
    const lines = headLines(data.columns, closed.columns);
    return {
        model: model.resModel,
        title,
        measure_count: numbers.length,
        origin_count: 1,
        col_group_headers: lines.map((line) => line.map(({ heading, width, height, isTotal }) => ({ title: isTotal ? "" : heading.label, width: width * numbers.length, height, is_leaf: !heading.children.length }))),
        measure_headers: columns.flatMap((column) => numbers.map(({ label }) => ({ title: label, width: 1, height: 1, is_bold: column === data.columns }))),
        origin_headers: [],
        rows: shownRows(data.rows, closed.rows, model.compareRows).map((row) => ({
            title: row.label,
            indent: row.depth,
            values: columns.flatMap((column) => numbers.map((number) => ({ is_bold: column === data.columns, value: model.valueOf(row.key, column.key, number) ?? "" }))),
        })),
    };
}
