/** Which import is under way: it goes on while one works elsewhere, and is there again after a reload. */
import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser";
import { upload } from "@web/core/download";
import { formatInteger } from "@web/core/formats";
import { _n, _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { ConnectionLostError, RPCError, rpcBus } from "@web/core/rpc";
import { session } from "@web/core/session";
import { FileImport } from "@base_import/file_import";

const MODEL = "base_import.import";
/** News come over the bus; this is for when it is away, and for what nobody tells: a job that was given up. */
const LOOK_EVERY_MS = 4000;

class Imports {
    constructor({ orm, notification, bus }) {
        this.orm = orm;
        this.notification = notification;
        /** @type {{job: FileImport|null}} */
        this.state = reactive({ job: null });
        this.restore();
        bus.subscribe("base_import/progress", (told) => this.hear(told));
        browser.setInterval(() => this.look(), LOOK_EVERY_MS);
        rpcBus.addEventListener("ONLINE", () => this.goOn());
    }

    get storageKey() {
        return `fondaco.import.${session.db}.${session.uid}`;
    }

    /** The job for a model: the one that is under way here or was begun elsewhere, or a new one. @param {{resModel: string, title: string, context?: object}} target */
    async jobFor(target) {
        const { job } = this.state;
        const isUnderWay = job && (job.step === "running" || job.step === "paused");
        if (isUnderWay || (job && job.resModel === target.resModel && job.step !== "file")) {
            return;
        }
        const status = await this.orm.silent.call(MODEL, "last_import", [target.resModel]);
        this.begin(target);
        if (status) {
            this.state.job.adopt(status);
            this.remember();
        }
    }

    /** @param {{resModel: string, title: string, context?: object}} target */
    begin(target) {
        // it goes on in the companies and the language in which it was begun
        this.state.job = this.make({ ...target, context: { ...session.user_context, ...target.context } });
        this.forget();
    }

    /** @param {{resModel: string, title: string, context?: object}} target */
    make(target) {
        const orm = this.orm.silent;
        return new FileImport(target, {
            create: (values) => orm.create(MODEL, [values]).then(([id]) => id),
            upload: (id, file) => upload("/base_import/set_file", { id: String(id) }, { ufile: file }),
            call: (method, args, kwargs = {}) => orm.call(MODEL, method, args, { ...kwargs, context: target.context }),
            reached: (id) => orm.read(MODEL, [id], ["imported_to", "imported_count"]).then(([row]) => row),
            now: () => Date.now(),
        });
    }

    // -- what one does with it --------------------------------------------------------------------------------------

    try() {
        return this.act((job) => job.try());
    }

    import() {
        return this.act((job) => job.import());
    }

    /** @param {boolean} [skipsFaulty] */
    continue(skipsFaulty) {
        return this.act((job) => (job.inBackground ? job.continue(skipsFaulty) : job.import()));
    }

    stop() {
        return this.act((job) => job.stop());
    }

    /** Rows with problems are left out of the import. */
    importWithout() {
        const { job } = this.state;
        if (job.inBackground) {
            job.skipsFaulty = true;
        } else {
            job.leaveOutFaulty();
        }
        return this.import();
    }

    /** @param {(job: FileImport) => Promise<void>} step */
    async act(step) {
        const { job } = this.state;
        this.lost = false;
        this.isRefused = false;
        const steps = step(job);
        this.remember(); // the server may have begun before its answer is here
        try {
            await steps;
        } catch (error) {
            this.lost = error instanceof ConnectionLostError;
            throw error;
        } finally {
            this.remember();
        }
        this.tell(job);
    }

    /** Who is elsewhere by now is told of the end. @param {FileImport} job */
    tell(job) {
        if (job.isTrial || job.step === "running") {
            return;
        }
        if (job.step === "done") {
            this.notification.add(_n("%(count)s record imported from %(file)s.", "%(count)s records imported from %(file)s.", job.imported, { count: formatInteger(job.imported), file: job.fileName }), { type: "success" });
        } else if (job.error) {
            this.notification.add(job.error, { type: "warning" });
        } else if (job.problems.length) {
            this.notification.add(_t("The import of %s has stopped: some rows have problems.", job.fileName), { type: "warning" });
        }
    }

    // -- what the server does meanwhile -----------------------------------------------------------------------------

    /** @param {any} told */
    hear(told) {
        const { job } = this.state;
        if (job?.id === told.id && job.inBackground && told.is_trial === job.isTrial && told.at >= job.at) {
            job.follow(told);
            this.isRefused = false;
            if (told.state !== "running") {
                this.look();
            }
        }
    }

    async look() {
        const { job } = this.state;
        if (!job?.inBackground || job.step !== "running" || !job.id || this.isRefused) {
            return;
        }
        let isTold = false;
        try {
            isTold = await job.refresh();
        } catch (error) {
            if (error instanceof ConnectionLostError) {
                return;
            }
            if (error instanceof RPCError && error.isGone) {
                this.begin(job);
            }
            this.isRefused = true; // the session may have ended: asked again when there is news, or the page is loaded anew
            throw error;
        }
        if (isTold && job.step !== "running") {
            this.remember();
            this.tell(job);
        }
    }

    /** The server is there again. */
    goOn() {
        if (this.lost && this.state.job?.step === "paused" && !this.state.job.inBackground) {
            this.import();
        }
    }

    // -- over a reload ----------------------------------------------------------------------------------------------

    remember() {
        const { job } = this.state;
        if (!job.isTrial && (job.step === "running" || job.step === "paused")) {
            browser.localStorage.setItem(this.storageKey, JSON.stringify(job.memory));
        } else {
            this.forget();
        }
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
            Promise.resolve().then(() => this.look());
        }
    }
}

registry.category("services").add("import", { dependencies: ["orm", "notification", "bus_service"], start: (_env, services) => new Imports({ ...services, bus: services.bus_service }) });
