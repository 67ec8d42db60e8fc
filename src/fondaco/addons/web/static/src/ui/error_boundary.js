/** A part of the page that fails falls alone: what is around it goes on, and what was wrong is said. */
import { Component, onError, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { Icon } from "@web/ui/icon/icon";

export class ErrorBoundary extends Component {
    static template = xml`
        <t t-if="!state.isBroken"><t t-slot="default"/></t>
        <t t-elif="props.slots.failed" t-slot="failed" error="error" retry="() => this.retry()"/>
        <div t-elif="!props.onFailed" class="f-nothing" role="alert">
            <Icon name="'warning'"/><p t-esc="text"/>
            <button type="button" class="f-button" t-on-click="() => this.retry()" t-esc="again"/>
        </div>`;
    static components = { Icon };
    static props = ["slots", "onFailed?"];

    setup() {
        this.text = _t("This could not be shown.");
        this.again = _t("Try again");
        this.state = useState({ isBroken: false });
        /** @type {any} */
        this.error = null;
        onError((error) => {
            this.error = error;
            this.state.isBroken = true;
            // false: what failed was not wanted any more
            if (this.props.onFailed?.(error) !== false) {
                this.env.services.error?.show(error);
            }
        });
    }

    retry() {
        this.state.isBroken = false;
    }
}
