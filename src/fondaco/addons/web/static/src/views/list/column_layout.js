/** Which columns of a list one sees, how wide and in which order: kept for each user and view, in this browser. */
import { session } from "@web/core/session";

/** @typedef {{shown: Record<string, boolean>, widths: Record<string, number>, order: string[]}} Choice */

const NARROWEST = 48;
const WIDEST = 1200;

/** @param {any} column */
export const keyOf = (column) => column.name || column.id;

/**
 * Columns in the order somebody chose; a column that came since stands where its arch has it.
 * @template T @param {T[]} columns as in the arch @param {string[]} order keys @returns {T[]}
 */
export function arrange(columns, order) {
    const arranged = columns.filter((column) => order.includes(keyOf(column))).sort((one, other) => order.indexOf(keyOf(one)) - order.indexOf(keyOf(other)));
    columns.forEach((column, index) => {
        if (!arranged.includes(column)) {
            arranged.splice(index ? arranged.indexOf(columns[index - 1]) + 1 : 0, 0, column);
        }
    });
    return arranged;
}

export class ColumnLayout {
    /** @param {string} view which list of which form or action @param {any[]} columns of its arch */
    constructor(view, columns) {
        this.key = `fondaco.list ${session.db} ${session.uid} ${view}`;
        this.defaults = Object.fromEntries(columns.filter(({ optional }) => optional).map((column) => [column.name, column.optional === "show"]));
        /** @type {Choice} */
        this.choice = { shown: {}, widths: {}, order: [], ...JSON.parse(window.localStorage.getItem(this.key) || "{}") };
    }

    /** @param {any} column */
    isShown(column) {
        return !column.optional || (this.choice.shown[column.name] ?? this.defaults[column.name]);
    }

    /** @param {any} column */
    toggle(column) {
        this.choice.shown[column.name] = !this.isShown(column);
        this.keep();
    }

    /** @param {Record<string, number>} widths by key, in pixels */
    setWidths(widths) {
        for (const [key, width] of Object.entries(widths)) {
            this.choice.widths[key] = Math.round(Math.min(WIDEST, Math.max(NARROWEST, width)));
        }
    }

    /** @param {any[]} columns as they stand @param {string} key of the one that moves @param {string} target its new neighbour @param {boolean} isAfter */
    move(columns, key, target, isAfter) {
        const order = columns.map(keyOf).filter((other) => other !== key);
        order.splice(order.indexOf(target) + (isAfter ? 1 : 0), 0, key);
        this.choice.order = order;
        this.keep();
    }

    get isChanged() {
        const { shown, widths, order } = this.choice;
        return order.length > 0 || Object.keys(widths).length > 0 || Object.entries(shown).some(([name, isShown]) => isShown !== this.defaults[name]);
    }

    keep() {
        window.localStorage.setItem(this.key, JSON.stringify(this.choice));
    }

    reset() {
        this.choice = { shown: {}, widths: {}, order: [] };
        window.localStorage.removeItem(this.key);
    }
}
