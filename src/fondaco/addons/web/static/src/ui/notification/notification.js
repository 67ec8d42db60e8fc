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

const SAFE = new Set(["http:", "https:"]);

/** @typedef {{text: string|String, url?: string}} Part of a message */

/**
 * A message with links in it, each in the place of a `%s`. What leads elsewhere than to a page is text.
 * @param {string} message @param {{label?: string, url?: string}[]} links @returns {Part[]}
 */
export function partsOf(message, links) {
    const [first, ...others] = links.length ? message.split("%s") : [message];
    // a place that no link is for stays as it is
    return [{ text: first }, ...others.flatMap((text, place) => [links[place] ? linkTo(links[place]) : { text: "%s" }, { text }])];
}

/** @param {{label?: string, url?: string}} link @returns {Part} */
function linkTo({ label, url = "" }) {
    const address = URL.canParse(url, window.location.href) ? new URL(url, window.location.href) : null;
    const text = String(label || url);
    return address && SAFE.has(address.protocol) ? { text, url: address.href } : { text };
}

/** @typedef {{className?: string, title?: string, links?: {label?: string, url?: string}[], type?: "info"|"success"|"warning"|"danger", sticky?: boolean, buttons?: {name: string, onClick: () => void, primary?: boolean}[], onClose?: () => void}} Options */

const notificationService = {
    start() {
        const notices = reactive([]);
        return {
            notices,
            /** @param {string|String} message plain, or `markup` @param {Options} [options] @returns {() => void} closes it */
            add(message, { className = "", title = "", type = "info", sticky = false, buttons = [], links = [], onClose } = {}) {
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
                notices.push({ id, message: String(message), parts: typeof message === "object" ? [{ text: message }] : partsOf(String(message), links || []), title, type, className, buttons, close, hold, release });
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
                    <div class="f-notification" t-att-class="'f-notification-' + notice.type + ' ' + notice.className" t-att-role="notice.type === 'danger' ? 'alert' : 'status'"
                         t-on-mouseenter="notice.hold" t-on-mouseleave="notice.release" t-on-focusin="notice.hold" t-on-focusout="notice.release">
                        <Icon name="icons[notice.type] || 'info'"/>
                        <div class="f-notification-text">
                            <strong t-if="notice.title" t-esc="notice.title"/>
                            <span><t t-foreach="notice.parts" t-as="part" t-key="part_index"><a t-if="part.url" t-att-href="part.url" target="_blank" rel="noopener" t-esc="part.text"/><t t-else="" t-out="part.text"/></t></span>
                            <div t-if="notice.buttons.length" class="f-notification-buttons">
                                <button t-foreach="notice.buttons" t-as="button" t-key="button_index" type="button" class="f-button f-button-small" t-att-class="{'f-button-primary': button.primary}" t-on-click="() => { button.onClick(); notice.close(); }" t-esc="button.name"/>
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
