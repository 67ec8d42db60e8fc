/** Presses of buttons that did not reach the server: offered once more when it is back. */
import { onWillUnmount } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { ConnectionLostError, rpcBus } from "@web/core/rpc";
import { useBus, useService } from "@web/core/services";

/**
 * A press is never repeated by itself, as a save is: what a button does may be meant for that moment only, and where an
 * answer was lost it may be done already.
 * @returns {{run: (label: string, press: () => Promise<void>) => Promise<void>, withdraw: () => void}} run: press, and offer it again if it is cut off; withdraw: what it was pressed for is out of sight
 */
export function usePressAgain() {
    const notification = useService("notification");
    /** @type {{label: string, isPutOff: boolean, press: () => Promise<void>}|null} */
    let cutOff = null;
    let close = () => {};
    /** A press that was under way when the offers were withdrawn makes none any more. */
    let withdrawals = 0;
    const withdraw = () => {
        withdrawals += 1;
        cutOff = null;
        close();
    };
    const run = async (/** @type {string} */ label, /** @type {() => Promise<void>} */ press) => {
        withdraw();
        const before = withdrawals;
        try {
            await press();
        } catch (error) {
            if (error instanceof ConnectionLostError && before === withdrawals) {
                cutOff = { label, isPutOff: error.isPutOff, press };
            }
            throw error;
        }
    };
    const offer = () => {
        if (!cutOff) {
            return;
        }
        const { label, isPutOff, press } = cutOff;
        cutOff = null;
        const message = isPutOff ? _t("“%s” was not done, as the database was being upgraded.", label) : _t("The connection was lost at “%s”: see whether it was done before you try again.", label);
        close = notification.add(message, { type: "warning", sticky: true, buttons: [{ name: _t("Try again"), onClick: () => run(label, press) }] });
    };
    useBus(rpcBus, "ONLINE", offer);
    useBus(rpcBus, "RETRY", offer);
    onWillUnmount(withdraw);
    return { run, withdraw };
}
