/** Which part of many is seen: "1-80 / 240" with a step to either side; a press on the range lets one type another. */
import { Component, onPatched, useRef, useState, xml } from "@odoo/owl";
import { formatInteger } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { Icon } from "@web/ui/icon/icon";

/** More rows than this at once are no list any more. */
const MOST = 10000;

/**
 * "1-500", "81" or "40 - 60" as the part it names, kept within what there is; null for anything else.
 * @param {string} text @param {{limit: number, total: number, isFree: boolean}} bounds @returns {{offset: number, limit: number}|null}
 */
export function readRange(text, { limit, total, isFree }) {
    const latin = text.replace(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x660)).replace(/(\d)[.,'\s\u066c](?=\d{3})/g, "$1");
    const match = /^\s*(\d+)\s*(?:[-\u2013]\s*(\d+)\s*)?$/.exec(latin);
    if (!match) {
        return null;
    }
    const first = Math.min(Math.max(1, Number(match[1])), total);
    const last = match[2] && isFree ? Math.max(first, Number(match[2])) : first + limit - 1;
    return { offset: first - 1, limit: Math.min(MOST, last - first + 1) };
}

export class Pager extends Component {
    static template = xml`
        <nav class="f-pager" aria-label="Pages" t-if="props.total">
            <bdi class="f-pager-range" dir="ltr" aria-live="polite">
                <input t-if="state.isEdited" t-ref="input" class="f-input f-pager-input" t-att-aria-label="texts.range" t-att-value="typed" t-on-keydown="onKeydown" t-on-blur="() => this.leave()"/>
                <button t-else="" type="button" class="f-pager-text" name="range" t-att-title="texts.edit" t-on-click="() => this.edit()" t-esc="range"/>
                / <button t-if="props.isCounted === false and props.onCount" type="button" class="f-pager-text" name="count" t-att-title="texts.count" t-on-click="() => props.onCount()"><t t-esc="total"/>+</button><t t-else=""><span t-esc="total"/><t t-if="props.isCounted === false">+</t></t>
            </bdi>
            <button type="button" class="f-button f-button-quiet f-button-icon" aria-label="Previous" data-hotkey="p" t-att-disabled="isSingle" t-on-click="() => this.step(-1)"><Icon name="'chevron-left'"/></button>
            <button type="button" class="f-button f-button-quiet f-button-icon" aria-label="Next" data-hotkey="n" t-att-disabled="isSingle" t-on-click="() => this.step(1)"><Icon name="'chevron-right'"/></button>
        </nav>`;
    static components = { Icon };
    static props = ["offset", "limit", "total", "onUpdate", "onCount?", "isCounted?", "isFree?"];

    setup() {
        this.texts = { range: _t("From which to which, such as 1-500"), edit: _t("Show another part"), count: _t("Count them all") };
        this.state = useState({ isEdited: false });
        /** @type {{el: any}} */
        this.input = useRef("input");
        this.isFresh = false;
        onPatched(() => {
            if (this.isFresh && this.input.el) {
                this.isFresh = false;
                this.input.el.select();
            }
        });
    }

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

    /** The range as one types it. */
    get typed() {
        return this.props.limit === 1 ? `${this.props.offset + 1}` : `${this.props.offset + 1}-${this.last}`;
    }

    get isSingle() {
        return this.props.total <= this.props.limit;
    }

    edit() {
        this.isFresh = true;
        this.state.isEdited = true;
    }

    /** What is typed is taken; what is no range leaves everything as it was. */
    leave() {
        if (!this.state.isEdited) {
            return;
        }
        const { limit, total, isFree } = this.props;
        const text = this.input.el.value;
        const chosen = text === this.typed ? null : readRange(text, { limit, total, isFree: Boolean(isFree) });
        this.state.isEdited = false;
        if (chosen) {
            this.props.onUpdate(chosen.offset, chosen.limit);
        }
    }

    /** @param {KeyboardEvent} event */
    onKeydown(event) {
        if (event.key === "Enter") {
            event.preventDefault();
            this.leave();
        } else if (event.key === "Escape") {
            event.preventDefault();
            event.stopPropagation();
            this.state.isEdited = false;
        }
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
        this.props.onUpdate(next, limit);
    }
}
