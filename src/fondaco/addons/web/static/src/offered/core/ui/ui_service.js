/** What does the user see: is the page free to be worked on, how large is it, which part of it has the keys? */
import { Component, EventBus, onMounted, useEffect, useRef, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";

export const SIZES = { XS: 0, VSM: 1, SM: 2, MD: 3, LG: 4, XL: 5, XXL: 6 };

/** The widths at which the next size begins. */
const WIDTHS = [480, 576, 768, 992, 1200, 1536];

/** Takes the page away until what goes on is done. */
class Block extends Component {
    static template = xml`<dialog class="f-dialog f-block" t-ref="dialog" t-att-aria-label="message" t-on-cancel.prevent=""><p role="status" t-esc="message"/></dialog>`;
    static props = ["message?"];

    setup() {
        this.message = this.props.message || _t("Please wait…");
        /** @type {{el: any}} */
        const ref = useRef("dialog");
        onMounted(() => ref.el.showModal());
    }
}

class Screen {
    constructor(overlay) {
        this.overlay = overlay;
        this.bus = new EventBus();
        this.blocks = 0;
        this.release = () => {};
        /** @type {HTMLElement[]} */
        this.active = [];
        let { size } = this;
        window.addEventListener("resize", () => {
            if (size !== this.size) {
                size = this.size;
                this.bus.trigger("resize");
            }
        });
    }

    get size() {
        return WIDTHS.filter((width) => window.innerWidth >= width).length;
    }

    get isSmall() {
        return this.size <= SIZES.SM;
    }

    get isBlocked() {
        return this.blocks > 0;
    }

    /** As often as it is blocked it must be unblocked. @param {{message?: string}} [options] */
    block({ message } = {}) {
        this.blocks += 1;
        if (this.blocks === 1) {
            this.release = this.overlay.add(Block, { message });
            this.bus.trigger("BLOCK", { message });
        }
    }

    unblock() {
        this.blocks = Math.max(this.blocks - 1, 0);
        if (!this.blocks) {
            this.release();
            this.release = () => {};
            this.bus.trigger("UNBLOCK");
        }
    }

    /** The innermost part that says so, or the innermost dialog. @returns {HTMLElement|Document} */
    get activeElement() {
        const dialog = /** @type {HTMLElement|undefined} */ ([...document.querySelectorAll("dialog[open]")].pop());
        const own = this.active[this.active.length - 1];
        return own && !(dialog && !dialog.contains(own)) ? own : dialog || document;
    }

    /** @param {HTMLElement} element */
    activateElement(element) {
        this.active.push(element);
        this.bus.trigger("active-element-changed", element);
    }

    /** @param {HTMLElement} element */
    deactivateElement(element) {
        this.active = this.active.filter((other) => other !== element);
        this.bus.trigger("active-element-changed", this.activeElement);
    }

    /** @param {Element} element @returns {HTMLElement|Document} the part it belongs to */
    getActiveElementOf(element) {
        const dialog = /** @type {HTMLElement|null} */ (element.closest("dialog[open]"));
        return [...this.active].reverse().find((part) => part.contains(element)) || dialog || document;
    }
}

registry.category("services").add("ui", { dependencies: ["overlay"], start: (_env, { overlay }) => new Screen(overlay) });

/** The element of a ref has the keys while it is there. @param {string} name */
export function useActiveElement(name) {
    const ui = useService("ui");
    const ref = useRef(name);
    useEffect(
        (element) => {
            if (element) {
                ui.activateElement(element);
                return () => ui.deactivateElement(element);
            }
        },
        () => [ref.el]
    );
}
