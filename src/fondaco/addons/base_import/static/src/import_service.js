/** Which import is under way: it goes on while one works elsewhere, and is offered again after a reload. */
import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser";
import { upload } from "@web/core/download";
import { _n, _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { ConnectionLostError, rpcBus } from "@web/core/rpc";
import { user } from "@web/core/user";
import { FileImport } from "@base_import/file_import";

const MODEL = "base_import.import";

class Imports {
    constructor({ orm, notification }) {
        this.orm = orm;
        this.notification = notification;
        /** @type {{job: FileImport|null}} */
        this.state = reactive({ job: null });
        this.restore();
        rpcBus.addEventListener("ONLINE", () => this.goOn());
    }

    get storageKey() {
        return `fondaco.import.${user.userId}`;
    }

    /** The job for a model: the one that is under way, or a new one. @param {{resModel: string, title: string, context?: object}} target @returns {FileImport} */
    jobFor(target) {
        const { job } = this.state;
        if (!job || (job.resModel !== target.resModel && job.step !== "running" && job.step !== "paused")) {
            this.begin(target);
        }
        return /** @type {FileImport} */ (this.state.job);
    }

    /** @param {{resModel: string, title: string, context?: object}} target */
    begin(target) {
        this.state.job = this.make(target);
        this.forget();
    }

    /** @param {{resModel: string, title: string, context?: object}} target */
    make(target) {
        const orm = this.orm.silent;
        return new FileImport(target, {
            create: (values) => orm.create(MODEL, [values]).then(([id]) => id),
            upload: (id, file) => upload("/base_import/set_file", { id: String(id) }, { ufile: file }),
            call: (method, args) => orm.call(MODEL, method, args, { context: target.context }),
            reached: (id) => orm.read(MODEL, [id], ["imported_to", "imported_count"]).then(([row]) => row),
            now: () => Date.now(),
            onProgress: (job) => !job.isTrial && this.remember(job),
        });
    }

    /** Import what the job says; who is elsewhere by then is told. */
    async run() {
        const { job } = this.state;
        this.lost = false;
        try {
            await job.import();
        } catch (error) {
            this.lost = error instanceof ConnectionLostError;
            throw error;
        }
        if (job.step === "done") {
            this.forget();
            this.notification.add(_n("%(count)s record imported from %(file)s.", "%(count)s records imported from %(file)s.", job.imported, { count: job.imported, file: job.fileName }), { type: "success" });
            return;
        }
        this.remember(job);
        if (job.problems.length) {
            this.notification.add(_t("The import of %s has stopped: some rows have problems.", job.fileName), { type: "warning" });
        }
    }

    /** The server is there again. */
    goOn() {
        if (this.lost && this.state.job?.step === "paused") {
            this.run();
        }
    }

    /** @param {FileImport} job */
    remember(job) {
        browser.localStorage.setItem(this.storageKey, JSON.stringify(job.memory));
    }

    forget() {
        browser.localStorage.removeItem(this.storageKey);
    }

    restore() {
        const kept = browser.localStorage.getItem(this.storageKey);
        if (kept) {
            const memory = JSON.parse(kept);
            const job = this.make(memory);
            job.recall(memory);
            this.state.job = job;
        }
    }
}

registry.category("services").add("import", { dependencies: ["orm", "notification"], start: (_env, services) => new Imports(services) });
