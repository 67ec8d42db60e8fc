/**
 * How does the page stay connected: a websocket, or polls where a proxy lets none through; back after every break.
 *
 * The number of the last notification is kept for the next connection, so that nothing is missed and nothing comes twice.
 * Knows no services: everything it touches is passed in, and a test passes something else.
 */
import { EventBus } from "@odoo/owl";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;
/** A websocket that fails so often before it ever opened is not let through. */
const TRIES_BEFORE_POLLS = 2;
/** While polls do the work a websocket is tried again after so long: the proxy may have been mended. */
const WEBSOCKET_AGAIN_MS = 10 * 60_000;
const POLL_PATH = "/longpolling/poll";

export const OUTDATED = "OUTDATED_VERSION";
export const SESSION_EXPIRED = 4001;

/** @typedef {"connecting"|"connected"|"waiting"|"ended"} State */

/** Tells "NEWS" with a list of `{id, message}`, "STATE", "OUTDATED" and "EXPIRED". */
export class Connection extends EventBus {
    /**
     * @param {{
     *   url: string, version: string, last: number, WebSocket: typeof WebSocket,
     *   post: (path: string, params: Record<string, any>) => Promise<any>,
     *   setTimeout: (work: () => void, ms: number) => any, clearTimeout: (timer: any) => void, random?: () => number,
     * }} world
     */
    constructor(world) {
        super();
        this.world = world;
        this.random = world.random || Math.random;
        /** @type {Set<string>} */
        this.channels = new Set();
        this.last = world.last;
        /** @type {State} */
        this.state = "ended";
        this.failures = 0;
        this.hasEverOpened = false;
        this.isPolling = false;
        /** @type {WebSocket | null} */
        this.socket = null;
        this.timer = null;
    }

    start() {
        if (this.state === "ended") {
            this.open();
        }
    }

    stop() {
        this.world.clearTimeout(this.timer);
        this.isPolling = false;
        this.setState("ended");
        this.socket?.close(1000);
        this.socket = null;
    }

    /** Try at once instead of after the wait, when the network is back. */
    hurry() {
        if (this.state === "waiting") {
            this.world.clearTimeout(this.timer);
            this.open();
        }
    }

    /** @param {string} channel */
    addChannel(channel) {
        if (!this.channels.has(channel)) {
            this.channels.add(channel);
            this.subscribe();
        }
    }

    /** @param {string} channel */
    deleteChannel(channel) {
        if (this.channels.delete(channel)) {
            this.subscribe();
        }
    }

    /** @param {string} name @param {any} data @returns {boolean} whether it went out */
    send(name, data) {
        if (this.socket?.readyState !== 1) {
            return false;
        }
        this.socket.send(JSON.stringify({ event_name: name, data }));
        return true;
    }

    /** Channels change together when a page opens: the server is told once. */
    subscribe() {
        if (!this.isTelling) {
            this.isTelling = true;
            Promise.resolve().then(() => {
                this.isTelling = false;
                this.send("subscribe", { channels: [...this.channels], last: this.last });
            });
        }
    }

    open() {
        this.setState("connecting");
        const { WebSocket, url, version } = this.world;
        const socket = (this.socket = new WebSocket(`${url}?version=${version}`));
        let hasOpened = false;
        socket.onopen = () => {
            hasOpened = this.hasEverOpened = true;
            this.isPolling = false;
            this.failures = 0;
            this.setState("connected");
            this.subscribe();
        };
        socket.onmessage = ({ data }) => this.receive(JSON.parse(data));
        socket.onclose = ({ code, reason }) => {
            if (socket === this.socket) {
                this.socket = null;
                this.closed(code, reason, hasOpened);
            }
        };
    }

    /** @param {number} code @param {string} reason @param {boolean} hasOpened */
    closed(code, reason, hasOpened) {
        if (reason === OUTDATED || code === SESSION_EXPIRED) {
            this.setState("ended");
            this.trigger(reason === OUTDATED ? "OUTDATED" : "EXPIRED");
            return;
        }
        this.failures += hasOpened ? 0 : 1;
        if (!this.hasEverOpened && this.failures >= TRIES_BEFORE_POLLS) {
            this.poll();
            return;
        }
        const asked = /^retry_ms=(\d+)$/.exec(reason);
        this.later(asked ? Number(asked[1]) : this.waitMs());
    }

    /** Longer after each failure, and never the same for all who lost their connection together. */
    waitMs() {
        const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures);
        return longest / 2 + (this.random() * longest) / 2;
    }

    /** @param {number} ms */
    later(ms) {
        this.setState("waiting");
        this.timer = this.world.setTimeout(() => this.open(), ms);
    }

    /** News over plain HTTP: ask, and ask again when the answer is there. */
    async poll() {
        this.isPolling = true;
        this.trigger("STATE", this.state);
        let isFailing = false;
        this.world.setTimeout(() => {
            this.isPolling = false;
        }, WEBSOCKET_AGAIN_MS);
        while (this.isPolling) {
            try {
                const news = await this.world.post(POLL_PATH, { channels: [...this.channels], last: this.last });
                if (!this.isPolling) {
                    break;
                }
                isFailing = false;
                this.failures = 0;
                this.setState("connected");
                this.receive(news);
            } catch (error) {
                if (error.isSessionExpired) {
                    this.isPolling = false;
                    this.setState("ended");
                    this.trigger("EXPIRED");
                    return;
                }
                this.failures += isFailing ? 1 : 0;
                isFailing = true;
                this.setState("waiting");
                await new Promise((resolve) => this.world.setTimeout(() => resolve(undefined), this.waitMs()));
            }
        }
        if (this.state !== "ended") {
            this.failures = 0;
            this.open();
        }
    }

    /** @param {{id: number, message: any}[]} news */
    receive(news) {
        const fresh = news.filter(({ id }) => id > this.last);
        if (fresh.length) {
            this.last = fresh[fresh.length - 1].id;
            this.trigger("NEWS", fresh);
        }
    }

    /** @param {State} state */
    setState(state) {
        if (state !== this.state) {
            this.state = state;
            this.trigger("STATE", state);
        }
    }
}
