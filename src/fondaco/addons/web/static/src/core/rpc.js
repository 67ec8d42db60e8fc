/**
 * How does the client call the server: one door for JSON-RPC, with errors that say what to do.
 *
 * `rpcBus` tells "REQUEST", "RESPONSE" and "OFFLINE"/"ONLINE", so that progress and connection can be shown once; of a body
 * that is large (files are in it) "SENDING", with the percentage that is sent; "CLOSED" where a database takes no changes
 * for a while, with the seconds after which the server wants to be asked again, and "RETRY" when it takes them again.
 */
import { EventBus } from "@odoo/owl";
import { failureText, isExpected } from "@web/core/failures";
import { _t } from "@web/core/i18n";

export const rpcBus = new EventBus();

/**
 * The server answered with an error. `message` is a sentence for people: the server's own where it refused on purpose, else
 * one of ours; `data.message` is what the server said.
 */
export class RPCError extends Error {
    /** @param {{code: number, message: string, data?: any}} error @param {string} [requestId] by which the server's log knows it @param {boolean} [isRefusal] the server says that its message is for people */
    constructor(error, requestId = "", isRefusal = false) {
        const data = error.data || {};
        super(failureText(data.name || "", isRefusal) || data.message || error.message);
        this.name = "RPCError";
        this.code = error.code;
        this.exceptionName = data.name || "";
        this.data = data;
        this.title = error.message;
        this.requestId = requestId;
        this.isRefusal = isRefusal;
    }

    /** True for what the server refused on purpose: a rule of the business, a right that is missing. */
    get isExpected() {
        return isExpected(this.exceptionName, this.isRefusal);
    }

    /** True when somebody else changed the same fields of the record first. */
    get isConflict() {
        return this.exceptionName.endsWith("WriteConflict");
    }

    /** True when the records asked for are not there any more, or not for this user. */
    get isGone() {
        return /(MissingError|AccessError)$/.test(this.exceptionName);
    }

    get isSessionExpired() {
        return this.code === 100;
    }
}

/** No answer came, or the server put it off: the request may be repeated when it only reads. */
export class ConnectionLostError extends Error {
    /** @param {string} url @param {string} [message] @param {boolean} [isPutOff] the server is there and said when to ask again */
    constructor(url, message = _t("The server cannot be reached. Nothing you entered is lost; try again when the connection is back."), isPutOff = false) {
        super(message);
        this.name = "ConnectionLostError";
        this.url = url;
        this.isPutOff = isPutOff;
    }
}

/** Characters of a body that is on its way for long enough to tell how far it is. */
const LARGE = 500_000;
export const REQUEST_ID = "X-Request-Id";
const REFUSED = "X-Fondaco-Refused";
const READ_HEADERS = ["Content-Type", "Retry-After", "X-Fondaco-Away", REFUSED, REQUEST_ID];
const USUAL_WAIT_S = 5;
/** A Response of these refuses even an empty body. */
const BODILESS = [204, 205, 304];

let lastId = 0;
let offline = false;

/** What a request learned of the connection. @param {boolean} isOffline */
export function tellConnection(isOffline) {
    if (isOffline !== offline) {
        offline = isOffline;
        rpcBus.trigger(isOffline ? "OFFLINE" : "ONLINE");
    }
}

/**
 * Call a JSON route and return its result.
 * @param {string} url
 * @param {Record<string, any>} [params]
 * @param {{silent?: boolean, signal?: AbortSignal, keepalive?: boolean}} [options] silent: no progress is shown; keepalive: goes on when the page is left
 * @returns {Promise<any>}
 */
export async function rpc(url, params = {}, { silent = false, signal, keepalive = false } = {}) {
    const id = ++lastId;
    if (!silent) {
        rpcBus.trigger("REQUEST", { id, url });
    }
    try {
        const response = await send(url, { jsonrpc: "2.0", method: "call", id, params }, { signal, keepalive });
        const answer = await readAnswer(url, response);
        if (answer.error) {
            throw new RPCError(answer.error, response.headers.get(REQUEST_ID) || "", Boolean(response.headers.get(REFUSED)));
        }
        return answer.result;
    } finally {
        if (!silent) {
            rpcBus.trigger("RESPONSE", { id, url });
        }
    }
}

/** @param {string} url @param {object} body @param {{signal?: AbortSignal, keepalive?: boolean}} options */
async function send(url, body, { signal, keepalive }) {
    const text = JSON.stringify(body);
    let response;
    try {
        response = await (text.length > LARGE ? sendLarge(url, text, signal) : fetch(url, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            credentials: "same-origin",
            body: text,
            signal,
            keepalive,
        }));
    } catch (error) {
        if (error instanceof DOMException && error.name === "AbortError") {
            throw error;
        }
        tellConnection(true);
        throw new ConnectionLostError(url);
    }
    if (response.status === 503 && response.headers.get("X-Fondaco-Away") === "upgrade") {
        rpcBus.trigger("CLOSED", { retryAfterS: Number(response.headers.get("Retry-After")) || USUAL_WAIT_S });
        throw new ConnectionLostError(url, _t("The database is being upgraded and takes no changes for a minute or two. Nothing you entered is lost."), true);
    }
    if (response.status === 502 || response.status === 503 || response.status === 504) {
        tellConnection(true);
        throw new ConnectionLostError(url);
    }
    tellConnection(false);
    return response;
}

/** As fetch does it, which does not tell what is gone. @param {string} url @param {string} text @param {AbortSignal} [signal] @returns {Promise<Response>} */
function sendLarge(url, text, signal) {
    const request = new XMLHttpRequest();
    return new Promise((resolve, reject) => {
        if (signal?.aborted) {
            reject(new DOMException("", "AbortError"));
            return;
        }
        request.upload.onprogress = ({ loaded, total }) => rpcBus.trigger("SENDING", { url, percent: Math.round((100 * loaded) / (total || 1)) });
        request.onerror = () => reject(new TypeError("no answer"));
        request.onabort = () => reject(new DOMException("", "AbortError"));
        request.onload = () => {
            const { status } = request;
            const headers = READ_HEADERS.map((name) => /** @type {[string, string]} */ ([name, request.getResponseHeader(name) || ""]));
            try {
                resolve(new Response(BODILESS.includes(status) ? null : request.responseText, { status, headers }));
            } catch (error) {
                // a status that no Response can have
                reject(error);
            }
        };
        signal?.addEventListener("abort", () => request.abort());
        request.open("POST", url);
        request.setRequestHeader("Content-Type", "application/json");
        request.send(text);
    });
}

/** @param {string} url @param {Response} response */
async function readAnswer(url, response) {
    const type = response.headers.get("Content-Type") || "";
    if (!type.includes("json")) {
        throw new RPCError({
            code: response.status,
            message: _t("Unexpected answer"),
            data: { name: "", message: _t("The server gave an answer that could not be read (status %s).", response.status) },
        }, response.headers.get(REQUEST_ID) || "");
    }
    return response.json();
}

