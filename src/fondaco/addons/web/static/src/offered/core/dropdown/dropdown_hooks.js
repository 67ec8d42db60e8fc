/** A list of choices that its owner opens and closes. */
import { reactive, useComponent } from "@odoo/owl";

/** @param {{onOpen?: () => void, onClose?: () => void}} [options] @returns {{isOpen: boolean, open: () => void, close: () => void}} for the prop `state` of a Dropdown */
export function useDropdownState({ onOpen, onClose } = {}) {
    const component = useComponent();
    const state = reactive({
        isOpen: false,
        open() {
            state.isOpen = true;
            onOpen?.();
        },
        close() {
            state.isOpen = false;
            onClose?.();
        },
    }, () => component.render());
    void state.isOpen;
    return state;
}
