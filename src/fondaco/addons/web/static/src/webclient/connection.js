/** Is the server there, is it working: a thin bar while it works, a banner while it cannot be reached or takes no changes. */
import { Component, onMounted, useState, xml } from "@odoo/owl";
import { clockNow } from "@web/core/clock";
import { intlTag, _t } from "@web/core/i18n";
import { rpcBus, rpc } from "@web/core/rpc";
import { Icon } from "@web/ui/icon/icon";

/** Answers that come sooner need no sign of waiting. */
const PATIENCE_MS = 250;
const RETRY_MS = 3000;

export class Connection extends Component {
    static template = xml`
        <div class="f-loading" t-if="state.isWaiting" role="progressbar" aria-label="Loading"/>
        <div class="f-offline" t-if="state.isOffline" role="alert"><Icon name="'warning'"/>The server cannot be reached. What you entered is kept; trying again…</div>
        <div class="f-offline" t-elif="state.closed" role="alert"><Icon name="'warning'"/><t t-esc="state.closed"/></div>`;
    static components = { Icon };
    static props = [];

    setup() {
        this.state = useState({ isWaiting: false, isOffline: !navigator.onLine, closed: "" });
        const open = new Set();
        let timer = 0;
        const update = () => {
            window.clearTimeout(timer);
            if (open.size) {
                timer = window.setTimeout(() => {
                    this.state.isWaiting = open.size > 0;
                }, PATIENCE_MS);
            } else {
                this.state.isWaiting = false;
            }
        };
        onMounted(() => {
            rpcBus.addEventListener("REQUEST", (/** @type {any} */ { detail }) => { open.add(detail.id); update(); });
            rpcBus.addEventListener("RESPONSE", (/** @type {any} */ { detail }) => { open.delete(detail.id); update(); });
            rpcBus.addEventListener("OFFLINE", () => { this.state.isOffline = true; this.tryAgain(); });
            rpcBus.addEventListener("ONLINE", () => { this.state.isOffline = false; });
            rpcBus.addEventListener("CLOSED", (/** @type {any} */ { detail }) => this.onClosed(detail.retryAfterS));
            window.addEventListener("offline", () => { this.state.isOffline = true; this.tryAgain(); });
        });
    }

    /** @param {number} seconds until the server wants to be asked again */
    onClosed(seconds) {
        const moment = new Date(clockNow().getTime() + seconds * 1000).toLocaleTimeString(intlTag());
        this.state.closed = _t("This database is being upgraded: everything can be read. Asking again at %s; what you were saving is saved then.", moment);
        this.askLater(seconds * 1000);
    }

    /** @param {number} milliseconds */
    askLater(milliseconds) {
        window.clearTimeout(this.reopening);
        this.reopening = window.setTimeout(() => this.askWhetherOpen(), milliseconds);
    }

    /** Asks by what changes nothing, and tells what waits once changes are taken again. */
    async askWhetherOpen() {
        try {
            await rpc("/web/takes_changes", {}, { silent: true });
        } catch (error) {
            if (error.name !== "ConnectionLostError") {
                this.state.closed = "";
                throw error;
            }
            if (!error.isPutOff) {
                this.askLater(RETRY_MS);
            }
            return;
        }
        this.state.closed = "";
        rpcBus.trigger("RETRY");
    }

    tryAgain() {
        window.clearTimeout(this.retry);
        this.retry = window.setTimeout(async () => {
            try {
                await rpc("/web/webclient/version_info", {}, { silent: true });
                this.state.isOffline = false;
            } catch (error) {
                if (error.name !== "ConnectionLostError") {
                    throw error;
                }
                this.tryAgain();
            }
        }, RETRY_MS);
    }
}
