/** What do the heads of groups know of the records that the groups stand for: read for all of them at once. */
import { getSpecification } from "@web/model/specification";

/** @typedef {{fields: Record<string, any>, activeFields: Record<string, any>, buttons: any[]}} GroupHead of one many2one */

/**
 * @param {import("@web/model/list").RecordList} list
 * @param {import("@web/model/list").Group[]} groups
 */
export async function readHeads(list, groups) {
    const [name] = list.query.groupBy[0].split(":");
    const head = list.groupHeads[name];
    const known = groups.filter(({ value }) => typeof value === "number");
    if (!head || !known.length) {
        return;
    }
    const { fields, activeFields } = head;
    const resModel = list.fields[name].relation;
    // what it says beside its buttons is the answer of the grouping
    const specification = { id: {}, ...getSpecification(activeFields, fields) };
    const found = new Map((await readable(list, resModel, known.map(({ value }) => value), specification)).map((row) => [row.id, row]));
    for (const group of known) {
        const row = found.get(group.value);
        if (row) {
            group.record = list.model.makeRecord({ resModel, fields, activeFields, resId: row.id, context: list.query.context });
            group.record.setRaw(row);
        }
    }
}

/**
 * A group has a name for who may not read its record too: such a head has no buttons, and the list is shown.
 * @param {import("@web/model/list").RecordList} list @param {string} resModel @param {number[]} ids @param {object} specification
 * @returns {Promise<any[]>} rows, archived ones as well
 */
async function readable(list, resModel, ids, specification) {
    try {
        const context = { ...list.context, active_test: false };
        return (await list.model.orm.webSearchRead(resModel, [["id", "in", ids]], { specification, context })).records;
    } catch (error) {
        if (/** @type {any} */ (error).isGone) {
            return [];
        }
        throw error;
    }
}
