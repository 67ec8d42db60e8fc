/** Are news coming: a sign in the systray while they are not. While all is well there is nothing to see. */
import { Component, onWillUnmount, useState, xml } from "@odoo/owl";
import { browser } from "@web/core/browser";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { Icon } from "@web/ui/icon/icon";

/** A connection that comes back sooner needs no sign. */
const PATIENCE_MS = 5000;

export class BusIndicator extends Component {
    static template = xml`
        <span class="f-bus" role="status" t-att-data-state="status.state" t-att-data-way="status.isPolling ? 'polls' : 'websocket'">
            <span t-if="state.isLost" class="f-nav-button" t-att-title="texts.lost"><Icon name="'warning'"/><span class="f-ear" t-esc="texts.lost"/></span>
        </span>`;
    static components = { Icon };
    static props = [];

    setup() {
        this.status = useState(this.env.services.bus_service.status);
        this.state = useState({ isLost: false });
        this.texts = { lost: _t("News do not come at the moment; trying again.") };
        let wasDown = false;
        const timer = browser.setInterval(() => {
            const isDown = ["waiting", "connecting"].includes(this.status.state);
            this.state.isLost = isDown && wasDown;
            wasDown = isDown;
        }, PATIENCE_MS);
        onWillUnmount(() => browser.clearInterval(timer));
    }
}

registry.category("systray").add("bus", { Component: BusIndicator }, { sequence: 5 });
