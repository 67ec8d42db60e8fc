/** What floats above the page: a list of components that services put there, painted once, in order. */
import { Component, reactive, useState, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { ErrorBoundary } from "@web/ui/error_boundary";

let lastKey = 0;

/** @typedef {{key: number, component: any, props: object, onFailed?: () => void}} Overlay */

const overlayService = {
    start() {
        /** @type {Overlay[]} */
        const overlays = reactive([]);
        return {
            overlays,
            /** @param {any} component @param {object} props @param {() => void} [onFailed] when it could not be shown and was taken away @returns {() => void} takes it away */
            add(component, props, onFailed) {
                const key = ++lastKey;
                overlays.push({ key, component, props, onFailed });
                return () => {
                    const index = overlays.findIndex((overlay) => overlay.key === key);
                    if (index >= 0) {
                        overlays.splice(index, 1);
                    }
                };
            },
        };
    },
};

registry.category("services").add("overlay", overlayService);

export class OverlayContainer extends Component {
    static template = xml`
        <t t-foreach="overlays" t-as="overlay" t-key="overlay.key">
            <ErrorBoundary onFailed="() => this.remove(overlay)"><t t-component="overlay.component" t-props="overlay.props"/></ErrorBoundary>
        </t>`;
    static components = { ErrorBoundary };
    static props = [];

    setup() {
        this.overlays = useState(this.env.services.overlay.overlays);
    }

    /** @param {Overlay} overlay @returns {boolean} false where it was taken away before: nobody waits for it, nobody is told */
    remove(overlay) {
        const index = this.overlays.findIndex(({ key }) => key === overlay.key);
        if (index < 0) {
            return false;
        }
        this.overlays.splice(index, 1);
        overlay.onFailed?.();
        return true;
    }
}
