/**
 * Which long-lived parts does the client have, in which order do they start, how does a component reach one.
 *
 * A service is `{dependencies?: string[], start(env, dependencies)}` in the registry "services".
 */
import { onMounted, onWillUnmount, useComponent, useEffect, useEnv, useExternalListener, useRef } from "@odoo/owl";
import { registry } from "@web/core/registry";

/** @typedef {Record<string, any> & {services: Record<string, any>, bus: import("@odoo/owl").EventBus}} Env */

/**
 * Start every service whose dependencies have started, until none is left. One of an addon whose dependencies are not here
 * is left out, so that the page is there all the same.
 * @param {Env} env
 */
export async function startServices(env) {
    const waiting = new Map(registry.category("services").getEntries());
    while (waiting.size) {
        const ready = [...waiting].filter(([, service]) => (service.dependencies || []).every((name) => name in env.services));
        if (!ready.length) {
            const names = [...waiting].map(([name, s]) => `${name} (needs ${(s.dependencies || []).join(", ")})`);
            console.error(`services that cannot start are left out: ${names.join("; ")}`);
            return;
        }
        await Promise.all(
            ready.map(async ([name, service]) => {
                waiting.delete(name);
                const dependencies = Object.fromEntries((service.dependencies || []).map((key) => [key, env.services[key]]));
                env.services[name] = (await service.start(env, dependencies)) ?? null;
            })
        );
    }
}

/** @param {string} name @returns {any} the service of that name */
export function useService(name) {
    const { services } = useEnv();
    if (!(name in services)) {
        throw new Error(`the service '${name}' is not available`);
    }
    return services[name];
}

/**
 * Listen to a bus for as long as the component lives.
 * @param {import("@odoo/owl").EventBus} bus @param {string} type @param {(event: CustomEvent) => void} listener
 */
export function useBus(bus, type, listener) {
    const component = useComponent();
    const bound = listener.bind(component);
    onMounted(() => bus.addEventListener(type, bound));
    onWillUnmount(() => bus.removeEventListener(type, bound));
}

/**
 * Give focus to the element with `t-ref` when it appears.
 * @param {{refName?: string, selectAll?: boolean}} [options]
 */
export function useAutofocus({ refName = "autofocus", selectAll = false } = {}) {
    const ref = useRef(refName);
    useEffect(
        (element) => {
            if (element) {
                element.focus();
                if (selectAll && element instanceof HTMLInputElement) {
                    element.select();
                }
            }
        },
        () => [ref.el]
    );
    return ref;
}

/**
 * Call `close` when a press happens outside the elements of the refs.
 * @param {() => (HTMLElement|null)[]} inside @param {() => void} close
 */
export function usePressOutside(inside, close) {
    useExternalListener(window, "pointerdown", (event) => {
        if (!inside().some((element) => element && element.contains(/** @type {Node} */ (event.target)))) {
            close();
        }
    }, { capture: true });
}
