/** Addresses: of routes, of pictures, of files that are not sent yet. */
import { browser } from "@web/core/browser";

/** @param {Record<string, any>} values @returns {string} "a=1&b=" */
export const objectToUrlEncodedString = (values) => Object.entries(values).map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value || "")}`).join("&");

/** @param {string} [origin] @returns {string} without a slash at its end */
export const getOrigin = (origin) => (origin || browser.location.origin).replace(/\/+$/, "");

/** @param {string} route @param {Record<string, any>} [query] @param {{origin?: string}} [options] @returns {string} */
export function url(route, query, { origin } = {}) {
    const text = query && Object.keys(query).length ? `?${objectToUrlEncodedString(query)}` : "";
    return `${/^(https?:)?\/\//.test(route) ? "" : getOrigin(origin)}${route}${text}`;
}

/** @param {string} model @param {number} id @param {string} field @param {{filename?: string, width?: number, height?: number, unique?: any}} [options] */
export function imageUrl(model, id, field, { filename, width, height, unique } = {}) {
    const size = width && height ? `/${width}x${height}` : "";
    const text = unique === undefined || unique === false ? undefined : { unique: typeof unique === "object" && unique?.ts ? unique.ts : String(unique).replace(/\D/g, "") || unique };
    return url(`/web/image/${model}/${id}/${field}${size}${filename ? `/${encodeURIComponent(filename)}` : ""}`, text);
}

/** @param {File|Blob} file @returns {Promise<string>} "data:…;base64,…" */
export function getDataURLFromFile(file) {
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(file.size ? String(reader.result) : `data:${file.type};base64,`);
        reader.onerror = () => reject(reader.error);
        reader.readAsDataURL(file);
    });
}

/** Leave the page for another of this server. @param {string} address */
export function redirect(address) {
    const target = new URL(address, browser.location.href);
    if (target.origin !== browser.location.origin) {
        throw new Error(`redirect: ${target.origin} is another server; only addresses of ${browser.location.origin} are gone to. Use an action ir.actions.act_url.`);
    }
    browser.location.assign(target.href);
}
