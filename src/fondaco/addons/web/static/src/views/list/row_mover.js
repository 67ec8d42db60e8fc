/**
 * Rows that are put elsewhere: pulled by their handle with a mouse or a finger, or with Ctrl and an up or down arrow. What
 * a new place means is the list's affair; here is only where a row is taken and where it is let go.
 */
import { onWillUnmount } from "@odoo/owl";

const MARKS = ["f-drop-before", "f-drop-after"];

export class RowMover {
    /** @param {{table: {el: any}, mayMove: () => boolean, put: (key: string, otherKey: string, isAfter: boolean) => any}} parts */
    constructor({ table, mayMove, put }) {
        this.table = table;
        this.mayMove = mayMove;
        this.put = put;
        /** @type {HTMLElement|null} */
        this.row = null;
        /** @type {HTMLElement|null} */
        this.target = null;
        this.isAfter = false;
        this.listeners = {
            pointermove: (event) => this.onMove(event),
            pointerup: () => this.letGo(true),
            pointercancel: () => this.letGo(false),
            keydown: (event) => event.key === "Escape" && this.letGo(false),
        };
    }

    /** @param {PointerEvent} event on a row */
    take(event) {
        const handle = /** @type {Element} */ (event.target).closest(".f-handle");
        if (!handle || event.button || !this.mayMove()) {
            return;
        }
        event.preventDefault();
        this.row = handle.closest("tr");
        this.row?.classList.add("f-moved");
        for (const [name, listener] of Object.entries(this.listeners)) {
            window.addEventListener(name, listener);
        }
    }

    /** @param {PointerEvent} event */
    onMove(event) {
        const row = /** @type {HTMLElement|null|undefined} */ (document.elementFromPoint(event.clientX, event.clientY)?.closest("tr[data-id]"));
        this.mark(null);
        if (row && row !== this.row && this.table.el?.contains(row)) {
            const { top, height } = row.getBoundingClientRect();
            this.isAfter = event.clientY > top + height / 2;
            this.mark(row);
        }
    }

    /** @param {HTMLElement|null} row before or after which the one that is pulled would stand */
    mark(row) {
        this.target?.classList.remove(...MARKS);
        this.target = row;
        row?.classList.add(MARKS[this.isAfter ? 1 : 0]);
    }

    /** @param {boolean} isMeant */
    letGo(isMeant) {
        const { row, target, isAfter } = this;
        for (const [name, listener] of Object.entries(this.listeners)) {
            window.removeEventListener(name, listener);
        }
        row?.classList.remove("f-moved");
        this.mark(null);
        this.row = null;
        if (isMeant && row?.dataset.key && target?.dataset.key) {
            this.put(row.dataset.key, target.dataset.key, isAfter);
        }
    }
}

/** @param {{table: {el: any}, mayMove: () => boolean, put: (key: string, otherKey: string, isAfter: boolean) => any}} parts */
export function useRowMover(parts) {
    const mover = new RowMover(parts);
    onWillUnmount(() => mover.letGo(false));
    return mover;
}
