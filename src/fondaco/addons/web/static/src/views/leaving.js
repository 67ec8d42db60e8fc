/** What is asked when something that was changed is about to be left and cannot be saved. */
import { _t } from "@web/core/i18n";
import { rpcBus } from "@web/core/rpc";
import { ConfirmationDialog } from "@web/ui/dialog/dialog";

/**
 * The question ends by itself when the server is back, as what waits is saved then.
 * @param {any} dialog the service @param {string} problem why it cannot be saved @returns {Promise<boolean>} whether the changes may go
 */
export function askToDiscard(dialog, problem) {
    return new Promise((resolve) => {
        const close = dialog.add(ConfirmationDialog, {
            title: _t("This record cannot be saved"), body: problem,
            confirmLabel: _t("Stay here"), confirm: () => resolve(false),
            alternativeLabel: _t("Discard changes"), alternative: () => resolve(true),
        }, { onClose: () => end() });
        const backs = ["ONLINE", "RETRY"];
        const end = () => {
            backs.forEach((isBack) => rpcBus.removeEventListener(isBack, close));
            resolve(false);
        };
        backs.forEach((isBack) => rpcBus.addEventListener(isBack, close));
    });
}
