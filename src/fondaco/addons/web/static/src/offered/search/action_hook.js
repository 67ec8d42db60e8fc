/** What a view or a client action has to say when it is left. */
import { onMounted, useEnv, useExternalListener } from "@odoo/owl";

/** @param {{beforeLeave?: () => any, beforeUnload?: (event: BeforeUnloadEvent) => any, getLocalState?: () => any}} hooks beforeLeave: false keeps it open; getLocalState: what it gets back as `state` */
export function useSetupAction({ beforeLeave, beforeUnload, getLocalState } = {}) {
    const { config } = useEnv();
    onMounted(() => config?.setController?.({
        beforeLeave: async () => (await beforeLeave?.()) !== false,
        ...(getLocalState ? { getState: getLocalState } : {}),
    }));
    if (beforeUnload) {
        useExternalListener(window, "beforeunload", (event) => beforeUnload(event));
    }
}
