/** What is the form around a line, as the value of the field of the line that leads back to it? */

/** Ids behind links that no view shows, asked once. @type {WeakMap<object, Map<string, number|false>>} */
const asked = new WeakMap();

/**
 * @param {import("@web/model/record").Record} line
 * @returns {Promise<Object<string, any>>} what an onchange of the line is told besides its own values
 */
export async function valueAround(line) {
    const { parent, parentField } = line;
    const field = parent?.fields[parentField];
    if (!parent || !field?.relation_field) {
        return {};
    }
    const values = parent.getChanges({ forOnchange: true, except: parentField });
    const [link, ...rest] = (field.related || "").split(".");
    if (!rest.length) {
        return { [field.relation_field]: { id: parent.resId, ...values } };
    }
    // Lines of another record, such as the contact that a user is: it is told what of it was changed, by its own names.
    const ofLinked = Object.entries(values)
        .map(([name, value]) => [(parent.fields[name].related || "").split("."), value])
        .filter(([path]) => path.length === 2 && path[0] === link)
        .map(([path, value]) => [path[1], value]);
    return { [field.relation_field]: { id: await idBehind(parent, link), ...Object.fromEntries(ofLinked) } };
}

/**
 * @param {import("@web/model/record").Record} record @param {string} link a many2one
 * @returns {Promise<number|false>}
 */
async function idBehind(record, link) {
    if (link in record.activeFields) {
        return record.data[link]?.[0] || false;
    }
    if (!record.resId) {
        return false;
    }
    const known = asked.get(record) || new Map();
    asked.set(record, known);
    if (!known.has(link)) {
        const [row] = await record.model.orm.call(record.resModel, "read", [[record.resId], [link]], { load: null });
        known.set(link, row?.[link] || false);
    }
    return known.get(link);
}
