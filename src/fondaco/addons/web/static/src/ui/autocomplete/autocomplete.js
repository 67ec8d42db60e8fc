/**
 * A text field that proposes what may be meant: a combobox with a list, walked by the arrows, taken by Enter or Tab.
 *
 * `source(text)` gives `{label, onSelect, kind?}` items; an old answer never replaces a newer one. A text that was
 * typed and never chosen means what has its name; it is asked for when the input is left, and before `record` is saved.
 * `isMultiple`: what is taken is shown elsewhere and more may be typed, so only the whole name is meant by it.
 */
import { Component, onMounted, onWillUnmount, onWillUpdateProps, useEffect, useExternalListener, useRef, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";

const WAIT_MS = 180;
let lastId = 0;

/** @typedef {{label: string, kind?: string, onSelect: () => any}} Choice */

export class AutoComplete extends Component {
    static template = xml`
        <div class="f-autocomplete" t-ref="root">
            <input type="text" class="f-input" t-ref="input" t-att-id="props.id" role="combobox" autocomplete="off" aria-autocomplete="list"
                   t-att-aria-expanded="state.isOpen ? 'true' : 'false'" t-att-aria-controls="id" t-att-aria-activedescendant="state.isOpen and state.active >= 0 ? id + '-' + state.active : undefined"
                   t-att-placeholder="props.placeholder" t-att-aria-label="props.label" t-att-aria-required="props.required ? 'true' : undefined"
                   t-att-aria-invalid="props.invalid ? 'true' : undefined" t-on-input="onInput" t-on-click="onClick"
                   t-on-keydown="onKeydown" t-on-blur="onBlur"/>
            <ul t-if="state.isOpen" t-ref="list" popover="manual" class="f-autocomplete-list" role="listbox" t-att-id="id">
                <li t-foreach="state.choices" t-as="choice" t-key="choice_index" role="option" t-att-id="id + '-' + choice_index" class="f-autocomplete-choice"
                    t-att-class="{'f-active': choice_index === state.active, 'f-autocomplete-action': choice.kind === 'action'}" t-att-aria-selected="choice_index === state.active ? 'true' : 'false'"
                    t-on-pointerdown.prevent="() => this.follow(this.take(choice))" t-on-pointermove="() => this.state.active = choice_index" t-esc="choice.label"/>
                <li t-if="!state.choices.length" class="f-autocomplete-none" role="option" aria-disabled="true" aria-selected="false" t-esc="state.isLoading ? '…' : nothingText"/>
            </ul>
        </div>`;
    static props = ["value", "source", "onClear?", "isMultiple?", "record?", "name?", "id?", "placeholder?", "label?", "required?", "invalid?", "autofocus?"];

    setup() {
        this.id = `choices-${++lastId}`;
        this.nothingText = _t("Nothing found");
        this.state = useState({ isOpen: false, isLoading: false, active: -1, choices: /** @type {Choice[]} */ ([]) });
        /** @type {{el: any}} */
        this.input = useRef("input");
        this.question = 0;
        this.timer = 0;
        /** Whether more is typed than what is proposed answers. */
        this.isBehind = false;
        /** Whether something is typed that nobody has made anything of. */
        this.isTyping = false;
        /** What is being made of the text, until it is done. @type {Promise<any>|null} */
        this.work = null;
        useEffect((value) => {
            this.input.el.value = value;
        }, () => [this.props.value]);
        this.listenToRecord();
        this.list = useRef("list");
        // on the top layer, so that no list or dialog around it cuts it off
        useEffect(() => {
            if (this.list.el) {
                this.list.el.showPopover();
                this.place();
            }
        }, () => [this.list.el, this.state.choices]);
        useExternalListener(window, "scroll", () => this.place(), { capture: true });
        onWillUpdateProps((next) => {
            if (next.value !== this.props.value) {
                this.close();
            }
        });
    }

    get text() {
        return this.input.el.value;
    }

    /** The record asks for what is typed before it is saved, and has it forgotten when its changes are. */
    listenToRecord() {
        const bus = this.props.record?.model.bus;
        const onAsked = (/** @type {any} */ event) => {
            event.detail.proms.push(this.handOver());
        };
        const onForget = (/** @type {any} */ event) => {
            if (event.detail.record === this.props.record) {
                this.restore();
            }
        };
        onMounted(() => {
            bus?.addEventListener("NEED_LOCAL_CHANGES", onAsked);
            bus?.addEventListener("FORGET_LOCAL_CHANGES", onForget);
        });
        onWillUnmount(() => {
            bus?.removeEventListener("NEED_LOCAL_CHANGES", onAsked);
            bus?.removeEventListener("FORGET_LOCAL_CHANGES", onForget);
        });
    }

    /** Below the input; above it where there is no room below. */
    place() {
        const list = this.list.el;
        if (!list) {
            return;
        }
        const box = this.input.el.getBoundingClientRect();
        const below = window.innerHeight - box.bottom;
        const isAbove = below < Math.min(list.offsetHeight, 200) && box.top > below;
        Object.assign(list.style, {
            position: "fixed", inset: "auto", left: `${Math.min(box.left, window.innerWidth - list.offsetWidth - 8)}px`, minWidth: `${box.width}px`,
            top: isAbove ? "auto" : `${box.bottom + 4}px`, bottom: isAbove ? `${window.innerHeight - box.top + 4}px` : "auto",
        });
    }

    onInput() {
        this.isTyping = true;
        this.isBehind = true;
        this.props.record?.model.bus.trigger("FIELD_IS_DIRTY", true);
        this.question += 1; // an answer to less than what is typed by now comes too late
        window.clearTimeout(this.timer);
        this.timer = window.setTimeout(() => this.open(this.text, true), WAIT_MS);
    }

    onClick() {
        if (!this.state.isOpen) {
            this.input.el.select();
            this.open("", false);
        }
    }

    /** @param {string} text @param {boolean} isTyped the first choice is proposed only when the user typed */
    async open(text, isTyped) {
        const question = ++this.question;
        this.state.isOpen = true;
        this.state.isLoading = true;
        const choices = await this.props.source(text.trim());
        if (question === this.question) {
            this.isBehind = false;
            this.state.choices = choices;
            this.state.isLoading = false;
            this.state.active = isTyped && choices.length ? 0 : -1;
        }
    }

    close() {
        this.isBehind = false;
        window.clearTimeout(this.timer);
        this.question += 1;
        this.state.isOpen = false;
        this.state.choices = [];
        this.state.active = -1;
    }

    /**
     * While it goes on, a save waits for it.
     * @param {Promise<any>} work
     */
    async follow(work) {
        this.work = work;
        try {
            await work;
        } finally {
            if (this.work === work) {
                this.work = null;
            }
        }
    }

    /** @param {Choice} choice */
    async take(choice) {
        this.isTyping = false;
        this.close();
        if (this.props.isMultiple) {
            this.input.el.value = "";
        }
        await choice.onSelect();
        this.resetValidity();
    }

    /** Enter means all that is typed: what was proposed for its beginning may be something else. */
    async takeActive() {
        if (this.isBehind) {
            window.clearTimeout(this.timer);
            await this.open(this.text, true);
        }
        const { choices, active } = this.state;
        if (this.isBehind) {
            return;
        }
        if (active >= 0) {
            await this.take(choices[active]);
        } else {
            this.close();
        }
    }

    /**
     * Make of the text what it means: nothing, or the choice that has this name.
     * @returns {Promise<boolean>} whether it means something
     */
    async takeText() {
        const text = this.text.trim();
        if (text === this.props.value || !text) {
            this.restore(text);
            this.close();
            await (text || !this.props.value ? null : this.props.onClear?.());
            return true;
        }
        const found = (await this.props.source(text)).filter(({ kind }) => kind !== "action");
        const exact = found.find(({ label }) => label.toLowerCase() === text.toLowerCase());
        const meant = exact || (found.length === 1 && !this.props.isMultiple ? found[0] : null);
        const isStale = text !== this.text.trim(); // more was typed meanwhile, that is for the next time
        if (meant && !isStale) {
            await this.take(meant);
        }
        return isStale || Boolean(meant);
    }

    /** The record is to be saved: a text that means nothing keeps it from that, rather than be lost. */
    async handOver() {
        await this.work;
        if (!this.isTyping) {
            return;
        }
        const work = this.takeText();
        await Promise.all([this.follow(work), work.then((isMeant) => {
            if (!isMeant) {
                const { record, name } = this.props;
                record.setInvalidField(name, _t("“%s” is not the name of one record. Choose one from the list.", this.text.trim()));
            }
        })]);
    }

    /** The input is left: a text that means nothing gives way to the value there was. */
    onBlur() {
        this.close();
        const before = this.work;
        if (before && !this.isTyping) {
            return undefined;
        }
        return this.follow((async () => {
            await before;
            if ((!before || this.isTyping) && !(await this.takeText())) {
                this.restore();
            }
        })());
    }

    /** What is typed is forgotten. @param {string} [text] what is shown in its place */
    restore(text = this.props.value) {
        this.isTyping = false;
        if (this.input.el) {
            this.input.el.value = text;
        }
        this.resetValidity();
        this.props.record?.model.bus.trigger("FIELD_IS_DIRTY", false);
    }

    resetValidity() {
        const { record, name } = this.props;
        if (record?.invalid.has(name)) {
            record.resetFieldValidity(name);
        }
    }

    /** @param {KeyboardEvent} event */
    async onKeydown(event) {
        const { choices, active } = this.state;
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            if (!this.state.isOpen) {
                await this.open(this.text === this.props.value ? "" : this.text, false);
            } else if (choices.length) {
                const step = event.key === "ArrowDown" ? 1 : -1;
                this.state.active = (active + step + choices.length) % choices.length;
            }
        } else if (event.key === "Enter" && this.state.isOpen) {
            event.preventDefault();
            event.stopPropagation();
            await this.follow(this.takeActive());
        } else if (event.key === "Tab" && this.state.isOpen) {
            // what is typed and not answered yet is for who hears that the input was left
            if (active >= 0 && !this.isBehind) {
                await this.follow(this.take(choices[active]));
            }
        } else if (event.key === "Escape" && this.state.isOpen) {
            event.preventDefault();
            event.stopPropagation();
            this.restore();
            this.close();
        }
    }
}
