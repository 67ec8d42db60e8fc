/** What can be counted in a model, by what can it be grouped, and how are the numbers written? For graph and pivot. */
import { formatFloat, formatInteger, formatMonetary, formatValue } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { attributesOf, isYes } from "@web/views/arch";
import { groupableFields } from "@web/views/search/search_arch";

/** @typedef {{name: string, label: string, field?: any, aggregator?: string, widget?: string}} Measure */

export const COUNT = "__count";
const NUMERIC = new Set(["integer", "float", "monetary"]);
const INTERVALS = () => [["year", _t("year")], ["quarter", _t("quarter")], ["month", _t("month")], ["week", _t("week")], ["day", _t("day")]];

/** @param {any} field */
const isDate = (field) => field?.type === "date" || field?.type === "datetime";

/** @param {string} name @param {any} field @param {string} [interval] @returns {string} "categ_id", "create_date:month" */
export const groupSpec = (name, field, interval) => (isDate(field) ? `${name}:${interval || "month"}` : name);

/** @param {string} spec @param {Record<string, any>} fields @returns {string} what people call the grouping */
export function groupTitle(spec, fields) {
    const [name, interval] = spec.split(":");
    const title = fields[name]?.string || name;
    const period = INTERVALS().find(([key]) => key === interval)?.[1];
    return period ? `${title} (${period})` : title;
}

/**
 * The fields of the arch of a graph or a pivot, and what else the model can count.
 * @param {Element} root @param {Record<string, any>} fields
 */
export function readMeasures(root, fields) {
    /** @type {{rows: string[], columns: string[], active: string[], measures: Measure[]}} */
    const found = { rows: [], columns: [], active: [], measures: [] };
    const hidden = new Set();
    const named = new Map();
    for (const node of root.querySelectorAll(":scope > field")) {
        const attrs = attributesOf(node);
        const field = fields[attrs.name];
        if (isYes(attrs.invisible)) {
            hidden.add(attrs.name);
        } else if (attrs.type === "measure") {
            found.active.push(attrs.name);
            named.set(attrs.name, attrs);
        } else if (field) {
            (attrs.type === "col" ? found.columns : found.rows).push(groupSpec(attrs.name, field, attrs.interval));
        }
    }
    for (const [name, field] of Object.entries(fields)) {
        const attrs = named.get(name);
        const isCounted = NUMERIC.has(field.type) && field.aggregator && field.store !== false && name !== "id";
        if (!hidden.has(name) && (isCounted || (attrs && (field.aggregator || field.type === "many2one")))) {
            found.measures.push({ name, label: attrs?.string || field.string, field, aggregator: field.aggregator || "count_distinct", widget: attrs?.widget });
        }
    }
    found.measures.sort((left, right) => left.label.localeCompare(right.label));
    found.measures.push({ name: COUNT, label: named.get(COUNT)?.string || _t("Count") });
    const known = new Set(found.measures.map(({ name }) => name));
    found.active = found.active.filter((name) => known.has(name));
    return found;
}

/** @param {Measure} measure @returns {string[]} what `read_group` is asked for */
export const aggregateOf = (measure) => (measure.name === COUNT ? [] : [`${measure.name}:${measure.aggregator}`]);

/** @param {Measure} measure @param {any} value */
export function formatMeasure(measure, value) {
    if (value === undefined || value === null || value === false) {
        return "";
    }
    if (!measure.field || measure.aggregator === "count_distinct") {
        return formatInteger(value);
    }
    if (measure.field.type === "monetary") {
        return formatMonetary(value); // groups may mix currencies: no sign
    }
    return measure.widget ? formatValue({ ...measure.field, type: measure.widget }, value) : measure.field.type === "integer" && measure.aggregator === "sum" ? formatInteger(value) : formatFloat(value, { field: measure.field });
}

/** @param {number|undefined} part of what was before @returns {string} with its sign, in percent */
export const formatChange = (part) => (part === undefined ? "" : `${part > 0 ? "+" : ""}${formatFloat(part * 100, { digits: [16, 1] })} %`);

/** @param {import("@web/views/search/search_model").SearchModel} searchModel @returns {{spec: string, label: string}[]} what one may group by, the choices of the search view first */
export function groupChoices(searchModel) {
    const { fields } = searchModel;
    const first = searchModel.groupBys.map((item) => item.fieldName).filter((name) => fields[name]);
    const others = groupableFields(fields).map(({ name }) => name).filter((name) => !first.includes(name));
    return [...new Set([...first, ...others])].flatMap((name) =>
        (isDate(fields[name]) ? INTERVALS().map(([interval]) => `${name}:${interval}`) : [name]).map((spec) => ({ spec, label: groupTitle(spec, fields) }))
    );
}

/**
 * Open the records of a group as a list on top of what is shown.
 * @param {any} action the service @param {{resModel: string, name: string, domain: any[], context: object, views?: any[]}} group
 */
export function openRecords(action, { resModel, name, domain, context, views = [] }) {
    const viewOf = (type) => views.find(([, kind]) => kind === type) || [false, type];
    const plain = Object.fromEntries(Object.entries(context).filter(([key]) => !/^(search_default_|group_by$|graph_|pivot_)/.test(key)));
    return action.doAction({ type: "ir.actions.act_window", name, res_model: resModel, views: [viewOf("list"), viewOf("form")], domain, context: plain });
}
