/** What is in a registry, for a component that is painted again when it changes. */
import { useState } from "@odoo/owl";
import { useBus } from "@web/core/services";

/** @param {import("@web/core/registry").Registry} registry @returns {{entries: [string, any][]}} */
export function useRegistry(registry) {
    const state = useState({ entries: registry.getEntries() });
    useBus(registry, "UPDATE", () => {
        state.entries = registry.getEntries();
    });
    return state;
}
