/** What does a `<pivot>` arch say: which rows and columns it begins with, and what is counted. */
import { attributesOf, isYes } from "@web/views/arch";
import { textToOrder } from "@web/model/list";
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
        sorting: readSorting(attrs.default_order),
        canOpen: !isYes(attrs.disable_linking),
        string: attrs.string,
    };
}

/** By which total are the rows ordered? @param {string|undefined} text "amount desc" @returns {{column: string, number: string, asc: boolean}|null} */
function readSorting(text) {
    const [first] = textToOrder(text);
    return first ? { column: "", number: first.name, asc: first.asc } : null;
}
