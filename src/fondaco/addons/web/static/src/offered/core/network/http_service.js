/** Requests that are not JSON-RPC: a page, a file, a form. */
import { registry } from "@web/core/registry";
import { ConnectionLostError, tellConnection } from "@web/core/rpc";

/** @typedef {"json"|"text"|"blob"|"formData"|"arrayBuffer"|"response"} ReadMethod */

/** @param {string} route @param {RequestInit} request @param {ReadMethod} method */
async function ask(route, request, method) {
    const response = await fetch(route, { credentials: "same-origin", ...request }).catch(() => {
        tellConnection(true);
        throw new ConnectionLostError(route);
    });
    if (response.status === 502) {
        tellConnection(true);
        throw new ConnectionLostError(route);
    }
    return method === "response" ? response : response[method]();
}

/** @param {string} route @param {ReadMethod} [readMethod] @returns {Promise<any>} */
export const get = (route, readMethod = "json") => ask(route, { method: "GET" }, readMethod);

/** @param {string} route @param {Record<string, any>|FormData} [params] a list is sent as many of its name @param {ReadMethod} [readMethod] @returns {Promise<any>} */
export function post(route, params = {}, readMethod = "json") {
    const body = params instanceof FormData ? params : new FormData();
    if (body !== params) {
        Object.entries(params).forEach(([name, value]) => [value instanceof FileList ? [...value] : value].flat().forEach((one) => body.append(name, one)));
    }
    return ask(route, { method: "POST", body }, readMethod);
}

export const httpService = { start: () => ({ get, post }) };

registry.category("services").add("http", httpService);
