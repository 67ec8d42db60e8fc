/**
 * Ctrl+K: go anywhere and do anything by its name. Providers in the registry "command_provider" give what can be chosen;
 * records are found by the server.
 */
import { Component, onMounted, useRef, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { rpc } from "@web/core/rpc";
import { useService } from "@web/core/services";
import { setTheme } from "@web/core/theme";
import { useDebounced } from "@web/core/timing";
import { plain, plainWords } from "@web/core/words";
import { Dialog } from "@web/ui/dialog/dialog";
import { Icon } from "@web/ui/icon/icon";
import { THEMES, accountEntries, logOut } from "@web/webclient/user_menu";

const LIMIT = 12;
/** Fewer letters are in too many names. */
const FEWEST_LETTERS = 2;
const PATIENCE_MS = 200;
/** A palette that is not there by then does not come; the keys are the page's again. */
const MOST_EARLY_MS = 3000;
/** What can be pressed on the page beside its fields; what opens a menu would close it again with the palette. */
const BUTTONS = ":is(.f-control, .f-form-header, .f-stat-buttons) button:not(:disabled, [aria-haspopup])";

/** Keys pressed after Ctrl+K, before the box is there to take them: whoever types fast means the palette with them. */
class EarlyKeys {
    constructor() {
        this.text = "";
        this.isEntered = false;
        window.addEventListener("keydown", this, { capture: true });
        // props reach a component as observed copies; the listener is this object itself
        this.stop = () => {
            window.clearTimeout(timer);
            window.removeEventListener("keydown", this, { capture: true });
        };
        const timer = window.setTimeout(this.stop, MOST_EARLY_MS);
    }

    /** @param {KeyboardEvent} event */
    handleEvent(event) {
        if (event.ctrlKey || event.metaKey || event.altKey || !(event.key.length === 1 || event.key === "Enter" || event.key === "Backspace")) {
            return;
        }
        event.preventDefault();
        event.stopImmediatePropagation();
        if (event.key === "Enter") {
            this.isEntered = true;
        } else {
            this.text = event.key === "Backspace" ? this.text.slice(0, -1) : this.text + event.key;
        }
    }
}

/** @typedef {{name: string, category: string, icon?: string, alsoCalled?: string, action: () => void}} Command what it is also called is searched and not shown */

export class Palette extends Component {
    static template = xml`
        <Dialog title="texts.title" size="'palette'" header="false" footer="false" close="props.close" bodyClass="'f-dialog-flush'">
            <div class="f-palette">
                <div class="f-palette-box"><Icon name="'search'"/><input type="text" t-ref="input" class="f-palette-input" role="combobox" aria-expanded="true" aria-controls="palette-list" t-att-aria-activedescendant="'palette-' + state.active" t-att-placeholder="texts.hint" t-att-aria-label="texts.title" autocomplete="off" t-on-input="onInput" t-on-keydown="onKeydown"/><kbd>Esc</kbd></div>
                <ul id="palette-list" role="listbox" class="f-palette-list">
                    <li t-foreach="commands" t-as="command" t-key="command_index" role="option" t-att-id="'palette-' + command_index" class="f-palette-item" t-att-class="{'f-active': command_index === state.active}" t-att-aria-selected="command_index === state.active ? 'true' : 'false'"
                        t-on-click="() => this.run(command)" t-on-pointermove="() => this.state.active = command_index"><Icon name="command.icon or 'chevron-right'"/><span t-esc="command.name"/><span class="f-muted" t-esc="command.category"/></li>
                    <li t-if="!commands.length" class="f-palette-none" t-esc="texts.nothing"/>
                </ul>
            </div>
        </Dialog>`;
    static components = { Dialog, Icon };
    static props = ["close", "providers", "earlyKeys"];

    setup() {
        this.texts = { title: _t("Go to…"), hint: _t("Type the name of a menu, a record or a command"), nothing: _t("Nothing is called that.") };
        this.state = useState({ text: "", active: 0, records: /** @type {Command[]} */ ([]) });
        this.action = useService("action");
        this.findRecords = useDebounced(() => this.askForRecords(), PATIENCE_MS);
        /** @type {{el: any}} */
        this.input = useRef("input");
        this.all = this.props.providers.flatMap((provide) => this.commandsOf(provide));
        onMounted(() => this.takeOver(this.props.earlyKeys));
    }

    /** A provider that fails takes nothing from the others. @param {(env: any) => Command[]} provide @returns {Command[]} */
    commandsOf(provide) {
        try {
            return provide(this.env);
        } catch (error) {
            console.error("A provider of commands failed; the palette goes without it:", error);
            return [];
        }
    }

    /** @param {EarlyKeys} keys */
    takeOver(keys) {
        keys.stop();
        this.input.el.focus();
        this.input.el.value = keys.text;
        this.state.text = keys.text;
        this.findRecords();
        if (keys.isEntered && this.commands.length) {
            this.run(this.commands[0]);
        }
    }

    /** @returns {Command[]} those where every word typed occurs, those that begin so first; then records */
    get commands() {
        const words = plainWords(this.state.text);
        const found = this.all.filter(({ name, alsoCalled = "" }) => words.every((word) => plain(`${name} ${alsoCalled}`).includes(word)));
        const rank = ({ name }) => (words.length && plain(name).split(" / ").pop()?.startsWith(words[0]) ? 0 : 1);
        return [...found.sort((left, right) => rank(left) - rank(right)).slice(0, LIMIT), ...this.state.records];
    }

    async askForRecords() {
        const text = this.state.text.trim();
        const found = text.length < FEWEST_LETTERS ? [] : await rpc("/web/find", { text }, { silent: true });
        if (text === this.state.text.trim()) {
            this.state.records = found.map(({ model, kind, id, name }) => ({ name, category: kind, icon: "form", action: () => this.openRecord(model, id, name) }));
        }
    }

    /** @param {string} model @param {number} id @param {string} name */
    openRecord(model, id, name) {
        return this.action.doAction({ type: "ir.actions.act_window", res_model: model, res_id: id, views: [[false, "form"]], name });
    }

    onInput(event) {
        this.state.text = event.target.value;
        this.state.active = 0;
        this.state.records = [];
        this.findRecords();
    }

    run(command) {
        this.props.close();
        command.action();
    }

    /** @param {KeyboardEvent} event */
    onKeydown(event) {
        const { commands } = this;
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            this.state.active = (this.state.active + (event.key === "ArrowDown" ? 1 : -1) + commands.length) % (commands.length || 1);
        } else if (event.key === "Enter" && commands[this.state.active]) {
            event.preventDefault();
            this.run(commands[this.state.active]);
        }
    }
}

const SHORTCUTS = [
    ["Ctrl K", _t("Go anywhere")], ["Alt", _t("Show the letter of every button")], ["Alt H", _t("Apps")], ["Alt C", _t("New record")],
    ["Alt S / Ctrl S", _t("Save")], ["Alt J", _t("Discard")], ["Alt P / Alt N", _t("Previous, next")], ["/ or Alt Q", _t("Search")], ["Alt F", _t("Filters and groups")],
    ["Alt L / Alt K", _t("List, cards")], ["Alt B", _t("Back")], ["↑ ↓ Enter Space", _t("In a list: move, open, select")],
    ["Ctrl Enter", _t("In a field: open the record, follow the address")], ["Ctrl ↑ ↓", _t("Put a line with a handle elsewhere")], ["Ctrl ← →", _t("Put a card into the next column")],
];

class ShortcutsDialog extends Component {
    static template = xml`
        <Dialog title="title" close="props.close"><dl class="f-shortcuts"><t t-foreach="shortcuts" t-as="shortcut" t-key="shortcut_index"><dt><kbd t-esc="shortcut[0]"/></dt><dd t-esc="shortcut[1]"/></t></dl></Dialog>`;
    static components = { Dialog };
    static props = ["close"];

    setup() {
        this.title = _t("Keyboard");
        this.shortcuts = SHORTCUTS;
    }
}

/** Addons give an object with `provide`; what has no category of ours is a command. @param {any} entry @returns {(env: any) => Command[]} */
const asFunction = (entry) => (typeof entry === "function" ? entry : (env) => entry.provide(env, {}).map((command) => ({ ...command, category: _t("Command") })));

registry.category("services").add("palette", {
    dependencies: ["dialog", "hotkey"],
    start(_env, { dialog, hotkey }) {
        let isOpen = false;
        const open = () => {
            if (!isOpen) {
                isOpen = true;
                const earlyKeys = new EarlyKeys();
                dialog.add(Palette, { providers: registry.category("command_provider").getAll().map(asFunction), earlyKeys }, { onClose: () => { isOpen = false; earlyKeys.stop(); } });
            }
        };
        hotkey.add("control+k", open, { global: true });
        return { open, showShortcuts: () => dialog.add(ShortcutsDialog) };
    },
});

registry.category("command_provider").add("page", () => {
    const buttons = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(BUTTONS)]).filter((button) => button.offsetParent);
    const named = buttons.map((button) => ({ button, name: button.getAttribute("aria-label") || button.innerText.trim() }));
    return named.filter(({ name }) => /\p{L}/u.test(name)).map(({ button, name }) => ({ name, category: _t("On this page"), action: () => button.click() }));
}, { sequence: 10 });
registry.category("command_provider").add("menus", (env) => env.services.menu.leaves.map(({ menu, path }) => ({ name: path, category: _t("Menu"), icon: "apps", action: () => env.services.action.openMenu(menu) })));
registry.category("command_provider").add("account", (env) => [
    { name: _t("Apps"), icon: "apps", action: () => env.services.action.goHome() },
    ...accountEntries(env).map(({ description, icon, alsoCalled, href, callback }) => ({ name: description, icon, alsoCalled, action: () => (callback ? callback() : window.location.assign(href || "")) })),
    ...THEMES.map(({ key, label, icon }) => ({ name: `${_t("Colours")} / ${label}`, icon, alsoCalled: _t("Theme, appearance"), action: () => setTheme(key) })),
    { name: _t("Log out"), icon: "power", action: logOut },
].map((command) => ({ ...command, category: _t("Command") })));
