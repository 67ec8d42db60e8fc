/** Which part of many is seen: "1-80 / 240" with a step to either side. */
import { Component, xml } from "@odoo/owl";
import { formatInteger } from "@web/core/formats";
import { Icon } from "@web/ui/icon/icon";

export class Pager extends Component {
    static template = xml`
        <nav class="f-pager" aria-label="Pages" t-if="props.total">
            <bdi class="f-pager-range" dir="ltr" aria-live="polite"><span t-esc="range"/> / <span t-esc="total"/><t t-if="props.isCounted === false">+</t></bdi>
            <button type="button" class="f-button f-button-quiet f-button-icon" aria-label="Previous" data-hotkey="p" t-att-disabled="isSingle" t-on-click="() => this.step(-1)"><Icon name="'chevron-left'"/></button>
            <button type="button" class="f-button f-button-quiet f-button-icon" aria-label="Next" data-hotkey="n" t-att-disabled="isSingle" t-on-click="() => this.step(1)"><Icon name="'chevron-right'"/></button>
        </nav>`;
    static components = { Icon };
    static props = ["offset", "limit", "total", "onUpdate", "isCounted?"];

    get last() {
        return Math.min(this.props.offset + this.props.limit, this.props.total);
    }

    get range() {
        const first = formatInteger(this.props.offset + 1);
        return this.props.limit === 1 ? first : `${first}\u2013${formatInteger(this.last)}`;
    }

    get total() {
        return formatInteger(this.props.total);
    }

    get isSingle() {
        return this.props.total <= this.props.limit;
    }

    /** @param {1|-1} direction from the last part one comes to the first, and back */
    step(direction) {
        const { offset, limit, total } = this.props;
        let next = offset + direction * limit;
        if (next >= total) {
            next = 0;
        } else if (next < 0) {
            next = Math.floor((total - 1) / limit) * limit;
        }
        this.props.onUpdate(next);
    }
}
