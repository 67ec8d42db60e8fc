/** What does a `<graph>` arch say: which picture, of what, by what. */
import { attributesOf, isYes } from "@web/views/arch";
import { COUNT, readMeasures } from "@web/views/measures";

export const MODES = ["bar", "line", "pie"];

/** @param {Element} root @param {import("@web/views/arch").Models} models @param {string} resModel */
export function parseGraphArch(root, models, resModel) {
    const attrs = attributesOf(root);
    const { rows, columns, active, measures } = readMeasures(root, models[resModel].fields);
    return {
        type: "graph",
        jsClass: attrs.js_class,
        activeFields: {},
        mode: MODES.includes(attrs.type) ? attrs.type : "bar",
        isStacked: isYes(attrs.stacked, true),
        isCumulated: isYes(attrs.cumulated),
        order: ["asc", "desc"].includes((attrs.order || "").toLowerCase()) ? attrs.order.toLowerCase() : "",
        groupBy: [...rows, ...columns],
        measure: active[0] || COUNT,
        measures,
        canOpen: !isYes(attrs.disable_linking),
        string: attrs.string,
    };
}
