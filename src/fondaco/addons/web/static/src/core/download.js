/** A file that the server makes from what the page says: posted as a form, saved under the name the server gives it. */
import { _t } from "@web/core/i18n";
import { ConnectionLostError, RPCError, rpcBus } from "@web/core/rpc";

let lastId = 0;

/** @param {string} url @param {Record<string, string>} fields @returns {Promise<void>} */
export async function download(url, fields) {
    const body = new FormData();
    for (const [name, value] of Object.entries({ ...fields, csrf_token: /** @type {any} */ (window).odoo.csrf_token })) {
        body.append(name, value);
    }
    const id = `download ${++lastId}`;
    rpcBus.trigger("REQUEST", { id, url });
    try {
        const response = await fetch(url, { method: "POST", body, credentials: "same-origin" }).catch(() => {
            throw new ConnectionLostError(url);
        });
        if (!response.ok) {
            throw await errorOf(response);
        }
        save(await response.blob(), fileName(response.headers.get("Content-Disposition") || ""));
    } finally {
        rpcBus.trigger("RESPONSE", { id, url });
    }
}

/** What the page of an error says: the envelope of RPC where there is one. @param {Response} response */
async function errorOf(response) {
    const text = new DOMParser().parseFromString(await response.text(), "text/html").body.textContent || "";
    const envelope = text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1);
    try {
        return new RPCError(JSON.parse(envelope));
    } catch (error) {
        if (!(error instanceof SyntaxError)) {
            throw error;
        }
        return new RPCError({ code: response.status, message: _t("No file"), data: { message: _t("The server could not make the file (status %s).", response.status) } });
    }
}

/** @param {string} header Content-Disposition, RFC 6266 @returns {string} */
export function fileName(header) {
    const extended = /filename\*=UTF-8''([^;]+)/i.exec(header)?.[1];
    return extended ? decodeURIComponent(extended) : /filename="?([^";]+)"?/i.exec(header)?.[1] || "file";
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    // the browser holds the file by then; the address is not needed any more
    setTimeout(() => URL.revokeObjectURL(link.href));
}
