/** A panel beside an element of the page, on its top layer: closed by a press outside, by Escape, and when the element goes. */
import { Component, onMounted, onPatched, onWillUnmount, useExternalListener, useRef, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { placeBeside } from "@web/core/position/position_hook";

const MARGIN_PX = 6;

/** @typedef {{position?: string, popoverClass?: string, popoverRole?: string, closeOnClickAway?: boolean|((target: Node) => boolean), closeOnEscape?: boolean, fixedPosition?: boolean, onClose?: () => void, onPositioned?: (element: HTMLElement, place: import("@web/core/position/position_hook").Place) => void}} Options */

export class Popover extends Component {
    static template = xml`
        <div class="f-popover" t-att-class="options.popoverClass" t-ref="popper" popover="manual" t-att-role="options.popoverRole">
            <t t-component="props.component" t-props="inner"/>
        </div>`;
    static props = ["target", "component", "componentProps", "options", "close"];

    setup() {
        this.options = this.props.options;
        /** @type {{el: any}} */
        this.popper = useRef("popper");
        const before = document.activeElement;
        onMounted(() => {
            this.popper.el.showPopover();
            this.place();
            this.popper.el.querySelector("[autofocus]")?.focus();
        });
        onPatched(() => this.place());
        onWillUnmount(() => {
            if (this.popper.el?.contains(document.activeElement) && before instanceof HTMLElement && before.isConnected) {
                before.focus();
            }
        });
        useExternalListener(window, "resize", () => this.place());
        useExternalListener(window, "scroll", () => !this.options.fixedPosition && this.place(), { capture: true });
        useExternalListener(window, "pointerdown", (event) => this.onPress(/** @type {Node} */ (event.target)), { capture: true });
        useExternalListener(window, "keydown", (/** @type {any} */ event) => {
            if (event.key === "Escape" && this.options.closeOnEscape !== false) {
                event.stopPropagation();
                event.preventDefault();
                this.props.close();
            }
        }, { capture: true });
    }

    get inner() {
        return { ...this.props.componentProps, close: this.props.close };
    }

    place() {
        const { target, close } = this.props;
        if (!target.isConnected) {
            close();
        } else if (this.popper.el) {
            placeBeside(this.popper.el, target, { position: this.options.position, margin: MARGIN_PX, onPositioned: this.options.onPositioned });
        }
    }

    /** A press in a panel that was opened from this one is no press outside. @param {Node} node */
    onPress(node) {
        const { closeOnClickAway = true } = this.options;
        const popovers = [...document.querySelectorAll(".f-popover, dialog[open]")];
        const later = popovers.slice(popovers.indexOf(this.popper.el));
        if (later.some((element) => element.contains(node)) || this.props.target.contains(node)) {
            return;
        }
        if (typeof closeOnClickAway === "function" ? closeOnClickAway(node) : closeOnClickAway) {
            this.props.close();
        }
    }
}

registry.category("services").add("popover", {
    dependencies: ["overlay"],
    start(_env, { overlay }) {
        return {
            /** @param {HTMLElement} target @param {any} component gets `close` beside its props @param {object} [props] @param {Options} [options] @returns {() => void} closes it */
            add(target, component, props = {}, options = {}) {
                let isOpen = true;
                const close = () => {
                    if (isOpen) {
                        isOpen = false;
                        remove();
                        options.onClose?.();
                    }
                };
                const remove = overlay.add(Popover, { target, component, componentProps: props, options, close }, close);
                return close;
            },
        };
    },
});

/**
 * One panel of a component, which goes with it. @param {any} component @param {Options} [options]
 * @returns {{open: (target: HTMLElement, props?: object) => void, close: () => void, isOpen: boolean}}
 */
export function usePopover(component, options = {}) {
    const popover = useService("popover");
    /** @type {(() => void)|null} */
    let end = null;
    const close = () => end?.();
    onWillUnmount(close);
    return {
        open(target, props = {}) {
            close();
            const onClose = () => {
                end = null;
                options.onClose?.();
            };
            end = popover.add(target, component, props, { ...options, onClose });
        },
        close,
        get isOpen() {
            return Boolean(end);
        },
    };
}
