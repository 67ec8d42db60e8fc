/** What must the server send so that a view can be painted: active fields to a `web_read` specification. */

/**
 * @typedef {object} ActiveField how one field is used by one view
 * @property {string} name
 * @property {string} [string] label
 * @property {string} [widget]
 * @property {string} [invisible] expression
 * @property {string} [columnInvisible] expression
 * @property {string} [readonly] expression
 * @property {string} [required] expression
 * @property {string} [context] expression
 * @property {string} [domain] expression
 * @property {boolean} [onChange] the server must be asked when it changes
 * @property {boolean} [forceSave] sent although readonly
 * @property {number} [limit]
 * @property {string} [order]
 * @property {{resModel: string, fields: Fields, activeFields: ActiveFields}} [related] for x2many fields shown with their own fields
 */
/** @typedef {Record<string, ActiveField>} ActiveFields */
/** @typedef {Object<string, any>} Fields descriptions as `fields_get` gives them */

const X2MANY = new Set(["one2many", "many2many"]);

/** @param {any} field */
export const isX2many = (field) => X2MANY.has(field?.type);

/**
 * @param {ActiveFields} activeFields
 * @param {Fields} fields
 * @param {(text: string) => object} [readContext] gives a value to a field's context
 * @param {(name: string) => number|undefined} [reachOf] how many lines of a field are needed, where more may be shown than its view begins with
 * @returns {import("@web/core/orm").Specification}
 */
export function getSpecification(activeFields, fields, readContext = () => ({}), reachOf = () => 0) {
    /** @type {import("@web/core/orm").Specification} */
    const specification = {};
    for (const [name, active] of Object.entries(activeFields)) {
        const field = fields[name];
        if (!field || name === "id") {
            continue;
        }
        specification[name] = {};
        if (field.type === "many2one" || field.type === "reference") {
            specification[name].fields = { display_name: {} };
        } else if (isX2many(field) && active.related) {
            specification[name].fields = getSpecification(active.related.activeFields, active.related.fields, readContext);
            if (active.limit) {
                specification[name].limit = Math.max(active.limit, reachOf(name) || 0);
            }
            if (active.order) {
                specification[name].order = active.order;
            }
        }
        if (active.context && active.context !== "{}" && specification[name].fields) {
            const context = readContext(active.context);
            if (Object.keys(context).length) {
                specification[name].context = context;
            }
        }
    }
    return specification;
}
