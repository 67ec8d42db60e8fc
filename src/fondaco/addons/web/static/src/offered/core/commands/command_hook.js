/** What an addon adds to Ctrl+K while it is there, with a key of its own if it likes. */
import { onMounted, onWillUnmount } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";

/** @typedef {{name: string, action: () => any, category?: string, isAvailable?: () => boolean}} Held */

registry.category("services").add("command", {
    dependencies: ["palette", "hotkey"],
    start(_env, { palette, hotkey }) {
        /** @type {Set<Held>} */
        const held = new Set();
        const commands = () => [...held].filter(({ isAvailable }) => !isAvailable || isAvailable());
        registry.category("command_provider").add("held", () => commands().map(({ name, action }) => ({ name, action, category: _t("Command") })), { sequence: 5 });
        return {
            /** @param {string} name @param {() => any} action @param {{category?: string, hotkey?: string, hotkeyOptions?: object, global?: boolean, isAvailable?: () => boolean}} [options] @returns {() => void} takes it away */
            add(name, action, { category = "default", hotkey: keys, hotkeyOptions, global, isAvailable } = {}) {
                if (!name || typeof action !== "function") {
                    throw new Error(`command.add: found ${JSON.stringify(name)} and ${typeof action}; expected a name and a function`);
                }
                const command = { name, action, category, isAvailable };
                held.add(command);
                const release = keys ? hotkey.add(keys, () => action(), { global, isAvailable, ...hotkeyOptions }) : () => {};
                return () => {
                    held.delete(command);
                    release();
                };
            },
            getCommands: commands,
            openMainPalette: () => palette.open(),
        };
    },
});

/** For as long as the component is there. @param {string} name @param {() => any} action @param {object} [options] of `add` */
export function useCommand(name, action, options = {}) {
    const command = useService("command");
    /** @type {() => void} */
    let remove = () => {};
    onMounted(() => {
        remove = command.add(name, action, options);
    });
    onWillUnmount(() => remove());
}
