/** The pager of the frame, for a view that knows how much it shows. */
import { onWillRender, reactive, useEnv, useSubEnv } from "@odoo/owl";

/** @param {() => ({offset: number, limit: number, total: number, onUpdate: (part: {offset: number, limit: number}) => any}|undefined)} getProps */
export function usePager(getProps) {
    const env = useEnv();
    const pagerProps = reactive({});
    useSubEnv({ config: { ...env.config, pagerProps } });
    onWillRender(() => {
        Object.assign(pagerProps, getProps() || { total: 0 });
    });
}
