/** How does a value travel: from the server's JSON to what the client holds, and back. Pure. */

/** @typedef {[number, string]} Many2oneValue */

/**
 * @param {any} field
 * @param {any} value as `web_read` gives it; x2many values are handled by their list
 * @returns {any} many2one: `[id, name]` or false; reference: `{resModel, resId, displayName}` or false
 */
export function parseServerValue(field, value) {
    switch (field.type) {
        case "many2one":
            if (!value) {
                return false;
            }
            if (Array.isArray(value)) {
                return value;
            }
            return typeof value === "object" ? [value.id, value.display_name ?? ""] : [value, ""];
        case "reference":
            if (!value) {
                return false;
            }
            if (typeof value === "string") {
                const [resModel, id] = value.split(",");
                return { resModel, resId: Number(id), displayName: "" };
            }
            return { resModel: value.id?.model ?? value.model, resId: value.id?.id ?? value.id, displayName: value.display_name ?? "" };
        case "char":
        case "text":
        case "html":
            return value || "";
        case "integer":
        case "float":
        case "monetary":
            return value === null ? false : value;
        default:
            return value ?? false;
    }
}

/** @param {any} field @param {any} value @returns {any} what `web_save` and `onchange` take */
export function serializeValue(field, value) {
    switch (field.type) {
        case "many2one":
            return value ? value[0] : false;
        case "reference":
            return value?.resModel && value.resId ? `${value.resModel},${value.resId}` : false;
        case "properties":
            return value && value.map((property) => ({ ...property, value: bareValue(property) }));
        case "char":
        case "text":
        case "html":
            return value === "" ? false : value;
        default:
            return value;
    }
}

/** Related records by their ids. @param {{type: string, value?: any}} property */
function bareValue({ type, value }) {
    if (type === "many2one") {
        return Array.isArray(value) ? value[0] : value;
    }
    return type === "many2many" && value ? value.map((item) => (Array.isArray(item) ? item[0] : item)) : value;
}

/** @param {any} field @param {any} value @returns {any} what an expression sees */
export function evalValue(field, value) {
    switch (field.type) {
        case "many2one":
            return value ? value[0] : false;
        case "one2many":
        case "many2many":
            return value?.currentIds ?? [];
        case "reference":
            return value ? `${value.resModel},${value.resId}` : false;
        default:
            return value === "" ? false : value;
    }
}

/** @param {any} field @returns {any} what a field holds before anything is known */
export function emptyValue(field) {
    return ["char", "text", "html"].includes(field.type) ? "" : ["integer", "float", "monetary"].includes(field.type) ? 0 : false;
}

/** @param {any} field @param {any} value @returns {boolean} is there something in it */
export function isFilled(field, value) {
    switch (field.type) {
        case "boolean":
            return true;
        case "integer":
        case "float":
        case "monetary":
            return value !== false && value !== null && value !== undefined;
        case "one2many":
        case "many2many":
            return value.count > 0;
        case "html":
            return Boolean(value) && (/<(img|video|iframe|hr)\b/i.test(value) || value.replace(/<[^>]*>|&nbsp;|\s/g, "") !== "");
        case "char":
        case "text":
            return Boolean(value) && value.trim() !== "";
        default:
            return Boolean(value);
    }
}
