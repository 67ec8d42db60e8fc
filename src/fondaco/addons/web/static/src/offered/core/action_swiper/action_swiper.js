/** What is done when its content is drawn to the side by a finger far enough. */
import { Component, onWillUnmount, useRef, useState, xml } from "@odoo/owl";
import { browser } from "@web/core/browser";
import { locale } from "@web/core/i18n";
import { Icon } from "@web/ui/icon/icon";

/** Below this a finger has only trembled. */
const LEAST_PX = 10;
const BOUNCE_MS = 300;

/** @typedef {{action: () => any, icon?: string, bgColor?: string}} Swipe */

export class ActionSwiper extends Component {
    static template = xml`
        <t t-if="props.onRightSwipe or props.onLeftSwipe">
            <div class="f-swiper" t-ref="root" t-on-touchstart="onStart" t-on-touchmove="onMove" t-on-touchend="() => this.onEnd()" t-on-touchcancel="() => this.rest()">
                <div class="f-swiper-content" t-att-style="'transform: translateX(' + state.left + 'px)'"><t t-slot="default"/></div>
                <div t-if="swipe" class="f-swiper-action" t-att-class="swipe.bgColor" aria-hidden="true"><Icon t-if="swipe.icon" name="swipe.icon"/></div>
            </div>
        </t>
        <t t-else="" t-slot="default"/>`;
    static components = { Icon };
    static props = ["onLeftSwipe?", "onRightSwipe?", "slots?", "animationOnMove?", "animationType?", "swipeDistanceRatio?", "swipeInvalid?"];
    static defaultProps = { animationOnMove: true, animationType: "bounce", swipeDistanceRatio: 2 };

    setup() {
        this.state = useState({ left: 0 });
        /** @type {{el: any}} */
        this.root = useRef("root");
        /** @type {{x: number, y: number}|null} */
        this.start = null;
        this.timer = 0;
        onWillUnmount(() => browser.clearTimeout(this.timer));
    }

    /** The one of the side to which it is drawn; sides are those of the language. @returns {Swipe|undefined} */
    get swipe() {
        const isRight = this.state.left > 0 !== (locale.direction === "rtl");
        return this.state.left ? (isRight ? this.props.onRightSwipe : this.props.onLeftSwipe) : undefined;
    }

    /** @param {TouchEvent} event */
    onStart({ touches }) {
        this.start = touches.length === 1 && !this.props.swipeInvalid?.() ? { x: touches[0].clientX, y: touches[0].clientY } : null;
    }

    /** @param {TouchEvent} event */
    onMove({ touches }) {
        if (!this.start) {
            return;
        }
        const { clientX, clientY } = touches[0];
        const across = clientX - this.start.x;
        if (!this.state.left && Math.abs(across) <= Math.abs(clientY - this.start.y)) {
            this.start = null; // the page is scrolled
            return;
        }
        const most = this.root.el.clientWidth;
        this.state.left = Math.abs(across) < LEAST_PX ? 0 : Math.max(-most, Math.min(most, across));
        if (!this.swipe) {
            this.state.left = 0;
        }
    }

    onEnd() {
        const { swipe } = this;
        const isFar = Math.abs(this.state.left) > this.root.el.clientWidth / this.props.swipeDistanceRatio;
        if (!swipe || !isFar) {
            this.rest();
            return;
        }
        this.start = null;
        if (this.props.animationType === "forwards") {
            this.state.left = Math.sign(this.state.left) * this.root.el.clientWidth;
            this.timer = browser.setTimeout(() => { swipe.action(); this.rest(); }, BOUNCE_MS);
        } else {
            this.rest();
            swipe.action();
        }
    }

    rest() {
        this.start = null;
        this.state.left = 0;
    }
}
