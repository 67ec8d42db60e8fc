/** Deleting as people do it: asked once, said in a notice, taken back from there for some seconds. */
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { deletions, MOST_HELD } from "@web/model/deletions";

class RecordDeletion {
    constructor({ dialog, notification, orm }) {
        this.dialog = dialog;
        this.notification = notification;
        this.orm = orm;
    }

    /**
     * @param {{resModel: string, ids: number[], name?: string, context?: object, archive?: () => void}} request name: of a single record; archive: what can be done instead
     * @returns {Promise<boolean>} false when the person thought better of it
     */
    async ask({ resModel, ids, name, context = {}, archive }) {
        const isHeld = ids.length <= MOST_HELD;
        const end = isHeld ? _t("It can be taken back for ten seconds.") : _t("This cannot be undone.");
        const question = name ? _t("Delete “%s”?", name) : ids.length === 1 ? _t("Delete this record?") : _t("Delete these %s records?", ids.length);
        const isSure = await this.dialog.ask({
            title: _t("Delete"), body: `${question} ${end}`, confirmLabel: _t("Delete"), confirmClass: "f-button-danger",
            ...(archive ? { alternativeLabel: _t("Archive instead"), alternative: archive } : {}),
        });
        if (isSure && isHeld) {
            this.hold({ resModel, ids, name, context });
        } else if (isSure) {
            await this.orm.unlink(resModel, ids, { context });
            this.notification.add(this.say(ids, name), { type: "success" });
        }
        return isSure;
    }

    /** @param {number[]} ids @param {string|undefined} name */
    say(ids, name) {
        return name ? _t("“%s” was deleted.", name) : ids.length === 1 ? _t("1 record was deleted.") : _t("%s records were deleted.", ids.length);
    }

    /** Without a question. @param {{resModel: string, ids: number[], name?: string, context?: object}} request */
    async hold({ resModel, ids, name, context = {} }) {
        const deletion = deletions.hold({ orm: this.orm.silent, resModel, ids, context });
        const sentence = name ? _t("“%s” is being deleted.", name) : ids.length === 1 ? _t("1 record is being deleted.") : _t("%s records are being deleted.", ids.length);
        const close = this.notification.add(sentence, { sticky: true, buttons: [{ name: _t("Undo"), onClick: () => deletion.takeBack() }], onClose: () => deletion.send() });
        const onWaiting = (/** @type {any} */ { detail }) => detail === deletion && this.notification.add(_t("Not deleted yet: the server cannot be reached. It is deleted when the server is back; until then this page must stay open."), { type: "warning" });
        const onSent = (/** @type {any} */ { detail }) => detail === deletion && close();
        deletions.bus.addEventListener("WAITING", onWaiting);
        deletions.bus.addEventListener("SENT", onSent);
        const { state, error } = await deletion.ended;
        deletions.bus.removeEventListener("WAITING", onWaiting);
        deletions.bus.removeEventListener("SENT", onSent);
        close();
        if (state === "done") {
            this.notification.add(this.say(ids, name), { type: "success" });
        } else if (state === "taken back") {
            this.notification.add(_t("Nothing was deleted."), { type: "success" });
        } else {
            this.notification.add(error instanceof Error ? error.message : String(error), { type: "danger", sticky: true, title: name ? _t("“%s” was not deleted", name) : _t("Nothing was deleted") });
        }
    }
}

registry.category("services").add("record_deletion", {
    dependencies: ["dialog", "notification", "orm"],
    start(_env, services) {
        deletions.start();
        return new RecordDeletion(services);
    },
});
