/** Files that the server makes, saved by the browser. */
import { download as fetchFile } from "@web/core/download";

/** @param {{url: string, data?: Record<string, any>}|string} options @param {Record<string, any>} [fields] @returns {Promise<void>} */
export function download(options, fields = {}) {
    const { url, data = {} } = typeof options === "string" ? { url: options, data: fields } : options;
    return fetchFile(url, Object.fromEntries(Object.entries(data).map(([name, value]) => [name, value !== null && typeof value === "object" && !(value instanceof Blob) ? JSON.stringify(value) : value])));
}
