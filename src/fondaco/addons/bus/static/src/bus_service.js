/** Who wants which news: channels and subscribers of the page, over its one connection. */
import { reactive } from "@odoo/owl";
import { Connection } from "@bus/connection";
import { browser } from "@web/core/browser";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { rpc } from "@web/core/rpc";
import { session } from "@web/core/session";

const PRESENCE_EVERY_MS = 60_000;
const LAST_KEY = `bus.last.${session.db}.${session.uid}`;

/** The number of the last notification this browser got; pages that open later start from there. */
function readLast() {
    try {
        return Number(browser.localStorage.getItem(LAST_KEY)) || 0;
    } catch {
        return 0; // storage is forbidden: what is recent comes again
    }
}

/** @param {number} last */
function keepLast(last) {
    try {
        browser.localStorage.setItem(LAST_KEY, String(last));
    } catch {
        // as above
    }
}

export const busService = {
    dependencies: ["notification"],
    start(env, { notification }) {
        const scheme = browser.location.protocol === "https:" ? "wss" : "ws";
        const connection = new Connection({
            url: `${scheme}://${browser.location.host}/websocket`,
            version: session.websocket_worker_version,
            last: readLast(),
            WebSocket: window.WebSocket,
            post: (path, params) => rpc(path, params, { silent: true }),
            setTimeout: browser.setTimeout,
            clearTimeout: browser.clearTimeout,
        });
        /** @type {Map<string, Set<(payload: any, about: {id: number}) => void>>} */
        const subscribers = new Map();
        const status = reactive({ state: connection.state, isPolling: false });

        connection.addEventListener("NEWS", (/** @type {any} */ { detail: news }) => {
            keepLast(connection.last);
            for (const { id, message } of news) {
                for (const subscriber of [...(subscribers.get(message.type) || [])]) {
                    subscriber(message.payload, { id });
                }
            }
        });
        connection.addEventListener("STATE", () => {
            status.state = connection.state;
            status.isPolling = connection.isPolling;
        });
        connection.addEventListener("OUTDATED", () => {
            notification.add(_t("The server was renewed: load the page again to go on with the new version."), {
                type: "warning", sticky: true, buttons: [{ name: _t("Load again"), primary: true, onClick: () => browser.location.reload() }],
            });
        });
        browser.addEventListener("online", () => connection.hurry());
        browser.addEventListener("pagehide", () => connection.stop());
        browser.addEventListener("pageshow", (/** @type {any} */ event) => event.persisted && connection.start());
        watchPresence(connection);
        if (session.uid) {
            connection.start();
        }
        return {
            status,
            get isActive() { return connection.state === "connected"; },
            get lastNotificationId() { return connection.last; },
            start: () => connection.start(),
            stop: () => connection.stop(),
            addChannel: (channel) => connection.addChannel(channel),
            deleteChannel: (channel) => connection.deleteChannel(channel),
            send: (name, data) => connection.send(name, data),
            /** @param {string} type @param {(payload: any, about: {id: number}) => void} subscriber */
            subscribe(type, subscriber) {
                subscribers.set(type, (subscribers.get(type) || new Set()).add(subscriber));
            },
            /** @param {string} type @param {(payload: any, about: {id: number}) => void} subscriber */
            unsubscribe(type, subscriber) {
                subscribers.get(type)?.delete(subscriber);
            },
        };
    },
};

/** Tell now and then that the user is there, and since when he did nothing. @param {Connection} connection */
function watchPresence(connection) {
    let activeAt = Date.now();
    for (const type of ["pointerdown", "keydown", "focus"]) {
        browser.addEventListener(type, () => { activeAt = Date.now(); }, { capture: true, passive: true });
    }
    const tell = () => connection.send("update_presence", { inactivity_period: Date.now() - activeAt, im_status_ids_by_model: {} });
    connection.addEventListener("STATE", tell);
    browser.setInterval(tell, PRESENCE_EVERY_MS);
}

registry.category("services").add("bus_service", busService);
