/**
 * Deletions that can still be taken back: the server is told when the time for it has passed, lists leave the records out
 * until then.
 *
 * Nothing is lost by it. Who leaves the page sends what is held; a browser that dies leaves the records where they are; an
 * answer that does not come is asked for again.
 */
import { EventBus } from "@odoo/owl";
import { ConnectionLostError, rpc, RPCError, rpcBus } from "@web/core/rpc";
import { session } from "@web/core/session";

const HELD_MS = 10000;
/** Ids that are held together: what a request that outlives its page may carry is 64 kB. */
export const MOST_HELD = 5000;

/** @typedef {"held"|"sent"|"waiting"|"done"|"taken back"|"refused"} State */

export class Deletion {
    /** @param {Deletions} all @param {{orm: any, resModel: string, ids: number[], context: object}} request */
    constructor(all, { orm, resModel, ids, context }) {
        this.all = all;
        this.orm = orm;
        this.resModel = resModel;
        this.ids = ids;
        this.context = context;
        /** @type {State} */
        this.state = "held";
        this.wasSent = false;
        this.timer = 0;
        /** The request, once there is one. @type {Promise<void>|undefined} */
        this.sending = undefined;
        this.ended = new Promise((resolve) => {
            this.end = resolve;
        });
    }

    get isOpen() {
        return this.state === "held" || this.state === "sent" || this.state === "waiting";
    }

    /** @returns {boolean} false when the server was told already */
    takeBack() {
        if (this.state !== "held") {
            return false;
        }
        this.finish("taken back");
        return true;
    }

    /** Tell the server now, or wait for what it was told already. */
    send() {
        if (this.isUnsent) {
            this.follow(this.orm.unlink(this.resModel, this.ids, { context: this.context }));
        }
        return this.sending;
    }

    get isUnsent() {
        return this.state === "held" || this.state === "waiting";
    }

    /** @param {Promise<any>} request that tells the server */
    follow(request) {
        this.state = "sent";
        this.all.bus.trigger("SENT", this);
        this.sending = request.then(() => this.finish("done"), (error) => this.onFailure(error));
    }

    /** @param {unknown} error */
    onFailure(error) {
        if (error instanceof ConnectionLostError) {
            this.state = "waiting";
            this.wasSent = true;
            this.all.bus.trigger("WAITING", this);
        } else if (this.wasSent && error instanceof RPCError && error.exceptionName.endsWith("MissingError")) {
            // the answer was lost, the deletion was not
            this.finish("done");
        } else {
            this.finish("refused", error);
        }
    }

    /** @param {State} state @param {unknown} [error] */
    finish(state, error) {
        window.clearTimeout(this.timer);
        this.state = state;
        this.all.list.delete(this);
        this.end({ state, error });
        if (state !== "done") {
            this.all.bus.trigger("BACK", this);
        }
    }
}

export class Deletions {
    constructor() {
        /** @type {Set<Deletion>} */
        this.list = new Set();
        /** "SENT": it is too late to take it back; "BACK": its records are in lists again; "WAITING": the server cannot be reached. */
        this.bus = new EventBus();
    }

    /** Begin to listen to the page. */
    start() {
        window.addEventListener("beforeunload", () => this.leave());
        window.addEventListener("pagehide", () => this.leave());
        for (const isBack of ["ONLINE", "RETRY"]) {
            rpcBus.addEventListener(isBack, () => this.settle(({ state }) => state === "waiting"));
        }
    }

    /** @param {{orm: any, resModel: string, ids: number[], context: object}} request @returns {Deletion} */
    hold(request) {
        if (request.ids.length + [...this.list].reduce((sum, { ids }) => sum + ids.length, 0) > MOST_HELD) {
            this.settle();
        }
        const deletion = new Deletion(this, request);
        this.list.add(deletion);
        deletion.timer = window.setTimeout(() => deletion.send(), HELD_MS);
        return deletion;
    }

    /** The page hears no answers any more: one request, in which the server keeps their order. */
    leave() {
        const unsent = [...this.list].filter(({ isUnsent }) => isUnsent);
        if (!unsent.length) {
            return;
        }
        const wanted = unsent.map(({ resModel, ids, context }) => ({ model: resModel, ids, context: { ...session.user_context, ...context } }));
        const answer = rpc("/web/dataset/unlink_in_turn", { deletions: wanted }, { silent: true, keepalive: true });
        // the person may stay after all
        unsent.forEach((deletion, place) => deletion.follow(answer.then((refusals) => {
            if (refusals[place]) {
                throw new RPCError({ code: 200, message: refusals[place] });
            }
        })));
    }

    /** Records of a model that are as good as gone. @param {string} resModel @returns {number[]} */
    idsOf(resModel) {
        return [...this.list].filter((deletion) => deletion.resModel === resModel).flatMap(({ ids }) => ids);
    }

    /**
     * What the server does next must not meet what was deleted before it: a name that is free again, a line of a total.
     * In the order of the deletions.
     * @param {(deletion: Deletion) => boolean} [isMeant]
     */
    async settle(isMeant = () => true) {
        for (const deletion of [...this.list].filter(isMeant)) {
            await deletion.send();
        }
    }
}

/** Those of this page. */
export const deletions = new Deletions();
