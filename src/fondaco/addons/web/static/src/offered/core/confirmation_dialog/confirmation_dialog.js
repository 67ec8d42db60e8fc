/** Questions and announcements, whose title may be left to us. */
import { _t } from "@web/core/i18n";
import { ConfirmationDialog as OwnDialog } from "@web/ui/dialog/dialog";

export class ConfirmationDialog extends OwnDialog {
    static defaultProps = { ...OwnDialog.defaultProps, title: _t("Please confirm") };
}

export class AlertDialog extends ConfirmationDialog {
    static defaultProps = { ...OwnDialog.defaultProps, title: _t("Please note") };
}

/** What asks before something is deleted. */
export const deleteConfirmationMessage = _t("This is deleted for good. Go on?");
