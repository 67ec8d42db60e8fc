/** Exports that the server makes in the background: who asked is told when the file is there, also after a reload. */
import { browser } from "@web/core/browser";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { ConnectionLostError, RPCError } from "@web/core/rpc";
import { session } from "@web/core/session";

const LOOK_EVERY_MS = 3000;

class Exports {
    constructor({ orm, notification }) {
        this.orm = orm.silent;
        this.notification = notification;
        /** @type {number[]} */
        this.waiting = JSON.parse(browser.localStorage.getItem(this.storageKey) || "[]");
        this.plan();
    }

    get storageKey() {
        return `fondaco.exports.${session.db}.${session.uid}`;
    }

    /** @param {string} kind xlsx or csv @param {object} wanted what the form of /web/export/... says */
    async start(kind, wanted) {
        const id = await this.orm.call("web.export", "start", [kind, JSON.stringify(wanted)]);
        this.keep([...this.waiting, id]);
        this.notification.add(_t("The server is making the file. You will be told when it is there, and may work on meanwhile."), { type: "info" });
        this.plan();
    }

    plan() {
        if (this.waiting.length && !this.timer) {
            this.timer = browser.setTimeout(() => this.look(), LOOK_EVERY_MS);
        }
    }

    async look() {
        this.timer = 0;
        for (const id of this.waiting) {
            try {
                this.tell(id, await this.orm.call("web.export", "status", [[id]]));
            } catch (error) {
                if (error instanceof ConnectionLostError) {
                    break;
                }
                if (!(error instanceof RPCError && error.isGone)) {
                    throw error; // the session may have ended: they are asked for when the page is loaded again
                }
                this.keep(this.waiting.filter((other) => other !== id));
            }
        }
        this.plan();
    }

    /** @param {number} id @param {{state: string, url: string, name: string, error: string}} status */
    tell(id, { state, url, name, error }) {
        if (state === "waiting") {
            return;
        }
        this.keep(this.waiting.filter((other) => other !== id));
        if (state === "done") {
            this.notification.add(_t("%s is there.", name), { type: "success", sticky: true, buttons: [{ name: _t("Download"), primary: true, onClick: () => fetchFile(url) }] });
        } else {
            this.notification.add(_t("The export failed: %s", error), { type: "danger", sticky: true });
        }
    }

    /** @param {number[]} waiting */
    keep(waiting) {
        this.waiting = waiting;
        browser.localStorage.setItem(this.storageKey, JSON.stringify(waiting));
    }
}

/** @param {string} url */
function fetchFile(url) {
    const link = document.createElement("a");
    link.href = url;
    link.download = "";
    link.click();
}

registry.category("services").add("export", { dependencies: ["orm", "notification"], start: (_env, services) => new Exports(services) });
