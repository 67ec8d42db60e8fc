/** What is asked when something that was changed is about to be left and cannot be saved. */
import { _t } from "@web/core/i18n";
import { ConfirmationDialog } from "@web/ui/dialog/dialog";

/** @param {any} dialog the service @param {string} problem why it cannot be saved @returns {Promise<boolean>} whether the changes may go */
export function askToDiscard(dialog, problem) {
    return new Promise((resolve) => {
        dialog.add(ConfirmationDialog, {
            title: _t("This record cannot be saved"), body: problem,
            confirmLabel: _t("Stay here"), confirm: () => resolve(false),
            alternativeLabel: _t("Discard changes"), alternative: () => resolve(true),
        }, { onClose: () => resolve(false) });
    });
}
