/**
 * What happened, said in passing: a live region at the edge of the page; it goes by itself unless it must be read, and
 * not while it is pointed at or has the focus.
 */
import { Component, reactive, useState, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { Icon } from "@web/ui/icon/icon";

const STAY_MS = 4500;
const ICONS = { success: "check", info: "info", warning: "warning", danger: "warning" };
let lastId = 0;

/** @typedef {{title?: string, type?: "info"|"success"|"warning"|"danger", sticky?: boolean, buttons?: {name: string, onClick: () => void, primary?: boolean}[], onClose?: () => void}} Options */

const notificationService = {
    start() {
        const notices = reactive([]);
        return {
            notices,
            /** @param {string} message @param {Options} [options] @returns {() => void} closes it */
            add(message, { title = "", type = "info", sticky = false, buttons = [], onClose } = {}) {
                const id = ++lastId;
                let timer;
                const hold = () => window.clearTimeout(timer);
                const close = () => {
                    hold();
                    const index = notices.findIndex((notice) => notice.id === id);
                    if (index >= 0) {
                        notices.splice(index, 1);
                        onClose?.();
                    }
                };
                const release = () => {
                    hold();
                    if (!sticky) {
                        timer = window.setTimeout(close, STAY_MS);
                    }
                };
                notices.push({ id, message: String(message), title, type, buttons, close, hold, release });
                release();
                return close;
            },
        };
    },
};

registry.category("services").add("notification", notificationService);

export class NotificationContainer extends Component {
    static template = xml`
        <div class="f-notifications" role="region" aria-label="Notifications">
            <div aria-live="polite">
                <t t-foreach="notices" t-as="notice" t-key="notice.id">
                    <div class="f-notification" t-att-class="'f-notification-' + notice.type" t-att-role="notice.type === 'danger' ? 'alert' : 'status'"
                         t-on-mouseenter="notice.hold" t-on-mouseleave="notice.release" t-on-focusin="notice.hold" t-on-focusout="notice.release">
                        <Icon name="icons[notice.type] || 'info'"/>
                        <div class="f-notification-text">
                            <strong t-if="notice.title" t-esc="notice.title"/>
                            <span t-esc="notice.message"/>
                            <div t-if="notice.buttons.length" class="f-notification-buttons">
                                <button t-foreach="notice.buttons" t-as="button" t-key="button_index" type="button" class="f-button f-button-small" t-on-click="() => { button.onClick(); notice.close(); }" t-esc="button.name"/>
                            </div>
                        </div>
                        <button type="button" class="f-button f-button-quiet f-button-icon" aria-label="Dismiss" t-on-click="() => notice.close()"><Icon name="'close'"/></button>
                    </div>
                </t>
            </div>
        </div>`;
    static components = { Icon };
    static props = [];

    setup() {
        this.icons = ICONS;
        this.notices = useState(this.env.services.notification.notices);
    }
}
