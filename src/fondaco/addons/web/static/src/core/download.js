/** Files that go to the server and that it makes: posted as a form, saved under the name the server gives them. */
import { _t } from "@web/core/i18n";
import { ConnectionLostError, REQUEST_ID, RPCError, rpcBus, tellConnection } from "@web/core/rpc";

let lastId = 0;

/** @param {string} url @param {Record<string, string>} fields @returns {Promise<void>} */
export async function download(url, fields) {
    await post(url, fields, _t("The server could not make the file."), async (response) => {
        save(await response.blob(), fileName(response.headers.get("Content-Disposition") || ""));
    });
}

/** Post a form with files. @param {string} url @param {Record<string, string>} fields @param {Record<string, Blob>} files @returns {Promise<void>} */
export const upload = (url, fields, files) => post(url, { ...fields, ...files }, _t("The server did not take the file."), async () => {});

/** Post a form and hear the answer as it comes, a line of JSON at a time. @param {string} url @param {Record<string, string>} fields @param {(line: any) => void} hear @returns {Promise<void>} */
export const follow = (url, fields, hear) => post(url, fields, _t("The server did not do it."), async (response) => {
    const reader = /** @type {ReadableStream} */ (response.body).pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
        const lines = (rest + part.value).split("\n");
        rest = lines.pop() || "";
        lines.forEach((line) => hear(JSON.parse(line)));
    }
});

/**
 * Post files and hear how much of them is gone; the answer is JSON.
 * @param {string} url @param {Record<string, string>} fields @param {File[]} files @param {(percent: number) => void} onProgress @returns {Promise<any>}
 */
export function uploadWithProgress(url, fields, files, onProgress) {
    const body = new FormData();
    Object.entries({ ...fields, csrf_token: /** @type {any} */ (window).odoo.csrf_token }).forEach(([name, value]) => body.append(name, value));
    files.forEach((file) => body.append("ufile", file));
    const request = new XMLHttpRequest(); // fetch does not tell what is gone
    return new Promise((resolve, reject) => {
        request.upload.onprogress = ({ loaded, total }) => onProgress(Math.round((100 * loaded) / (total || 1)));
        request.onerror = () => reject(lost(url));
        request.onload = () => {
            const refusal = _t("The server did not take the file.");
            if (request.status === 200) {
                resolve(JSON.parse(request.responseText));
            } else {
                errorOf(new Response(request.responseText, { status: request.status, headers: { [REQUEST_ID]: request.getResponseHeader(REQUEST_ID) || "" } }), refusal).then(reject);
            }
        };
        request.open("POST", url);
        request.send(body);
    });
}

/**
 * @param {string} url @param {Record<string, string|Blob>} fields @param {string} refusal what is said when the server gives no reason
 * @param {(response: Response) => Promise<void>} read
 */
async function post(url, fields, refusal, read) {
    const body = new FormData();
    for (const [name, value] of Object.entries({ ...fields, csrf_token: /** @type {any} */ (window).odoo.csrf_token })) {
        body.append(name, value);
    }
    const id = `form ${++lastId}`;
    rpcBus.trigger("REQUEST", { id, url });
    try {
        const response = await fetch(url, { method: "POST", body, credentials: "same-origin" }).catch(() => {
            throw lost(url);
        });
        if (!response.ok) {
            throw await errorOf(response, refusal);
        }
        await read(response);
    } finally {
        rpcBus.trigger("RESPONSE", { id, url });
    }
}

/** No answer came: the page says that the server cannot be reached. @param {string} url */
function lost(url) {
    tellConnection(true);
    return new ConnectionLostError(url);
}

/** What the page of an error says: the envelope of RPC where there is one. @param {Response} response @param {string} refusal */
async function errorOf(response, refusal) {
    const text = new DOMParser().parseFromString(await response.text(), "text/html").body.textContent || "";
    const requestId = response.headers.get(REQUEST_ID) || "";
    const envelope = text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1);
    try {
        return new RPCError(JSON.parse(envelope), requestId);
    } catch (error) {
        if (!(error instanceof SyntaxError)) {
            throw error;
        }
        return new RPCError({ code: response.status, message: _t("No file"), data: { message: _t("%(refusal)s (status %(status)s)", { refusal, status: response.status }) } }, requestId);
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
