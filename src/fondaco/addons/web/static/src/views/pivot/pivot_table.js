/**
 * A table of totals as data: what heads its rows and columns, what is in its cells. Pure.
 *
 * An axis is a list of groupings. Its headings are a tree: the total at the root, then one level for each grouping. A
 * heading is known by its path, the values of the groups above it; a cell by the paths of its row and its column.
 */
import { _t } from "@web/core/i18n";
import { groupKey, groupLabel } from "@web/model/group_values";

/** @typedef {{path: string[], key: string, label: string, depth: number, domain: any[], children: Heading[]}} Heading */
/** @typedef {{row: any, rows: number, columns: number}} Answer a group of `read_group` by the first `rows` and `columns` groupings */

const keyOf = (path) => path.join(" \u0000 ");
export const ROOT = "";

export class PivotData {
    /** @param {{rows: string[], columns: string[], fields: Record<string, any>, answers: Answer[], further?: Answer[]}} config further: answers that have headings here, but no numbers */
    constructor({ rows, columns, fields, answers, further = [] }) {
        this.fields = fields;
        /** @type {Map<string, Map<string, any>>} */
        this.cells = new Map();
        const all = [...answers, ...further];
        this.rows = this.treeOf(rows, all.filter((answer) => !answer.columns), "rows");
        this.columns = this.treeOf(columns, all.filter((answer) => !answer.rows), "columns");
        for (const { row, rows: deep, columns: wide } of answers) {
            const rowKey = keyOf(rows.slice(0, deep).map((spec) => groupKey(row[spec])));
            const columnKey = keyOf(columns.slice(0, wide).map((spec) => groupKey(row[spec])));
            if (!this.cells.has(rowKey)) {
                this.cells.set(rowKey, new Map());
            }
            this.cells.get(rowKey)?.set(columnKey, row);
        }
    }

    /** @param {string[]} specs @param {Answer[]} answers of this axis alone @param {"rows"|"columns"} axis @returns {Heading} */
    treeOf(specs, answers, axis) {
        /** @type {Heading} */
        const root = { path: [], key: ROOT, label: _t("Total"), depth: 0, domain: [], children: [] };
        const known = new Map([[ROOT, root]]);
        for (const { row, [axis]: depth } of [...answers].sort((left, right) => left[axis] - right[axis])) {
            if (depth) {
                const path = specs.slice(0, depth).map((spec) => groupKey(row[spec]));
                const spec = specs[depth - 1];
                const heading = { path, key: keyOf(path), label: groupLabel(this.fields[spec.split(":")[0]], row[spec]), depth, domain: row.__domain || [], children: [] };
                if (!known.has(heading.key)) {
                    known.get(keyOf(path.slice(0, -1)))?.children.push(heading);
                    known.set(heading.key, heading);
                }
            }
        }
        return root;
    }

    /** @param {string} row @param {string} column @returns {any} the group of `read_group`, undefined where there are no records */
    cell(row, column) {
        return this.cells.get(row)?.get(column);
    }
}

/** Every heading below, itself first. @param {Heading} heading @returns {Heading[]} */
export const withBelow = (heading) => [heading, ...heading.children.flatMap(withBelow)];

/** @param {Heading} heading @param {Set<string>} closed keys @returns {boolean} */
export const isOpen = (heading, closed) => heading.children.length > 0 && !closed.has(heading.key);

/**
 * The headings of rows as they are seen, top to bottom.
 * @param {Heading} heading @param {Set<string>} closed @param {(left: Heading, right: Heading) => number} [compare] @returns {Heading[]}
 */
export function shownRows(heading, closed, compare) {
    const below = isOpen(heading, closed) ? heading.children : [];
    return [heading, ...(compare ? [...below].sort(compare) : below).flatMap((child) => shownRows(child, closed, compare))];
}

/** The columns that have numbers: those that are not opened further, then the total. @param {Heading} root @param {Set<string>} closed @returns {Heading[]} */
export function leaves(root, closed) {
    const below = (heading) => (isOpen(heading, closed) ? heading.children.flatMap(below) : [heading]);
    return isOpen(root, closed) ? [...below(root), root] : [root];
}

/**
 * The lines of headings above the numbers. `width` is in leaves, `height` in lines.
 * @param {Heading} root @param {Set<string>} closed @returns {{heading: Heading, width: number, height: number, isTotal?: boolean}[][]}
 */
export function headLines(root, closed) {
    const deepest = (heading) => (isOpen(heading, closed) ? 1 + Math.max(...heading.children.map(deepest)) : 1);
    const height = deepest(root);
    /** @type {{heading: Heading, width: number, height: number, isTotal?: boolean}[][]} */
    const lines = Array.from({ length: height }, () => []);
    const breadth = (heading) => (isOpen(heading, closed) ? heading.children.reduce((sum, child) => sum + breadth(child), 0) : 1);
    const place = (heading, line) => {
        const open = isOpen(heading, closed);
        // the opened total stands above its parts and above its own column
        lines[line].push({ heading, width: breadth(heading) + (line === 0 && open ? 1 : 0), height: open ? 1 : height - line });
        if (open) {
            heading.children.forEach((child) => place(child, line + 1));
        }
    };
    place(root, 0);
    if (height > 1) {
        lines[1].push({ heading: root, width: 1, height: height - 1, isTotal: true });
    }
    return lines;
}
