/** What does a `<pivot>` arch say: which rows and columns it begins with, and what is counted. */
import { attributesOf, isYes } from "@web/views/arch";
import { COUNT, readMeasures } from "@web/views/measures";

/** @param {Element} root @param {import("@web/views/arch").Models} models @param {string} resModel */
export function parsePivotArch(root, models, resModel) {
    const attrs = attributesOf(root);
    const { rows, columns, active, measures } = readMeasures(root, models[resModel].fields);
    const counted = [...active, ...(isYes(attrs.display_quantity) && !active.includes(COUNT) ? [COUNT] : [])];
    return {
        type: "pivot",
        jsClass: attrs.js_class,
        activeFields: {},
        rows,
        columns,
        measureNames: counted.length ? counted : [COUNT],
        measures,
        canOpen: !isYes(attrs.disable_linking),
        string: attrs.string,
    };
}
