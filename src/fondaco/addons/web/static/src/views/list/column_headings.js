/**
 * What is done with the headings of a list beside sorting: pull their edges, drag them to another place; with the keyboard
 * Shift and an arrow for the width, Ctrl and an arrow for the place.
 */
import { onMounted, onPatched } from "@odoo/owl";
import { keyOf } from "@web/views/list/column_layout";

const STEP_PX = 16;
/** Select boxes and the end column. */
const NARROW_PX = 44;
/** Where rows are cards there are no columns. */
const CARDS = "(max-width: 600px)";

export class ColumnHeadings {
    /** @param {{table: {el: any}, layout: import("@web/views/list/column_layout").ColumnLayout, columns: () => any[], isLong: () => boolean, repaint: () => void}} parts */
    constructor({ table, layout, columns, isLong, repaint }) {
        this.table = table;
        this.layout = layout;
        this.getColumns = columns;
        this.isLong = isLong;
        this.repaint = repaint;
        /** Widths nobody chose, held so that columns do not jump while rows come and go. @type {Record<string, number>} */
        this.measured = {};
        this.dragged = "";
        this.isResizing = false;
        this.toFocus = "";
    }

    // -- widths -----------------------------------------------------------------------------------------------------

    /** @param {any} column @returns {number|undefined} */
    widthOf(column) {
        return this.layout.choice.widths[keyOf(column)] ?? this.measured[keyOf(column)];
    }

    get isFixed() {
        return this.getColumns().every((column) => this.widthOf(column));
    }

    /** @param {number} narrowColumns beside those with values */
    tableStyle(narrowColumns) {
        if (!this.isFixed) {
            return "";
        }
        const sum = this.getColumns().reduce((total, column) => total + /** @type {number} */ (this.widthOf(column)), 0);
        return `--table-width:${sum + narrowColumns * NARROW_PX}px`;
    }

    /** @param {any} column */
    headingStyle(column) {
        const width = this.widthOf(column);
        return width ? `width:${width}px` : column.width ? `width:${column.width}` : "";
    }

    /** @param {any} column @returns {HTMLElement} */
    headingOf(column) {
        return this.table.el.tHead.rows[0].querySelector(`th[data-key="${CSS.escape(keyOf(column))}"]`);
    }

    /** Columns without a width get the one they have, where widths matter. */
    hold() {
        const isWanted = this.isLong() || Object.keys(this.layout.choice.widths).length > 0;
        const missing = this.getColumns().filter((column) => !this.widthOf(column));
        if (!isWanted || !missing.length || !this.table.el || window.matchMedia(CARDS).matches) {
            return;
        }
        for (const column of missing) {
            this.measured[keyOf(column)] = this.headingOf(column).offsetWidth;
        }
        this.repaint();
    }

    /** From now on every column has a width of its own. */
    holdAll() {
        this.layout.setWidths(Object.fromEntries(this.getColumns().map((column) => [keyOf(column), this.headingOf(column).offsetWidth])));
    }

    /** @param {any} column @param {number} width */
    setWidth(column, width) {
        this.layout.setWidths({ [keyOf(column)]: width });
        this.repaint();
    }

    /** As wide as what is in it. @param {any} column */
    fit(column) {
        this.holdAll();
        const heading = this.headingOf(column);
        const place = /** @type {HTMLTableCellElement} */ (heading).cellIndex;
        const { width } = heading.style;
        this.table.el.classList.add("f-list-fixed");
        heading.style.width = "1px";
        const rows = /** @type {HTMLTableRowElement[]} */ ([...this.table.el.rows]).filter((row) => row.cells.length > place && !row.matches(".f-group-row, .f-gap"));
        const widest = Math.max(...rows.map((row) => row.cells[place].scrollWidth));
        heading.style.width = width;
        this.setWidth(column, widest + 4);
        this.layout.keep();
    }

    /** @param {PointerEvent} event @param {any} column */
    startResize(event, column) {
        const edge = /** @type {HTMLElement} */ (event.currentTarget);
        const direction = getComputedStyle(this.table.el).direction === "rtl" ? -1 : 1;
        const start = event.clientX;
        const width = this.headingOf(column).offsetWidth;
        this.holdAll();
        this.isResizing = true;
        edge.setPointerCapture(event.pointerId);
        const onMove = (/** @type {PointerEvent} */ move) => this.setWidth(column, width + (move.clientX - start) * direction);
        const onEnd = () => {
            this.isResizing = false;
            edge.removeEventListener("pointermove", onMove);
            this.layout.keep();
        };
        edge.addEventListener("pointermove", onMove);
        edge.addEventListener("lostpointercapture", onEnd, { once: true });
    }

    // -- places -----------------------------------------------------------------------------------------------------

    /** @param {DragEvent} event @param {any} column */
    onDragStart(event, column) {
        if (this.isResizing) {
            event.preventDefault();
            return;
        }
        this.dragged = keyOf(column);
        event.dataTransfer?.setData("text/plain", column.label || "");
    }

    /** @param {DragEvent} event */
    onDragOver(event) {
        if (this.dragged) {
            event.preventDefault();
        }
    }

    /** @param {DragEvent} event @param {any} column */
    onDrop(event, column) {
        const { dragged } = this;
        this.dragged = "";
        if (!dragged || dragged === keyOf(column)) {
            return;
        }
        event.preventDefault();
        const keys = this.getColumns().map(keyOf);
        this.layout.move(this.getColumns(), dragged, keyOf(column), keys.indexOf(dragged) < keys.indexOf(keyOf(column)));
        this.repaint();
    }

    /** Down from the headings into the rows. @param {KeyboardEvent} event */
    goDown(event) {
        const heading = /** @type {Element} */ (event.target);
        const isPlain = event.key === "ArrowDown" && !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey;
        const first = isPlain && !heading.closest(".f-list-end") && this.table.el.tBodies[0].querySelector("tr[tabindex], .f-group-row button");
        if (first) {
            event.preventDefault();
            first.focus();
        }
    }

    /** @param {KeyboardEvent} event @param {any} column */
    onKeydown(event, column) {
        const arrow = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!arrow || event.shiftKey === event.ctrlKey) {
            return;
        }
        event.preventDefault();
        const step = getComputedStyle(this.table.el).direction === "rtl" ? -arrow : arrow;
        if (event.shiftKey) {
            const width = this.headingOf(column).offsetWidth;
            this.holdAll();
            this.setWidth(column, width + step * STEP_PX);
            this.layout.keep();
            return;
        }
        const keys = this.getColumns().map(keyOf);
        const target = keys[keys.indexOf(keyOf(column)) + step];
        if (target) {
            this.layout.move(this.getColumns(), keyOf(column), target, step > 0);
            this.toFocus = keyOf(column);
            this.repaint();
        }
    }

    /** A heading that moved keeps the focus. */
    giveFocus() {
        if (this.toFocus) {
            const column = this.getColumns().find((each) => keyOf(each) === this.toFocus);
            this.toFocus = "";
            /** @type {HTMLElement|null} */ (column && this.headingOf(column).querySelector(".f-list-heading"))?.focus();
        }
    }

    reset() {
        this.measured = {};
        this.layout.reset();
        this.repaint();
    }
}

/** @param {ConstructorParameters<typeof ColumnHeadings>[0]} parts @returns {ColumnHeadings} */
export function useColumnHeadings(parts) {
    const headings = new ColumnHeadings(parts);
    onMounted(() => headings.hold());
    onPatched(() => {
        headings.hold();
        headings.giveFocus();
    });
    return headings;
}
