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
    const rows = await list.model.orm.webRead(resModel, known.map(({ value }) => value), { specification, context: list.context });
    const found = new Map(rows.map((row) => [row.id, row]));
    for (const group of known) {
        const row = found.get(group.value);
        if (row) {
            group.record = list.model.makeRecord({ resModel, fields, activeFields, resId: row.id, context: list.query.context });
            group.record.setRaw(row);
        }
    }
}
