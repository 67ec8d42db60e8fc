/** An input that keeps what is typed in it until that is handed over, however often what is around it is painted anew. */
import { Component, onMounted, onWillUnmount, useEffect, useRef, xml } from "@odoo/owl";

export class TypedInput extends Component {
    static template = xml`<input t-ref="input" class="f-input" step="any" t-att-type="props.type" t-att-aria-label="props.label" t-att-aria-labelledby="props.labelId" t-att-readonly="props.readonly" t-on-input="onInput" t-on-change="() => this.handOver()"/>`;
    static props = ["record", "value", "type", "onChange", "label?", "labelId?", "readonly?"];

    setup() {
        /** @type {{el: any}} */
        this.input = useRef("input");
        this.isTyping = false;
        useEffect((value) => {
            if (!this.isTyping) {
                this.input.el.value = value;
            }
        }, () => [this.props.value, this.props.type]);
        const { bus } = this.props.record.model;
        const onAsked = (/** @type {any} */ event) => {
            event.detail.proms.push(this.handOver());
        };
        const onForget = (/** @type {any} */ event) => {
            if (event.detail.record === this.props.record) {
                this.isTyping = false;
                this.input.el.value = this.props.value;
            }
        };
        onMounted(() => {
            bus.addEventListener("NEED_LOCAL_CHANGES", onAsked);
            bus.addEventListener("FORGET_LOCAL_CHANGES", onForget);
        });
        onWillUnmount(() => {
            bus.removeEventListener("NEED_LOCAL_CHANGES", onAsked);
            bus.removeEventListener("FORGET_LOCAL_CHANGES", onForget);
        });
    }

    onInput() {
        this.isTyping = true;
        this.props.record.model.bus.trigger("FIELD_IS_DIRTY", true);
    }

    /** @returns {any} what is done with what is typed, if anything is */
    handOver() {
        if (!this.isTyping) {
            return undefined;
        }
        this.isTyping = false;
        return this.props.onChange(this.input.el.value);
    }
}
