/** Forms that are saved by themselves a moment after a field was left: each user's choice, kept in this browser. */
import { onWillUnmount } from "@odoo/owl";
import { browser } from "@web/core/browser";
import { useBus } from "@web/core/services";
import { session } from "@web/core/session";

const KEY = `fondaco.autosave ${session.db} ${session.uid}`;
const AFTER_MS = 1500;

/**
 * @param {import("@web/model/relational").RelationalModel} model
 * @param {{isWanted: () => boolean, isBusy: () => boolean, changes: () => object, save: () => Promise<boolean>}} form isWanted: there are changes that may be saved; isBusy: somebody is in the middle of something
 */
export function useAutosave(model, form) {
    let timer = 0;
    // what could not be saved is tried again when it is something else
    let refused = "";
    const run = async () => {
        if (!form.isWanted()) {
            return;
        }
        if (form.isBusy()) {
            // nobody tells when it is over
            plan();
            return;
        }
        const changes = JSON.stringify(form.changes());
        if (changes !== refused) {
            refused = changes;
            refused = (await form.save()) ? "" : changes;
        }
    };
    const plan = () => {
        browser.clearTimeout(timer);
        timer = autosave.isOn ? browser.setTimeout(run, AFTER_MS) : 0;
    };
    const autosave = {
        get isOn() {
            return browser.localStorage.getItem(KEY) === "on";
        },
        toggle() {
            browser.localStorage.setItem(KEY, autosave.isOn ? "off" : "on");
            plan();
        },
    };
    useBus(model.bus, "update", plan);
    onWillUnmount(() => browser.clearTimeout(timer));
    return autosave;
}
