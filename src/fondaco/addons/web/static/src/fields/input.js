/**
 * How does a text typed into an input become a value of the record.
 *
 * The value is handed over when the input is left, and whenever the record is about to be saved or left; a text that
 * cannot be read stays in the input and marks the field.
 */
import { onMounted, onPatched, onWillUnmount, useComponent, useRef } from "@odoo/owl";
import { ParseError } from "@web/core/formats";

/** When what was changed until now is painted. @returns {Promise<void>} */
const painted = () => new Promise((resolve) => { window.requestAnimationFrame(() => window.setTimeout(resolve)); });

/**
 * Ctrl+Enter does what the sign at the end of an input does, which Tab passes by: for the keydown of what holds both.
 * @param {KeyboardEvent} event
 * @param {(text: string) => Promise<boolean|void>} handOver what is typed in the input becomes the value that the sign means; false: it cannot
 */
export async function pressAction(event, handOver) {
    const holder = /** @type {HTMLElement} */ (event.currentTarget);
    const input = holder.querySelector("input");
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !input?.value) {
        return;
    }
    event.preventDefault();
    event.stopPropagation();
    if ((await handOver(input.value.trim())) !== false) {
        await painted();
        /** @type {HTMLElement|null} */ (holder.querySelector(".f-input-action"))?.click();
    }
}

/**
 * @param {{getValue: () => string, parse?: (text: string) => any, refName?: string}} options
 * @returns {{el: any}}
 */
export function useInputField({ getValue, parse = (text) => text, refName = "input" }) {
    const component = useComponent();
    /** @type {{el: any}} */
    const ref = useRef(refName);
    let shown = "";
    let isTyping = false;

    const show = () => {
        const { record, name } = component.props;
        if (ref.el && !isTyping && !record.invalid.has(name)) {
            shown = getValue();
            if (ref.el.value !== shown) {
                ref.el.value = shown;
            }
        }
    };
    const commit = () => {
        if (!ref.el || !isTyping) {
            return undefined;
        }
        isTyping = false;
        const { record, name } = component.props;
        const text = ref.el.value;
        if (text === shown && !record.invalid.has(name)) {
            return undefined;
        }
        try {
            const value = parse(text);
            shown = text;
            record.invalid.delete(name);
            return record.update({ [name]: value });
        } catch (error) {
            if (!(error instanceof ParseError)) {
                throw error;
            }
            return record.setInvalidField(name, error.message);
        }
    };
    const onInput = () => {
        isTyping = true;
        component.props.record.model.bus.trigger("FIELD_IS_DIRTY", true);
    };
    const onChange = () => {
        isTyping = true;
        // a refusal is shown by whoever listens to unhandled errors
        commit();
        show();
    };
    const onKeydown = (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Enter" && ref.el?.tagName === "INPUT") {
            commit();
        }
    };
    const onAsked = (/** @type {any} */ event) => {
        event.detail.proms.push(commit());
    };
    const onForget = (/** @type {any} */ event) => {
        if (event.detail.record === component.props.record) {
            isTyping = false;
            show();
        }
    };
    let element = null;
    const listen = () => {
        if (element === ref.el) {
            return;
        }
        element?.removeEventListener("input", onInput);
        element?.removeEventListener("change", onChange);
        element?.removeEventListener("keydown", onKeydown);
        element = ref.el;
        element?.addEventListener("input", onInput);
        element?.addEventListener("change", onChange);
        element?.addEventListener("keydown", onKeydown);
    };
    const bus = component.props.record.model.bus;
    onMounted(() => {
        listen();
        show();
        bus.addEventListener("NEED_LOCAL_CHANGES", onAsked);
        bus.addEventListener("FORGET_LOCAL_CHANGES", onForget);
    });
    onPatched(() => {
        listen();
        show();
    });
    onWillUnmount(() => {
        bus.removeEventListener("NEED_LOCAL_CHANGES", onAsked);
        bus.removeEventListener("FORGET_LOCAL_CHANGES", onForget);
    });
    return ref;
}
