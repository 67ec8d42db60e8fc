/**
 * A button that opens a list of choices: opened by press, Enter or Down; walked by the arrows; closed by Escape or a
 * press outside. The panel is placed by CSS, under the button, at its start or end, and moved where the window ends before it.
 * One that `floats` is placed in the window, for buttons in cells and cards that cut off what reaches beyond them.
 */
import { Component, useEffect, useExternalListener, useRef, useState, xml } from "@odoo/owl";
import { usePressOutside } from "@web/core/services";

/** So far from the edge of the window a panel stays. */
const MARGIN_PX = 4;

export class Dropdown extends Component {
    static template = xml`
        <div class="f-dropdown" t-ref="root" t-att-class="props.class" t-on-keydown="onKeydown">
            <button type="button" t-ref="toggler" t-att-class="props.togglerClass" t-att-title="props.title" t-att-aria-label="props.label"
                    t-att-aria-expanded="state.isOpen ? 'true' : 'false'" t-att-aria-haspopup="props.panelRole" t-att-data-hotkey="props.hotkey"
                    t-att-disabled="props.disabled" t-on-click="toggle"><t t-slot="default"/></button>
            <div t-if="state.isOpen" class="f-dropdown-panel" t-att-role="props.panelRole" t-att-aria-label="props.panelRole === 'dialog' ? props.label : undefined" t-ref="panel" t-att-class="{'f-dropdown-end': props.position === 'end'}" t-on-click.capture="onLatePress" t-on-click="onPanelClick">
                <t t-slot="content" close="() => this.close()"/>
            </div>
        </div>`;
    static props = ["slots", "class?", "togglerClass?", "title?", "label?", "hotkey?", "position?", "disabled?", "onOpened?", "keepOpen?", "panelRole?", "floats?"];
    static defaultProps = { togglerClass: "f-button", position: "start", panelRole: "menu" };

    setup() {
        this.state = useState({ isOpen: false });
        this.root = useRef("root");
        this.toggler = useRef("toggler");
        this.panel = useRef("panel");
        useEffect(() => this.keepInWindow(), () => [this.state.isOpen]);
        usePressOutside(() => [this.root.el], () => this.close(false));
        useExternalListener(window, "keydown", (/** @type {any} */ event) => {
            if (event.key === "Escape" && this.state.isOpen) {
                event.stopPropagation();
                event.preventDefault();
                this.close();
            }
        }, { capture: true });
        useExternalListener(window, "scroll", (event) => {
            if (this.props.floats && !this.panel.el?.contains(/** @type {Node} */ (event.target))) {
                this.keepInWindow();
            }
        }, { capture: true });
        useExternalListener(window, "focusin", (event) => {
            if (this.root.el && !this.root.el.contains(/** @type {Node} */ (event.target))) {
                this.close(false);
            }
        });
    }

    get items() {
        return /** @type {HTMLElement[]} */ ([...(this.panel.el?.querySelectorAll("[role^='menuitem'], button, input, select") || [])]).filter((item) => !item.hasAttribute("disabled"));
    }

    toggle() {
        if (this.state.isOpen) {
            this.close();
        } else {
            this.state.isOpen = true;
            this.props.onOpened?.();
        }
    }

    keepInWindow() {
        const panel = this.panel.el;
        if (panel) {
            panel.style.translate = "";
            if (this.props.floats) {
                this.float(panel, this.toggler.el.getBoundingClientRect());
            }
            const { left, right } = panel.getBoundingClientRect();
            const { clientWidth } = document.documentElement;
            const beyond = Math.max(right + MARGIN_PX - clientWidth, 0) || Math.min(left - MARGIN_PX, 0);
            panel.style.translate = beyond ? `${-beyond}px` : "";
        }
    }

    /** Below the button, wherever that is scrolled to, or above it where there is no room. @param {HTMLElement} panel @param {DOMRect} button */
    float(panel, button) {
        Object.assign(panel.style, { position: "fixed", inset: "auto", left: `${button.left}px`, top: `${button.bottom}px` });
        const { height } = panel.getBoundingClientRect();
        if (button.bottom + height > document.documentElement.clientHeight && button.top > height) {
            panel.style.top = `${button.top - height}px`;
        }
    }

    close(focus = true) {
        if (this.state.isOpen) {
            this.state.isOpen = false;
            if (focus) {
                this.toggler.el?.focus();
            }
        }
    }

    /** A second press on a panel that is closed and still painted chooses nothing. @param {MouseEvent} event */
    onLatePress(event) {
        if (!this.state.isOpen) {
            event.stopPropagation();
        }
    }

    /** @param {MouseEvent} event */
    onPanelClick(event) {
        const item = /** @type {Element} */ (event.target).closest("[role^='menuitem']");
        if (item && !this.props.keepOpen && !item.hasAttribute("data-keep-open")) {
            this.close();
        }
    }

    /** @param {KeyboardEvent} event */
    async onKeydown(event) {
        if (event.target instanceof HTMLSelectElement) {
            return;
        }
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            if (!this.state.isOpen) {
                this.toggle();
                await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
            }
            const items = this.items;
            const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
            const step = event.key === "ArrowDown" ? 1 : -1;
            items[(at + step + items.length) % items.length]?.focus();
        }
    }
}

export class DropdownItem extends Component {
    static template = xml`
        <t t-tag="props.href ? 'a' : 'button'" t-att-type="props.href ? undefined : 'button'" t-att-href="props.href" class="f-dropdown-item" t-att-role="props.role or (props.checked === undefined ? 'menuitem' : 'menuitemcheckbox')"
                t-att-aria-checked="props.checked === undefined ? undefined : (props.checked ? 'true' : 'false')" t-att-class="props.class" t-att-disabled="props.disabled"
                t-att-data-hotkey="props.hotkey" t-att-data-menu-xmlid="props.xmlid" t-on-click="onClick"><t t-slot="default"/></t>`;
    static props = ["slots", "onSelected?", "class?", "href?", "checked?", "disabled?", "hotkey?", "xmlid?", "role?"];

    /** @param {MouseEvent} event */
    onClick(event) {
        if (this.props.href && (event.ctrlKey || event.metaKey || event.shiftKey)) {
            return;
        }
        if (this.props.onSelected) {
            event.preventDefault();
            this.props.onSelected();
        }
    }
}
