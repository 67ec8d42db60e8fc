/**
 * A text field that proposes what may be meant: a combobox with a list, walked by the arrows, taken by Enter or Tab.
 *
 * `source(text, isWhole)` gives `{label, onSelect, kind?}` items, with all that have this very name if it `isWhole`; an
 * old answer never replaces a newer one. `onSelect` may tell, by `false`, that nothing is chosen by it yet. A text that was typed and not chosen means what has its name: it is
 * taken when the input is left and before `record` is saved. What has no one name stays, and keeps `record` from being
 * saved, rather than be lost. `onLeave(text, restore)` decides in place of that. `isMultiple`: what is taken is shown
 * elsewhere and more may be typed, so only the whole name is meant by it.
 */
import { Component, onMounted, onPatched, onWillUnmount, onWillUpdateProps, useEffect, useExternalListener, useRef, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { ConnectionLostError } from "@web/core/rpc";

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
    static props = ["value", "source", "onClear?", "onLeave?", "isMultiple?", "record?", "name?", "id?", "placeholder?", "label?", "required?", "invalid?", "autofocus?"];

    setup() {
        this.id = `choices-${++lastId}`;
        this.nothingText = _t("Nothing found");
        this.state = useState({ isOpen: false, isLoading: false, active: -1, choices: /** @type {Choice[]} */ ([]) });
        /** @type {{el: any}} */
        this.input = useRef("input");
        /** Counts what is asked of `source` to be proposed. */
        this.question = 0;
        this.timer = 0;
        /** Whether more is typed than what is proposed answers. */
        this.isBehind = false;
        /** Whether something is typed that nobody has made anything of. */
        this.isTyping = false;
        /** Counts what becomes of the text: what began at an earlier turn comes too late. */
        this.turn = 0;
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
        onPatched(() => this.place()); // what is told of the form moves its fields
        onWillUpdateProps((next) => {
            if (next.value !== this.props.value) {
                this.close();
            }
        });
        onWillUnmount(() => {
            window.clearTimeout(this.timer);
            this.question += 1;
        });
    }

    get text() {
        return this.input.el?.value.trim() ?? "";
    }

    /** The record asks for what is typed before it is saved, and has it forgotten when its changes are. */
    listenToRecord() {
        const bus = this.props.record?.model.bus;
        const onAsked = (/** @type {any} */ event) => {
            // a half word is not to be taken for a whole one
            if (!event.detail.goesOn) {
                event.detail.proms.push(this.settle());
            }
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
        this.turn += 1;
        this.question += 1; // an answer to less than what is typed by now comes too late
        this.isTyping = true;
        this.isBehind = true;
        this.props.record?.model.bus.trigger("FIELD_IS_DIRTY", true);
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
        const choices = await this.props.source(text);
        if (question === this.question) {
            this.isBehind = false;
            this.state.choices = choices;
            this.state.isLoading = false;
            this.state.active = isTyped && text && choices.length ? 0 : -1;
        }
    }

    close() {
        this.isBehind = this.isTyping;
        window.clearTimeout(this.timer);
        this.question += 1;
        this.state.isOpen = false;
        this.state.choices = [];
        this.state.active = -1;
    }

    /**
     * While it goes on, what else is made of the text waits for it.
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
        const input = this.input.el; // what is typed may still be taken when its page of a notebook is left
        const text = input?.value;
        const turn = ++this.turn;
        const wasTyping = this.isTyping;
        this.isTyping = false;
        this.close();
        if (input && this.props.isMultiple) {
            input.value = "";
        }
        try {
            const isChosen = (await choice.onSelect()) !== false;
            if (turn === this.turn && !isChosen) {
                this.isTyping = wasTyping;
                this.restore();
            }
        } catch (error) {
            // a record that could not ask what follows from a choice holds it all the same, until the server is back
            const isHeld = error instanceof ConnectionLostError && choice.kind !== "action";
            if (input && turn === this.turn && !isHeld) {
                input.value = wasTyping ? text : this.props.value;
                this.isTyping = wasTyping;
                this.isBehind = wasTyping;
            }
            throw error;
        }
        if (turn === this.turn) {
            this.resetValidity();
        }
    }

    /** Enter means all that is typed: what was proposed for its beginning may be something else. */
    async takeActive() {
        const { state, text, turn } = this;
        let choice = this.isBehind ? undefined : state.choices[state.active];
        if (this.isBehind && text) {
            window.clearTimeout(this.timer);
            const choices = await this.props.source(text, true);
            if (turn !== this.turn) {
                return;
            }
            choice = this.meantBy(text, choices) || choices[0];
        }
        if (choice) {
            await this.take(choice);
            return;
        }
        this.close();
        if (this.isTyping && !(await this.takeText(text))) {
            this.refuse(text);
        }
    }

    /** @param {string} text @param {Choice[]} choices @returns {Choice|undefined} the only one that has this name, or may have */
    meantBy(text, choices) {
        const found = choices.filter(({ kind }) => kind !== "action");
        const exact = found.filter(({ label }) => label.toLowerCase() === text.toLowerCase());
        const [meant, ...others] = exact.length || this.props.isMultiple ? exact : found;
        return others.length ? undefined : meant;
    }

    /**
     * Make of the text what it means.
     * @param {string} text
     * @returns {Promise<boolean>} whether it means something
     */
    async takeText(text) {
        const { turn } = this;
        if (this.props.onLeave) {
            this.isTyping = false;
            await this.props.onLeave(text, () => this.restore());
            return true;
        }
        if (text === (this.props.value || "").trim()) {
            this.restore();
            return true;
        }
        if (!text) {
            await this.take({ label: "", onSelect: () => this.props.onClear?.() });
            return true;
        }
        const choices = await this.props.source(text, true);
        if (turn !== this.turn) {
            return true; // more was typed, or it was taken back
        }
        const meant = this.meantBy(text, choices);
        if (meant) {
            await this.take(meant);
        }
        return Boolean(meant);
    }

    /** What is typed becomes what it means, or is told to mean nothing. @returns {Promise<void>} */
    settle() {
        const { work, text: before } = this;
        return this.follow((async () => {
            await work?.catch(() => {}); // told by whoever began it
            const text = this.input.el ? this.text : before;
            if (this.isTyping && !(await this.takeText(text))) {
                this.refuse(text);
            }
        })());
    }

    onBlur() {
        this.close();
        return this.isTyping ? this.settle() : undefined;
    }

    /** @param {string} text means nothing: that is told where something is saved, else the former value is back */
    refuse(text) {
        const { record, name } = this.props;
        if (record) {
            record.setInvalidField(name, _t("“%s” is not the name of one record. Choose one from the list.", text));
        } else {
            this.restore();
        }
    }

    /** What is typed is forgotten. */
    restore() {
        const wasTyping = this.isTyping;
        this.turn += 1;
        this.isTyping = false;
        this.close();
        if (this.input.el) {
            this.input.el.value = this.props.value;
        }
        this.resetValidity();
        if (wasTyping) {
            this.props.record?.model.bus.trigger("FIELD_IS_DIRTY", false);
        }
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
        } else if (event.key === "Enter" && (this.state.isOpen || this.isTyping) && !event.ctrlKey && !event.metaKey) {
            event.preventDefault();
            event.stopPropagation();
            await this.follow(this.takeActive());
        } else if (event.key === "Tab" && this.state.isOpen) {
            // what is typed and not answered yet is for who hears that the input was left
            if (active >= 0 && !this.isBehind) {
                await this.follow(this.take(choices[active]));
            }
        } else if (event.key === "Escape" && (this.state.isOpen || this.isTyping)) {
            event.preventDefault();
            event.stopPropagation();
            this.restore();
        }
    }
}
