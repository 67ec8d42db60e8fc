/** What a `<quay>` says: the field that has the length, and those that are written on the boat. */

/** @param {Element} root */
export function parseQuayArch(root) {
    return {
        type: "quay",
        activeFields: {},
        length: root.getAttribute("length") || "",
        names: [...root.querySelectorAll("field")].map((node) => node.getAttribute("name") || ""),
    };
}
