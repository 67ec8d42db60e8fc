/** What happens when a button of a view is pressed: ask, save, call the method or open the action, read again. */
import { useEnv, useSubEnv } from "@odoo/owl";
import { makeContext } from "@web/core/context";
import { _t } from "@web/core/i18n";
import { evaluateExpression } from "@web/core/python/evaluator";
import { registry } from "@web/core/registry";
import { rpc } from "@web/core/rpc";
import { useService } from "@web/core/services";

/**
 * A model may have its buttons do something in the client instead: `(env, record)` in the registry "buttons" under
 * "model.method".
 *
 * @param {{beforeCall?: (record: any, info: any) => Promise<boolean>, afterCall?: (record: any, info: any) => Promise<void>, close?: () => void}} hooks
 */
export function useViewButtons({ beforeCall, afterCall, close }) {
    const env = useEnv();
    const action = useService("action");
    const dialog = useService("dialog");

    /** @param {{info: any, record: any}} press */
    const onClickViewButton = async ({ info, record }) => {
        if (info.special === "cancel") {
            close?.();
            return;
        }
        if (info.confirm && !(await dialog.ask({ title: info.confirmTitle || _t("Please confirm"), body: info.confirm, confirmLabel: info.confirmLabel || _t("Continue") }))) {
            return;
        }
        if (beforeCall && !(await beforeCall(record, info))) {
            return;
        }
        if (info.special === "save") {
            close?.();
            return;
        }
        const own = record && registry.category("buttons").get(`${record.resModel}.${info.name}`, null);
        if (own) {
            await own(env, record);
            return;
        }
        const names = record ? record.evalContext : {};
        const context = makeContext([record?.model.context, info.context], names);
        if (info.type === "object") {
            const args = info.args ? evaluateExpression(info.args, names) : [];
            const params = { model: record.resModel, method: info.name, args: [record.resId ? [record.resId] : [], ...args], kwargs: { context } };
            const result = await rpc(`/web/dataset/call_button/${record.resModel}/${info.name}`, params);
            if (result && typeof result === "object") {
                await action.doAction(result, { onClose: () => afterCall?.(record, info), parentClose: close });
                return;
            }
            close?.();
        } else if (info.type === "action") {
            const ids = record?.resId ? { active_id: record.resId, active_ids: [record.resId], active_model: record.resModel } : {};
            await action.doAction(/^\d+$/.test(info.name) ? Number(info.name) : info.name, { additionalContext: { ...context, ...ids }, onClose: () => afterCall?.(record, info) });
            return;
        }
        await afterCall?.(record, info);
    };
    useSubEnv({ onClickViewButton });
}
