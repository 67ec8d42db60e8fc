/** Is the server there, is it working: a thin bar while it works, a banner while it cannot be reached. */
import { Component, onMounted, useState, xml } from "@odoo/owl";
import { rpcBus, rpc } from "@web/core/rpc";
import { Icon } from "@web/ui/icon/icon";

/** Answers that come sooner need no sign of waiting. */
const PATIENCE_MS = 250;
const RETRY_MS = 3000;

export class Connection extends Component {
    static template = xml`
        <div class="f-loading" t-if="state.isWaiting" role="progressbar" aria-label="Loading"/>
        <div class="f-offline" t-if="state.isOffline" role="alert"><Icon name="'warning'"/>The server cannot be reached. What you entered is kept; trying again…</div>`;
    static components = { Icon };
    static props = [];

    setup() {
        this.state = useState({ isWaiting: false, isOffline: !navigator.onLine });
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
            window.addEventListener("offline", () => { this.state.isOffline = true; this.tryAgain(); });
        });
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
