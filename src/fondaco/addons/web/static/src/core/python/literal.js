/** How is a plain value written so that Python reads it: in a domain or a context that is kept as text. */

/** @param {any} value what JSON can say @returns {string} */
export function writeLiteral(value) {
    if (Array.isArray(value)) {
        return `[${value.map(writeLiteral).join(", ")}]`;
    }
    if (value && typeof value === "object") {
        return `{${Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${writeLiteral(item)}`).join(", ")}}`;
    }
    return value === true ? "True" : value === false ? "False" : value === null || value === undefined ? "None" : JSON.stringify(value);
}
