/** A list of choices that the first element in it opens. */
import { onWillUnmount, reactive, useEffect, useRef, xml } from "@odoo/owl";
import { Dropdown as OwnDropdown, DropdownItem as OwnItem } from "@web/ui/dropdown/dropdown";

export class Dropdown extends OwnDropdown {
    static template = xml`
        <div class="f-dropdown dropdown" t-ref="root" t-on-keydown="onKeydown">
            <t t-if="props.slots and props.slots.toggler"><button type="button" t-att-class="props.togglerClass" t-att-title="props.title" t-att-disabled="props.disabled" t-ref="holder" t-on-click="() => this.press()"><t t-slot="toggler"/></button></t>
            <div t-else="" class="f-dropdown-toggler" t-ref="holder" t-on-click="() => this.press()"><t t-slot="default"/></div>
            <div t-if="state.isOpen" class="f-dropdown-panel dropdown-menu" role="menu" t-ref="panel" t-att-class="menuClass" t-on-click.capture="onLatePress" t-on-click="onPanelClick">
                <button t-foreach="props.items" t-as="item" t-key="item_index" type="button" role="menuitem" class="f-dropdown-item" t-att-class="item.class" t-on-click="() => item.onSelected()" t-esc="item.label"/>
                <t t-if="props.slots" t-slot="{{props.slots.toggler ? 'default' : 'content'}}"/>
            </div>
        </div>`;
    static props = ["slots?", "items?", "menuClass?", "togglerClass?", "title?", "disabled?", "position?", "state?", "manual?", "beforeOpen?", "onOpened?", "onStateChanged?", "*"];
    static defaultProps = { items: [], togglerClass: "f-button dropdown-toggle", position: "bottom-start", panelRole: "menu" };

    setup() {
        super.setup();
        /** @type {{el: any}} */
        const holder = useRef("holder");
        this.toggler = /** @type {any} */ ({ get el() { return holder.el?.matches("button") ? holder.el : holder.el?.firstElementChild || holder.el; } });
        const { state } = this.props;
        if (state) {
            this.state = reactive(state, () => this.render());
            void this.state.isOpen;
        }
        useEffect((isOpen) => {
            this.toggler.el?.setAttribute("aria-expanded", String(isOpen));
            this.toggler.el?.setAttribute("aria-haspopup", "menu");
        }, () => [this.state.isOpen]);
        let before = this.state.isOpen;
        useEffect((isOpen) => {
            if (isOpen !== before) {
                before = isOpen;
                this.props.onStateChanged?.(isOpen);
            }
        }, () => [this.state.isOpen]);
        onWillUnmount(() => before && this.props.onStateChanged?.(false));
    }

    /** Classes as a text or an object, and on which side it is. */
    get menuClass() {
        const { menuClass, position } = this.props;
        const named = typeof menuClass === "object" && menuClass ? menuClass : { [menuClass || ""]: Boolean(menuClass) };
        return { ...named, "f-dropdown-end": /-end$/.test(position || "") };
    }

    async press() {
        if (this.props.disabled || this.props.manual) {
            return;
        }
        if (!this.state.isOpen) {
            await this.props.beforeOpen?.();
        }
        this.toggle();
    }
}

export class DropdownItem extends OwnItem {
    static template = xml`
        <t t-tag="props.href or (props.attrs and props.attrs.href) ? 'a' : 'button'" t-att="attributes" class="f-dropdown-item dropdown-item" role="menuitem" t-att-class="props.class" t-on-click="onClick"><t t-slot="default"/></t>`;
    static props = ["slots?", "onSelected?", "class?", "attrs?", "closingMode?", "parentClosingMode?", "href?", "title?", "hotkey?", "dataset?", "*"];

    get attributes() {
        const { attrs = {}, href, title, hotkey, dataset = {}, closingMode, parentClosingMode } = this.props;
        const data = Object.fromEntries(Object.entries(dataset).map(([key, value]) => [`data-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, value]));
        return { ...(href || attrs.href ? {} : { type: "button" }), ...attrs, ...(href ? { href } : {}), ...(title ? { title } : {}), ...(hotkey ? { "data-hotkey": hotkey } : {}), ...data, ...((closingMode || parentClosingMode) === "none" ? { "data-keep-open": "" } : {}) };
    }
}
