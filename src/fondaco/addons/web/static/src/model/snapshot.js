/** What a line was when somebody began to change it, so that it can be that again. */
import { isX2many } from "@web/model/specification";

/** @typedef {import("@web/model/record").Record} Record */
/** @typedef {{raw: object, data: Object<string, any>, changed: Set<string>, lines: Object<string, any>}} Snapshot lines: of its x2many fields */

/** @param {Record} record @returns {Snapshot} */
export function takeSnapshot({ raw, data, changed, fields }) {
    const names = Object.keys(data).filter((name) => isX2many(fields[name]));
    const lines = Object.fromEntries(names.map((name) => [name, { items: [...data[name].items], removed: new Map(data[name].removed) }]));
    return { raw, data: { ...data }, changed: new Set(changed), lines };
}

/** Where it was saved since, it goes back to that. @param {Record} record @param {Snapshot} snapshot used up by it */
export async function restore(record, { raw, data, changed, lines }) {
    await record.model.exec(async () => {
        if (record.raw !== raw) {
            record.setRaw(record.raw);
            return;
        }
        const isOther = [...record.changed].some((name) => isX2many(record.fields[name]) || !changed.has(name) || record.data[name] !== data[name]);
        Object.assign(record, { data, changed });
        record.invalid.clear();
        record.missing.clear();
        for (const [name, parts] of Object.entries(lines)) {
            Object.assign(record.data[name], parts);
        }
        if (isOther && record.parent) {
            await record.parent.fieldsChanged([record.parentField]);
        }
    });
    record.model.notify();
}
