/** What happens when a button of a view is pressed: ask, save, call the method or open the action, read again. */
import { useEnv, useSubEnv } from "@odoo/owl";
import { makeContext } from "@web/core/context";
import { _t } from "@web/core/i18n";
import { evaluateExpression } from "@web/core/python/evaluator";
import { registry } from "@web/core/registry";
import { rpc } from "@web/core/rpc";
import { useService } from "@web/core/services";
import { deletions } from "@web/model/deletions";
import { usePressAgain } from "@web/views/press_again";

/**
 * A model may have its buttons do something in the client instead: `(env, record)` in the registry "buttons" under
 * "model.method".
 *
 * In a dialog, a button of its footer ends it: what comes next takes its place. Any other button leaves it where it is,
 * and what it opens stands above.
 *
 * @param {{resModel?: string, selection?: () => Promise<{ids: number[], context: object}>, beforeCall?: (record: any, info: any) => Promise<boolean>, afterCall?: (record: any, info: any) => Promise<void>, close?: (how?: {isReplaced?: boolean}) => void, onReplacedEnd?: () => void}} hooks
 *     resModel, selection: whose method it is where a button stands above all records, and for which of them; close: of the dialog the view stands in; onReplacedEnd: what took its place is closed
 * @returns {{withdraw: () => void}} withdraw: another record is shown, for which nothing was pressed
 */
export function useViewButtons({ resModel, selection, beforeCall, afterCall, close, onReplacedEnd }) {
    const env = useEnv();
    const action = useService("action");
    const dialog = useService("dialog");
    const { run, withdraw } = usePressAgain();
    let end = "";
    const leave = close && ((/** @type {{isReplaced?: boolean}} */ how = {}) => {
        end = how.isReplaced ? "replaced" : "closed";
        close(how);
    });
    /** A view that is gone has nothing to read again: a wizard's record may be gone with it. @param {any} record @param {any} info */
    const afterwards = (record, info) => {
        if (end) {
            return end === "replaced" ? onReplacedEnd?.() : undefined;
        }
        return afterCall?.(record, info);
    };

    /** @param {{info: any, record: any}} press @param {{above?: {ids: number[], context: object}}} kept above: the records it was first pressed for, whatever is chosen when it is pressed again */
    const press = async ({ info, record }, kept) => {
        if (info.special === "cancel") {
            leave?.();
            return;
        }
        // whatever is saved before the call may read the list again
        kept.above ??= record ? undefined : await selection?.();
        const { above } = kept;
        if (info.confirm && !(await dialog.ask({ title: info.confirmTitle || _t("Please confirm"), body: info.confirm, confirmLabel: info.confirmLabel || _t("Continue") }))) {
            return;
        }
        if (beforeCall && !(await beforeCall(record, info))) {
            return;
        }
        if (info.special === "save") {
            leave?.();
            return;
        }
        if (info.type === "edit") {
            await action.doAction({ type: "ir.actions.act_window", res_model: record.resModel, res_id: record.resId, views: [[false, "form"]] });
            return;
        }
        const own = record && registry.category("buttons").get(`${record.resModel}.${info.name}`, null);
        if (own) {
            await own(env, record);
            return;
        }
        const names = record ? record.evalContext : {};
        const chosen = record ? { ids: record.resId ? [record.resId] : [], context: record.model.context } : above;
        const ids = chosen?.ids ?? [];
        const context = makeContext([chosen?.context, info.context], names);
        if (info.type === "object") {
            const args = info.args ? evaluateExpression(info.args, names) : [];
            const model = record?.resModel ?? resModel;
            const params = { model, method: info.name, args: [ids, ...args], kwargs: { context } };
            await deletions.settle();
            const result = await rpc(`/web/dataset/call_button/${model}/${info.name}`, params);
            if (result && typeof result === "object") {
                await action.doAction(result, { onClose: () => afterwards(record, info), parentClose: leave, isParentKept: !info.isInFooter });
                return;
            }
            if (info.isInFooter) {
                leave?.();
            }
        } else if (info.type === "action") {
            const active = ids.length ? { active_id: ids[0], active_ids: ids, active_model: record?.resModel ?? resModel } : {};
            await action.doAction(/^\d+$/.test(info.name) ? Number(info.name) : info.name, { additionalContext: { ...context, ...active }, onClose: () => afterwards(record, info) });
            return;
        }
        await afterwards(record, info);
    };
    /** @param {{info: any, record: any}} pressed */
    const onClickViewButton = (pressed) => {
        const kept = {};
        return run(pressed.info.string || pressed.info.title || _t("The button"), () => press(pressed, kept));
    };
    useSubEnv({ onClickViewButton });
    return { withdraw };
}
