/** Something went well: what is shown for it, by its name in the registry "effects". */
import { Component, markup, onMounted, onWillUnmount, useExternalListener, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { session } from "@web/core/session";
import { Icon } from "@web/ui/icon/icon";

/** How long it stays; "no": until something is pressed. */
const STAYS_MS = { fast: 2000, medium: 3500, slow: 5000 };
const LEAVES_MS = 300;

/** @typedef {{message?: string, messageIsHtml?: boolean, img_url?: string, imgUrl?: string, fadeout?: "fast"|"medium"|"slow"|"no", Component?: any, props?: object}} Params */

/** A bow in the colours of our series that rises over the message. Who wishes no motion sees it as it is in the end. */
export class RainbowMan extends Component {
    static template = xml`
        <div class="f-effect" t-att-class="{'f-leaving': state.isLeaving}" role="status">
            <div class="f-effect-card">
                <svg class="f-effect-bow" viewBox="0 0 200 104" aria-hidden="true">
                    <path t-foreach="bows" t-as="bow" t-key="bow.tone" pathLength="1" fill="none" stroke-width="9" t-att-stroke="'var(--tone-' + bow.tone + ')'" t-att-d="bow.path"/>
                </svg>
                <img t-if="props.imgUrl" class="f-effect-picture" t-att-src="props.imgUrl" alt=""/>
                <span t-else="" class="f-effect-sign"><Icon name="'check'"/></span>
                <div class="f-effect-message">
                    <t t-if="props.Component" t-component="props.Component" t-props="props.props"/>
                    <t t-else="" t-out="props.message"/>
                </div>
            </div>
        </div>`;
    static components = { Icon };
    static props = ["message", "close", "fadeout", "imgUrl?", "Component?", "props?"];

    setup() {
        this.state = useState({ isLeaving: false });
        this.bows = [0, 1, 2, 3].map((index) => ({ tone: [4, 1, 0, 5][index], path: `M${8 + 11 * index} 102a${92 - 11 * index} ${92 - 11 * index} 0 0 1 ${2 * (92 - 11 * index)} 0` }));
        let timer = 0;
        const leave = () => {
            this.state.isLeaving = true;
            timer = window.setTimeout(() => this.props.close(), LEAVES_MS);
        };
        onMounted(() => {
            const stays = STAYS_MS[this.props.fadeout];
            timer = stays ? window.setTimeout(leave, stays) : 0;
        });
        onWillUnmount(() => window.clearTimeout(timer));
        // what it stands in front of is meant by the press, and is pressed
        useExternalListener(window, "pointerdown", (event) => !(this.props.Component && /** @type {Element} */ (event.target).closest(".f-effect-message")) && this.props.close(), { capture: true });
    }
}

/** @param {any} env @param {Params} [params] */
function rainbowMan(env, params = {}) {
    const text = params.message || _t("Well done!");
    if (!session.show_effect) {
        env.services.notification.add(params.messageIsHtml ? new DOMParser().parseFromString(text, "text/html").body.textContent : text, { type: "success" });
        return undefined;
    }
    const { Component: Inner, props = {}, fadeout = "medium" } = params;
    return { Component: RainbowMan, props: { message: params.messageIsHtml ? markup(text) : text, fadeout, imgUrl: params.imgUrl || params.img_url, Component: Inner, props } };
}

registry.category("effects").add("rainbow_man", rainbowMan);

registry.category("services").add("effect", {
    dependencies: ["overlay", "notification"],
    start(env, { overlay }) {
        return {
            /** @param {Params & {type?: string}} [params] */
            add(params = {}) {
                const made = registry.category("effects").get(params.type || "rainbow_man")(env, params);
                if (made) {
                    const remove = overlay.add(made.Component, { ...made.props, close: () => remove() }, () => {});
                }
            },
        };
    },
});
