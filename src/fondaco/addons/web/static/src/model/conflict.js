/** A record that others change too: what one had seen of it, and what is taken over of what they wrote. */
import { isX2many } from "@web/model/specification";
import { parseServerValue, serializeValue } from "@web/model/values";

/** @typedef {import("@web/model/record").Record} Record */

/** Types whose values can be held against what was read; lines and files cannot. */
const COMPARED_TYPES = new Set(["char", "text", "html", "integer", "float", "monetary", "boolean", "date", "datetime", "selection", "many2one", "reference"]);

/** What the changed fields held when they were read: the server refuses to write over what somebody else wrote since. @param {Record} record @returns {Object<string, any>} */
export function seenValues({ changed, raw, fields }) {
    const compared = [...changed].filter((name) => name in raw && COMPARED_TYPES.has(fields[name]?.type));
    return Object.fromEntries(compared.map((name) => [name, serializeValue(fields[name], parseServerValue(fields[name], raw[name]))]));
}

/**
 * Take what the server says now for all that was not changed here. A changed field keeps what it held when it was read too:
 * should somebody have written it since, the save says so.
 * @param {Record} record @param {Object<string, any>} current
 */
function acceptUnchanged(record, current) {
    const names = Object.keys(current).filter((name) => !record.changed.has(name) && !record.invalid.has(name));
    record.raw = { ...record.raw, ...Object.fromEntries(names.map((name) => [name, current[name]])) };
    for (const name of names.filter((each) => each in record.data && record.fields[each])) {
        if (isX2many(record.fields[name])) {
            record.data[name].setRaw(current[name], { isSaved: true });
        } else {
            record.data[name] = parseServerValue(record.fields[name], current[name]);
        }
    }
}

/** Read a record again; what was changed since it was read stays as it is. @param {Record} record */
export async function readAgain(record) {
    await record.model.exec(async () => {
        const values = await record.read(record.resId);
        if (record.dirty) {
            acceptUnchanged(record, values);
        } else {
            record.setRaw(values);
        }
    });
    record.model.notify();
}

/** Take what the server says now as read; of the changes, those of `names` stay. @param {Record} record @param {Object<string, any>} current @param {string[]} names */
export function acceptCurrent(record, current, names) {
    record.raw = { ...record.raw, ...current };
    for (const name of Object.keys(current)) {
        if (record.changed.has(name) && !names.includes(name)) {
            record.data[name] = parseServerValue(record.fields[name], current[name]);
            record.changed.delete(name);
        }
    }
    record.model.notify();
}
