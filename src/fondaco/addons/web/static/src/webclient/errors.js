/** What happens with an error nobody answered: a sentence for the user, the details for who asks; never a silent console. */
import { OwlError } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { _t } from "@web/core/i18n";
import { EvaluationError } from "@web/core/python/evaluator";
import { ConnectionLostError, RPCError } from "@web/core/rpc";
import { user } from "@web/core/user";
import { InvalidRecordError, MissingRecordError } from "@web/model/record";
import { ConfirmationDialog, ErrorDialog } from "@web/ui/dialog/dialog";
import { UnknownActionError } from "@web/webclient/actions";

const TITLES = { AccessError: _t("You may not do this"), AccessDenied: _t("You may not do this"), MissingError: _t("This record is gone"), MissingActionError: _t("Nothing is there"), ValidationError: _t("Not valid"), UserError: _t("This cannot be done"), WriteConflict: _t("Changed by somebody else") };

/** owl wraps what a hook threw. @param {any} error @returns {any} */
const causeOf = (error) => (error instanceof OwlError && error.cause ? causeOf(error.cause) : error);

class Errors {
    constructor(env, { dialog, notification, action }) {
        this.env = env;
        this.dialog = dialog;
        this.notification = notification;
        this.action = action;
    }

    /** @param {any} thrown @returns {boolean} true when the user was told */
    show(thrown) {
        const error = causeOf(thrown);
        if (registry.category("error_handlers").getAll().some((handle) => handle(this.env, thrown, error))) {
            return true;
        }
        if (error instanceof ConnectionLostError) {
            return true;
        }
        if (error instanceof InvalidRecordError) {
            this.notification.add(error.message, { type: "warning" });
            return true;
        }
        if (error instanceof MissingRecordError) {
            this.notification.add(error.message, { type: "warning" });
            return true;
        }
        if (error instanceof RPCError) {
            this.showRPC(error);
            return true;
        }
        if (error instanceof EvaluationError && /^active_(id|ids|model)$/.test(error.unknownName || "")) {
            this.dialog.add(ErrorDialog, { title: TITLES.UserError, message: _t("This page shows what belongs to a record: open the record, and this from there.") });
            return true;
        }
        if (error instanceof UnknownActionError) {
            this.dialog.add(ErrorDialog, { title: TITLES.MissingActionError, message: error.message });
            return true;
        }
        if (error instanceof DOMException && error.name === "AbortError") {
            return true;
        }
        this.dialog.add(ErrorDialog, { title: _t("Something went wrong"), message: _t("The page met a problem it does not know. Reload it; if this comes back, show the details to whoever looks after the system."), details: error?.stack || String(error) });
        return false;
    }

    /** Where in which code something failed is for those who look after the system. */
    get maySeeDetails() {
        return user.isAdmin || user.isSystem || Boolean(this.env.debug);
    }

    /** @param {RPCError} error */
    showRPC(error) {
        if (error.isSessionExpired) {
            this.dialog.add(ConfirmationDialog, {
                title: _t("You are logged out"), body: _t("Your session has ended. Log in again in a new tab to keep what you entered here, or go to the log-in page."),
                confirmLabel: _t("New tab"), confirm: () => window.open("/web/login", "_blank"), alternativeLabel: _t("Log in"), alternative: () => window.location.assign(`/web/login?redirect=${encodeURIComponent(window.location.pathname)}`),
            });
            return;
        }
        const kind = error.exceptionName.split(".").pop() || "";
        if (kind === "RedirectWarning") {
            const [message, action, label] = error.data.arguments || [];
            this.dialog.add(ConfirmationDialog, { title: _t("First something else"), body: message, confirmLabel: label, confirm: () => this.action.doAction(action), cancel: () => {} });
            return;
        }
        const notification = registry.category("error_notifications").get(error.exceptionName, null);
        if (notification) {
            this.notification.add(notification.message || error.message, notification);
            return;
        }
        const own = registry.category("error_dialogs").get(error.exceptionName, null);
        if (own) {
            this.dialog.add(own, { name: error.name, message: error.message, exceptionName: error.exceptionName, data: error.data, subType: error.data.subType, code: error.code, type: "server", traceback: error.data.debug, serverHost: window.location.host });
            return;
        }
        const title = TITLES[kind] || _t("The server met a problem");
        const more = error.isExpected ? {} : { requestId: error.requestId, details: this.maySeeDetails ? error.data.debug || error.data.message : "" };
        this.dialog.add(ErrorDialog, { title, message: error.message, ...more });
    }
}

registry.category("services").add("error", {
    dependencies: ["dialog", "notification", "action"],
    start(env, services) {
        const errors = new Errors(env, services);
        const listen = (event, error) => {
            if (errors.show(error)) {
                event.preventDefault();
            }
        };
        window.addEventListener("unhandledrejection", (event) => listen(event, event.reason));
        window.addEventListener("error", (event) => event.error && listen(event, event.error));
        return errors;
    },
});
