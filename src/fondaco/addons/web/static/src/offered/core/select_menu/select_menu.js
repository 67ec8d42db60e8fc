/** One or several of many: a button that tells the choice, and a list under it that can be searched. */
import { Component, useEffect, useExternalListener, useRef, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { plain, plainWords } from "@web/core/words";
import { TagsList } from "@web/core/tags_list/tags_list";
import { Icon } from "@web/ui/icon/icon";
import { placeBeside } from "@web/core/position/position_hook";

let lastId = 0;

/** @typedef {{value: any, label: string}} Choice */
/** @typedef {{label?: string, choices: Choice[]}} Group */

export class SelectMenu extends Component {
    static template = xml`
        <div class="f-select-menu" t-ref="root" t-att-class="props.class" t-on-keydown="onKeydown">
            <div t-if="props.multiSelect and chosen.length" class="f-tags"><TagsList tags="tags"/></div>
            <button type="button" class="f-input f-select" t-ref="toggler" t-att-class="props.togglerClass" role="combobox" aria-haspopup="listbox" t-att-aria-controls="id" t-att-aria-expanded="state.isOpen ? 'true' : 'false'"
                    t-att-aria-label="props.placeholder or props.searchPlaceholder" t-att-disabled="props.disabled" t-on-click="() => this.toggle()">
                <t t-if="props.slots and props.slots.default" t-slot="default"/>
                <t t-else="" t-esc="text"/>
            </button>
            <button t-if="mayClear" type="button" class="f-button f-button-quiet f-button-icon" t-att-aria-label="texts.clear" t-on-click="() => props.onSelect(null)"><Icon name="'close'"/></button>
            <div t-if="state.isOpen" class="f-autocomplete-list" t-att-class="props.menuClass" t-ref="menu" popover="manual">
                <input t-if="props.searchable" type="text" class="f-input" autofocus="autofocus" t-att-placeholder="props.searchPlaceholder or texts.search" t-att-aria-label="props.searchPlaceholder or texts.search" t-att-value="state.search" t-on-input="onInput"/>
                <div role="listbox" t-att-id="id" t-att-aria-multiselectable="props.multiSelect ? 'true' : undefined">
                    <t t-foreach="lines" t-as="line" t-key="line_index">
                        <div t-if="line.isHeading" class="f-menu-heading" t-esc="line.label"/>
                        <div t-else="" role="option" class="f-autocomplete-choice" t-att-class="{'f-active': line.index === state.active}" t-att-aria-selected="isChosen(line.choice) ? 'true' : 'false'" t-on-pointerdown.prevent="" t-on-click="() => this.choose(line.choice)">
                            <t t-if="props.slots and props.slots.choice" t-slot="choice" data="line.choice"/>
                            <t t-else="" t-esc="line.choice.label"/>
                        </div>
                    </t>
                    <div t-if="!found.length" class="f-autocomplete-none" t-esc="texts.nothing"/>
                </div>
                <t t-if="props.slots and props.slots.bottomArea" t-slot="bottomArea" data="{ searchValue: state.search }"/>
            </div>
        </div>`;
    static components = { Icon, TagsList };
    static props = ["choices?", "groups?", "value?", "onSelect?", "multiSelect?", "required?", "searchable?", "searchPlaceholder?", "placeholder?", "class?", "menuClass?", "togglerClass?", "disabled?", "onInput?", "slots?", "*"];
    static defaultProps = { choices: [], groups: [], searchable: true, onSelect: () => {} };

    setup() {
        this.id = `select-menu-${++lastId}`;
        this.texts = { clear: _t("Clear"), search: _t("Search…"), nothing: _t("Nothing found") };
        this.state = useState({ isOpen: false, search: "", active: 0 });
        /** @type {{el: any}} */
        this.root = useRef("root");
        this.menu = useRef("menu");
        this.toggler = useRef("toggler");
        const place = () => this.menu.el && placeBeside(this.menu.el, this.toggler.el, { position: "bottom-start", margin: 4 });
        useEffect((menu) => {
            if (menu) {
                menu.style.minWidth = `${this.toggler.el.offsetWidth}px`;
                menu.showPopover();
                place();
                menu.querySelector("input")?.focus();
            }
        }, () => [this.menu.el]);
        useExternalListener(window, "scroll", place, { capture: true });
        useExternalListener(window, "pointerdown", (event) => !this.root.el.contains(event.target) && this.close(), { capture: true });
    }

    /** @returns {Group[]} */
    get groups() {
        return [...(this.props.choices.length ? [{ choices: this.props.choices }] : []), ...this.props.groups];
    }

    /** @returns {Choice[]} of all groups */
    get all() {
        return this.groups.flatMap(({ choices }) => choices);
    }

    /** @param {Choice} choice */
    isChosen({ value }) {
        return this.props.multiSelect ? (this.props.value || []).includes(value) : this.props.value === value;
    }

    get chosen() {
        return this.all.filter((choice) => this.isChosen(choice));
    }

    get text() {
        return (!this.props.multiSelect && this.chosen[0]?.label) || this.props.placeholder || "";
    }

    get mayClear() {
        return !this.props.required && !this.props.disabled && !this.props.multiSelect && this.chosen.length > 0;
    }

    get tags() {
        return this.chosen.map((choice) => ({ id: choice.value, text: choice.label, onDelete: this.props.disabled ? undefined : () => this.choose(choice) }));
    }

    /** Groups with the choices in which every word typed occurs. @returns {Group[]} */
    get foundGroups() {
        const words = plainWords(this.state.search);
        return this.groups.map(({ label, choices }) => ({ label, choices: choices.filter((choice) => words.every((word) => plain(choice.label).includes(word))) })).filter(({ choices }) => choices.length);
    }

    /** @returns {Choice[]} */
    get found() {
        return this.foundGroups.flatMap(({ choices }) => choices);
    }

    get lines() {
        let index = 0;
        return this.foundGroups.flatMap(({ label, choices }) => [...(label ? [{ isHeading: true, label }] : []), ...choices.map((choice) => ({ choice, index: index++ }))]);
    }

    toggle() {
        this.state.isOpen = !this.state.isOpen;
        this.state.search = "";
        this.state.active = Math.max(this.all.findIndex((choice) => this.isChosen(choice)), 0);
    }

    close() {
        this.state.isOpen = false;
    }

    onInput(event) {
        this.state.search = event.target.value;
        this.state.active = 0;
        this.props.onInput?.(this.state.search);
    }

    /** Again takes away what is one of several. @param {Choice} choice */
    choose(choice) {
        if (this.props.multiSelect) {
            const values = this.props.value || [];
            this.props.onSelect(this.isChosen(choice) ? values.filter((value) => value !== choice.value) : [...values, choice.value]);
            return;
        }
        this.close();
        this.toggler.el?.focus();
        if (!this.isChosen(choice)) {
            this.props.onSelect(choice.value);
        }
    }

    /** @param {KeyboardEvent} event */
    onKeydown(event) {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (!this.state.isOpen) {
            if (step) {
                event.preventDefault();
                this.toggle();
            }
            return;
        }
        if (step) {
            event.preventDefault();
            this.state.active = (this.state.active + step + this.found.length) % (this.found.length || 1);
        } else if (event.key === "Enter" && this.found[this.state.active]) {
            event.preventDefault();
            this.choose(this.found[this.state.active]);
        } else if (event.key === "Escape") {
            event.preventDefault();
            event.stopPropagation();
            this.close();
            this.toggler.el.focus();
        }
    }
}
