/**
 * Cards that a finger carries to another column: held for a moment they come loose, moved on before that the page scrolls.
 *
 * The mouse has the browser's own dragging and the keyboard Ctrl and an arrow; what a new column means is the owner's
 * affair, here is only where a card is taken and where it is let go.
 */
import { onMounted, onWillUnmount } from "@odoo/owl";

const HOLD_MS = 350;
/** A finger that lies still moves this much. */
const STILL_PX = 8;
/** So near to the edge what is behind it comes. */
const EDGE_PX = 48;
const SCROLL_PX = 10;

export class CardLifter {
    /**
     * The owner says what a card and a column stand for as they are taken and aimed at: the page may be read again
     * before the card is let go.
     * @param {{root: {el: any}, loadOf: (card: HTMLElement) => any, goalOf: (column: number) => any, put: (load: any, goal: any) => any}} parts loadOf, goalOf: nothing where it may not be; columns by their place
     */
    constructor({ root, loadOf, goalOf, put }) {
        this.root = root;
        this.loadOf = loadOf;
        this.goalOf = goalOf;
        this.put = put;
        /** What the card in hand stands for. */
        this.load = null;
        /** What the column under it stands for. */
        this.goal = null;
        /** @type {HTMLElement|null} */
        this.card = null;
        this.isLifted = false;
        this.start = { x: 0, y: 0 };
        this.place = { x: 0, y: 0 };
        this.timer = 0;
        this.frame = 0;
        /** @type {HTMLElement|null} */
        this.target = null;
    }

    /** A finger's events come to where it was put down, wherever it is by now. */
    attach() {
        // what browsers do with a long press by themselves
        const refuse = (/** @type {Event} */ event) => this.card && event.preventDefault();
        const listeners = { touchstart: (event) => this.take(event), touchend: (event) => this.onEnd(event), touchcancel: () => this.letGo(), contextmenu: refuse, dragstart: refuse };
        for (const [name, listener] of Object.entries(listeners)) {
            this.root.el.addEventListener(name, listener);
        }
        this.root.el.addEventListener("touchmove", (event) => this.onMove(event), { passive: false });
    }

    /** @param {TouchEvent} event */
    take(event) {
        const card = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest(".f-card[data-id]"));
        this.letGo();
        const load = event.touches.length === 1 && card && this.loadOf(card);
        if (!load) {
            return;
        }
        this.load = load;
        const [{ clientX: x, clientY: y }] = event.touches;
        this.card = card;
        this.start = this.place = { x, y };
        this.timer = window.setTimeout(() => this.lift(), HOLD_MS);
    }

    lift() {
        this.isLifted = true;
        this.card?.classList.add("f-lifted");
        this.frame = window.requestAnimationFrame(() => this.scroll());
    }

    /** @param {TouchEvent} event */
    onMove(event) {
        if (!this.card) {
            return;
        }
        const [{ clientX: x, clientY: y }] = event.touches;
        this.place = { x, y };
        if (!this.isLifted) {
            if (Math.hypot(x - this.start.x, y - this.start.y) > STILL_PX) {
                this.letGo();
            }
            return;
        }
        event.preventDefault();
        this.card?.style.setProperty("translate", `${x - this.start.x}px ${y - this.start.y}px`);
        this.mark(this.columnUnder());
    }

    /** @param {TouchEvent} event */
    onEnd(event) {
        const { goal, isLifted, load } = this;
        this.letGo();
        if (isLifted) {
            // no press comes of it
            event.preventDefault();
        }
        if (isLifted && goal) {
            this.put(load, goal);
        }
    }

    letGo() {
        window.clearTimeout(this.timer);
        window.cancelAnimationFrame(this.frame);
        this.mark(null);
        this.card?.classList.remove("f-lifted");
        this.card?.style.removeProperty("translate");
        this.card = null;
        this.load = null;
        this.isLifted = false;
    }

    /** @returns {HTMLElement[]} */
    get columns() {
        return [...(this.root.el?.querySelectorAll(".f-column:not(.f-column-new)") || [])];
    }

    /** @returns {HTMLElement|null} where the card would come to stand */
    columnUnder() {
        const column = this.columns.find((candidate) => {
            const { left, right } = candidate.getBoundingClientRect();
            return left <= this.place.x && this.place.x <= right;
        });
        return column && !column.contains(this.card) ? column : null;
    }

    /** @param {HTMLElement|null} column */
    mark(column) {
        this.target?.classList.remove("f-drop-here");
        this.goal = column && this.goalOf(this.columns.indexOf(column));
        this.target = this.goal ? column : null;
        this.target?.classList.add("f-drop-here");
    }

    /** Columns beyond the edge come along while the finger is near it. */
    scroll() {
        if (!this.card?.isConnected) {
            // its events do not come here any more
            this.letGo();
            return;
        }
        const { x } = this.place;
        const step = x < EDGE_PX ? -SCROLL_PX : x > window.innerWidth - EDGE_PX ? SCROLL_PX : 0;
        for (let part = this.root.el; step && part; part = part.parentElement) {
            const before = part.scrollLeft;
            part.scrollLeft += step;
            if (part.scrollLeft !== before) {
                // the card stays under the finger
                this.start = { ...this.start, x: this.start.x - (part.scrollLeft - before) };
                this.card?.style.setProperty("translate", `${x - this.start.x}px ${this.place.y - this.start.y}px`);
                this.mark(this.columnUnder());
                break;
            }
        }
        this.frame = window.requestAnimationFrame(() => this.scroll());
    }
}

/** @param {ConstructorParameters<typeof CardLifter>[0]} parts */
export function useCardLifter(parts) {
    const lifter = new CardLifter(parts);
    onMounted(() => lifter.attach());
    onWillUnmount(() => lifter.letGo());
}
