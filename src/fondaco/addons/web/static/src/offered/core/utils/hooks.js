/** Hooks of components, for addons. */
import { onWillUnmount, useComponent, useEffect, useEnv, useRef } from "@odoo/owl";
import { useAutofocus, useBus, useService } from "@web/core/services";

export { useAutofocus, useBus, useService };

/**
 * The browser marks misspelt words while the input has the focus, and no longer.
 * @param {{refName?: string}} [options] of an input, or of an element with inputs in it
 */
export function useSpellCheck({ refName = "spellcheck" } = {}) {
    const ref = useRef(refName);
    const isInput = (/** @type {Element} */ element) => element.matches("input, textarea, [contenteditable='true']");
    useEffect(
        (root) => {
            if (!root) {
                return;
            }
            // those on which spellcheck is switched off by name stay so
            const inputs = /** @type {HTMLElement[]} */ ([root, ...root.querySelectorAll("*")]).filter((element) => isInput(element) && element.getAttribute("spellcheck") !== "false");
            const set = (/** @type {any} */ { currentTarget, type }) => {
                currentTarget.spellcheck = type === "focus";
            };
            for (const input of inputs) {
                input.spellcheck = document.activeElement === input;
                input.addEventListener("focus", set);
                input.addEventListener("blur", set);
            }
            return () => inputs.forEach((input) => {
                input.removeEventListener("focus", set);
                input.removeEventListener("blur", set);
            });
        },
        () => [ref.el]
    );
    return ref;
}

/** A ref that a child fills: hand it down, and the child says `useForwardRefToParent(name)`. */
export function useChildRef() {
    let held;
    const give = (/** @type {any} */ ref) => {
        held = ref;
    };
    return Object.defineProperty(give, "el", { get: () => held?.el ?? null });
}

/** @param {string} name of the ref, and of the prop in which it is handed down */
export function useForwardRefToParent(name) {
    const ref = useRef(name);
    useComponent().props[name]?.(ref);
    return ref;
}

/** Dialogs that are closed when the component goes. @returns {(component: any, props?: object, options?: object) => () => void} */
export function useOwnedDialogs() {
    const { dialog } = useEnv().services;
    /** @type {Set<() => void>} */
    const open = new Set();
    onWillUnmount(() => open.forEach((close) => close()));
    return (component, props, options = {}) => {
        const close = dialog.add(component, props, { ...options, onClose: (/** @type {any} */ result) => { open.delete(close); /** @type {any} */ (options).onClose?.(result); } });
        open.add(close);
        return close;
    };
}

/** Listen to the element of a ref while it is there. @param {{el: HTMLElement|null}} ref @param {string} type @param {(event: any) => void} listener @param {any} [options] */
export function useRefListener(ref, type, listener, options) {
    useEffect(
        (element) => {
            element?.addEventListener(type, listener, options);
            return () => element?.removeEventListener(type, listener, options);
        },
        () => [ref.el]
    );
}
