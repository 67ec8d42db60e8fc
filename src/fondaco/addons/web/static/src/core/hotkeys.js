/**
 * Which keys do what.
 *
 * A component says `useHotkey("control+k", callback)`; an element says `data-hotkey="s"` and is pressed by Alt+S. While Alt
 * is held, each such element shows its letter. The innermost dialog owns the keys.
 */
import { onMounted, onWillUnmount } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";

const EDITABLE = "input, textarea, select, [contenteditable='true']";

/** @param {KeyboardEvent} event @returns {string} like "control+shift+k" */
function nameOf(event) {
    const parts = [];
    if (event.ctrlKey || event.metaKey) {
        parts.push("control");
    }
    if (event.altKey) {
        parts.push("alt");
    }
    if (event.shiftKey && event.key.length > 1) {
        parts.push("shift");
    }
    parts.push(event.key.toLowerCase());
    return parts.join("+");
}

/** "alt+control+k" is "control+alt+k". @param {string} hotkey */
function ordered(hotkey) {
    const parts = hotkey.toLowerCase().split("+");
    const kept = ["control", "alt", "shift"].filter((part) => parts.slice(0, -1).includes(part));
    return [...kept, parts[parts.length - 1]].join("+");
}

class Hotkeys {
    constructor() {
        /** @type {Set<{hotkey: string, callback: (at?: any) => void, isAvailable: () => boolean, global: boolean, area: () => Element|null}>} */
        this.registrations = new Set();
        /** @type {HTMLElement[]} */
        this.labels = [];
        window.addEventListener("keydown", (event) => this.onKeydown(event));
        window.addEventListener("keyup", (event) => event.key === "Alt" && this.hideLabels());
        window.addEventListener("blur", () => this.hideLabels());
        window.addEventListener("pointerdown", () => this.hideLabels());
    }

    /** @param {string} hotkey @param {(at?: any) => void} callback @param {{isAvailable?: () => boolean, global?: boolean, bypassEditableProtection?: boolean, area?: () => Element|null}} [options] */
    add(hotkey, callback, { global = false, bypassEditableProtection = false, area = () => null, isAvailable = () => true } = {}) {
        const registration = { hotkey: ordered(hotkey), callback, isAvailable, global: global || bypassEditableProtection, area };
        this.registrations.add(registration);
        return () => this.registrations.delete(registration);
    }

    /** The element that owns the keys: the innermost open dialog, else the page. */
    get scope() {
        return [...document.querySelectorAll("dialog[open]")].pop() || document.body;
    }

    /** @param {KeyboardEvent} event */
    onKeydown(event) {
        if (event.key === "Alt" && !event.ctrlKey && !event.metaKey) {
            this.showLabels();
            return;
        }
        const name = nameOf(event);
        const registration = [...this.registrations].reverse().find((entry) => entry.hotkey === name && this.allows(entry, event));
        if (registration) {
            event.preventDefault();
            registration.callback({ area: registration.area(), target: event.target });
            return;
        }
        if (event.altKey && !event.ctrlKey && event.key.length === 1) {
            const element = this.labelled().find((candidate) => candidate.dataset.hotkey === event.key.toLowerCase());
            if (element) {
                event.preventDefault();
                this.hideLabels();
                element.focus();
                element.click();
            }
        }
    }

    allows(registration, event) {
        const area = registration.area();
        if (!registration.isAvailable()) {
            return false;
        }
        if (area && !area.contains(event.target)) {
            return false;
        }
        const isModified = event.ctrlKey || event.metaKey || event.altKey;
        return isModified || registration.global || !event.target.closest?.(EDITABLE);
    }

    /** @returns {HTMLElement[]} visible elements that have a letter */
    labelled() {
        const elements = /** @type {HTMLElement[]} */ ([...this.scope.querySelectorAll("[data-hotkey]")]);
        return elements.filter((element) => element.offsetParent !== null && !element.hasAttribute("disabled"));
    }

    showLabels() {
        this.hideLabels();
        for (const element of this.labelled()) {
            const box = element.getBoundingClientRect();
            const label = document.createElement("kbd");
            label.className = "f-hotkey-label";
            label.textContent = element.dataset.hotkey || "";
            label.style.insetInlineStart = `${Math.max(0, box.left + box.width / 2 - 10)}px`;
            label.style.top = `${Math.max(0, box.bottom - 12)}px`;
            label.setAttribute("aria-hidden", "true");
            (this.scope instanceof HTMLDialogElement ? this.scope : document.body).append(label);
            this.labels.push(label);
        }
    }

    hideLabels() {
        this.labels.forEach((label) => label.remove());
        this.labels = [];
    }
}

registry.category("services").add("hotkey", { start: () => new Hotkeys() });

/** @param {string} hotkey @param {() => void} callback @param {object} [options] */
export function useHotkey(hotkey, callback, options = {}) {
    const hotkeys = useService("hotkey");
    /** @type {() => void} */
    let remove = () => {};
    onMounted(() => {
        remove = hotkeys.add(hotkey, callback, options);
    });
    onWillUnmount(() => remove());
}
