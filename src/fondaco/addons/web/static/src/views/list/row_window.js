/**
 * Which rows of a long list are painted: those in sight and some around them; gaps of their height stand for the rest.
 *
 * Rows are measured when they are painted, so that rows of any height find their place; a row that is being edited or has
 * the focus stays painted wherever it is.
 */
import { onMounted, onPatched, onWillPatch, onWillUnmount } from "@odoo/owl";

/** Shorter lists are painted whole: the browser's own search finds everything in them. */
const LONG = 200;
const AROUND_PX = 800;
const ROW_PX = 37;

/** @typedef {{key: any}} Row */

/**
 * @template {Row} T
 * @param {T[]} rows @param {(row: T) => number} heightOf @param {{top: number, bottom: number}} sight @param {(row: T) => boolean} isKept
 * @returns {(T|{kind: "gap", key: string, height: number})[]}
 */
export function chooseRows(rows, heightOf, { top, bottom }, isKept) {
    const chosen = [];
    let y = 0;
    let gap = 0;
    const closeGap = (/** @type {any} */ before) => {
        if (gap) {
            chosen.push({ kind: /** @type {"gap"} */ ("gap"), key: `gap before ${before}`, height: gap });
            gap = 0;
        }
    };
    for (const row of rows) {
        const height = heightOf(row);
        if ((y + height > top && y < bottom) || isKept(row)) {
            closeGap(row.key);
            chosen.push(row);
        } else {
            gap += height;
        }
        y += height;
    }
    closeGap("the end");
    return chosen;
}

/** The next thing above that scrolls. @param {Element} element @returns {Element} */
function scrollerOf(element) {
    for (let parent = element.parentElement; parent; parent = parent.parentElement) {
        if (/auto|scroll/.test(getComputedStyle(parent).overflowY)) {
            return parent;
        }
    }
    return document.documentElement;
}

export class RowWindow {
    /** @param {{el: any}} table @param {() => void} repaint */
    constructor(table, repaint) {
        this.table = table;
        this.repaint = repaint;
        /** Of the rows painted so far, by key. @type {Map<string, number>} */
        this.heights = new Map();
        this.usual = ROW_PX;
        this.sight = { top: 0, bottom: window.innerHeight };
        this.isLong = false;
        this.frame = 0;
    }

    /** @template {Row} T @param {T[]} rows @param {(row: T) => boolean} isKept */
    choose(rows, isKept) {
        this.isLong = rows.length > LONG;
        if (!this.isLong) {
            return rows;
        }
        const { top, bottom } = this.sight;
        return chooseRows(rows, ({ key }) => this.heights.get(String(key)) ?? this.usual, { top: top - AROUND_PX, bottom: bottom + AROUND_PX }, isKept);
    }

    get body() {
        return this.table.el?.tBodies[0];
    }

    attach() {
        this.scroller = scrollerOf(this.table.el);
        this.onScroll = () => {
            if (this.isLong && !this.frame) {
                this.frame = window.requestAnimationFrame(() => this.look());
            }
        };
        this.onResize = () => {
            this.heights.clear();
            this.measure();
            this.onScroll?.();
        };
        this.scroller.addEventListener("scroll", this.onScroll, { passive: true });
        window.addEventListener("resize", this.onResize);
        this.measure();
        this.look();
    }

    detach() {
        this.scroller?.removeEventListener("scroll", this.onScroll);
        window.removeEventListener("resize", this.onResize);
        window.cancelAnimationFrame(this.frame);
    }

    /** Where the reader is now; painted anew when that is near the edge of what is painted. */
    look() {
        this.frame = 0;
        if (!this.isLong || !this.body || !this.scroller) {
            return;
        }
        const top = this.scroller.getBoundingClientRect().top - this.body.getBoundingClientRect().top;
        const sight = { top, bottom: top + this.scroller.clientHeight };
        if (Math.abs(sight.top - this.sight.top) > AROUND_PX / 2 || Math.abs(sight.bottom - this.sight.bottom) > AROUND_PX / 2) {
            this.sight = sight;
            this.repaint();
        }
    }

    measure() {
        if (!this.isLong || !this.body) {
            return;
        }
        const isFirst = !this.heights.size;
        for (const row of /** @type {HTMLElement[]} */ ([...this.body.rows])) {
            const key = row.dataset.key;
            if (key) {
                this.heights.set(key, row.getBoundingClientRect().height);
            }
        }
        if (isFirst && this.heights.size) {
            // those not yet seen are taken to be like these
            const measured = [...this.heights.values()];
            this.usual = measured.reduce((sum, height) => sum + height, 0) / measured.length;
            this.repaint();
        }
    }
}

/** @param {{el: any}} table @param {() => void} repaint @returns {RowWindow} */
export function useRowWindow(table, repaint) {
    const rows = new RowWindow(table, repaint);
    /** @type {HTMLElement|null} */
    let focused = null;
    onMounted(() => rows.attach());
    onWillPatch(() => {
        const active = /** @type {HTMLElement|null} */ (document.activeElement);
        focused = table.el?.contains(active) ? active : null;
    });
    onPatched(() => {
        // a row that is put elsewhere among the others loses the focus by it
        if (focused?.isConnected && document.activeElement !== focused) {
            focused.focus({ preventScroll: true });
        }
        rows.measure();
        // a list may become long, or its rows others, while its reader is far down
        rows.look();
    });
    onWillUnmount(() => rows.detach());
    return rows;
}
