/** What does a `<search>` arch offer: fields to search, filters, groupings. */
import { makeContext } from "@web/core/context";
import { _t } from "@web/core/i18n";
import { evaluateBoolean, EvaluationError } from "@web/core/python/evaluator";
import { attributesOf, parseXML } from "@web/views/arch";
import { countedPeriod, isPeriod } from "@web/views/search/periods";

/**
 * @typedef {object} SearchItem
 * @property {number} id
 * @property {"field"|"filter"|"groupBy"|"favorite"|"dateFilter"} kind
 * @property {string} [name]
 * @property {string} label
 * @property {number} [group] filters of one group are joined by OR
 * @property {string} [domain]
 * @property {string} [context]
 * @property {string} [fieldName]
 * @property {any} [field]
 * @property {string} [operator]
 * @property {string} [filterDomain]
 * @property {string} [interval]
 * @property {boolean} [isHidden]
 * @property {number} [filterId] of a favourite
 * @property {boolean} [isShared]
 * @property {DateOffer} [offer] of a filter by a date
 */
/**
 * @typedef {object} DateOffer
 * @property {string[]} months periods, the latest first @property {string[]} years
 * @property {string[]} usual what it filters by where a screen begins with it
 * @property {{period: string, label: string, domain: string}[]} own domains of the view; each excludes the others and all periods
 */

const GROUPABLE = new Set(["many2one", "many2many", "selection", "boolean", "date", "datetime", "char"]);

const RELATIONS = ["many2one", "many2many", "one2many"];

/** @param {SearchItem} item @param {any} value @returns {boolean} whether it is the id of a record */
export const isRecord = ({ field }, value) => RELATIONS.includes(field?.type) && typeof value === "number";

/** @param {string|undefined} arch @param {Record<string, any>} fields @param {Record<string, any>} [names] that its expressions may use @returns {SearchItem[]} */
export function parseSearchArch(arch, fields, names = {}) {
    /** @type {SearchItem[]} */
    const items = [];
    let group = 0;
    /** @param {Element} node */
    const walk = (node) => {
        for (const child of node.children) {
            if (child.tagName === "field") {
                readField(child, fields, items, names);
            } else if (child.tagName === "filter") {
                readFilter(child, fields, items, group, names);
            } else if (child.tagName === "separator") {
                group += 1;
            } else if (child.tagName === "group") {
                group += 1;
                walk(child);
                group += 1;
            }
        }
    };
    if (arch) {
        walk(parseXML(arch));
    }
    if (!items.some((item) => item.kind === "field")) {
        items.push({ id: items.length, kind: "field", name: "display_name", fieldName: "display_name", field: fields.display_name || { type: "char" }, label: _t("Name") });
    }
    return items;
}

/** @param {Element} node @param {Record<string, any>} fields @param {SearchItem[]} items @param {Record<string, any>} names */
function readField(node, fields, items, names) {
    const attrs = attributesOf(node);
    const field = fields[attrs.name];
    if (field && !isHiddenBy(attrs.invisible, names)) {
        items.push({ id: items.length, kind: "field", name: attrs.name, fieldName: attrs.name, field, label: attrs.string || field.string, operator: attrs.operator, filterDomain: attrs.filter_domain, context: attrs.context, domain: attrs.domain });
    }
}

/** @param {Element} node @param {Record<string, any>} fields @param {SearchItem[]} items @param {number} group @param {Record<string, any>} names */
function readFilter(node, fields, items, group, names) {
    const attrs = attributesOf(node);
    const isHidden = isHiddenBy(attrs.invisible, names);
    const groupBy = /group_by/.test(attrs.context || "") ? [makeContext([attrs.context]).group_by].flat()[0] : "";
    const base = { id: items.length, name: attrs.name, label: attrs.string || attrs.help || attrs.name || "", group, isHidden };
    if (groupBy) {
        const [fieldName, interval] = String(groupBy).split(":");
        items.push({ ...base, kind: "groupBy", fieldName, interval, field: fields[fieldName] });
    } else if (attrs.date) {
        items.push({ ...base, kind: "dateFilter", fieldName: attrs.date, field: fields[attrs.date], domain: attrs.domain, offer: readDateOffer(node, attrs) });
    } else {
        items.push({ ...base, kind: "filter", domain: attrs.domain || "[]", context: attrs.context });
    }
}

/** @param {Element} node @param {Record<string, string>} attrs @returns {DateOffer} */
function readDateOffer(node, attrs) {
    const own = [...node.children].filter(({ tagName }) => tagName === "filter").map(attributesOf).map(({ name, string, domain }) => ({ period: `custom_${name}`, label: string || name, domain: domain || "[]" }));
    const [first, last] = [numberIn(attrs.start_month, -2), numberIn(attrs.end_month, 0)];
    const isKnown = (period) => isPeriod(period) || own.some((candidate) => candidate.period === period);
    const wanted = (attrs.default_period || "").split(",").map((period) => period.trim()).filter(isKnown);
    const single = wanted.find((period) => !isPeriod(period));
    const usual = single ? [single] : wanted.length ? wanted : [countedPeriod("month", Math.max(Math.min(0, last), first))];
    return { own, usual, months: counted("month", first, last), years: counted("year", numberIn(attrs.start_year, -2), numberIn(attrs.end_year, 0)) };
}

/** @param {string|undefined} text @param {number} usual @returns {number} */
const numberIn = (text, usual) => (text && Number.isInteger(Number(text)) ? Number(text) : usual);

/** @param {string} unit @param {number} first @param {number} last from now @returns {string[]} the latest first */
const counted = (unit, first, last) => Array.from({ length: Math.max(last - first + 1, 0) }, (_one, index) => countedPeriod(unit, last - index));

/** @param {string|undefined} expression an `invisible` of a search view @param {Record<string, any>} names @returns {boolean} */
export function isHiddenBy(expression, names) {
    try {
        return Boolean(expression) && evaluateBoolean(/** @type {string} */ (expression), names);
    } catch (error) {
        if (!(error instanceof EvaluationError)) {
            throw error;
        }
        console.warn(`invisible=${JSON.stringify(expression)} of a search view cannot be told`, error);
        return false;
    }
}

/** Fields a list can be grouped by although the arch does not say so. @param {Record<string, any>} fields */
export function groupableFields(fields) {
    return Object.entries(fields)
        .filter(([name, field]) => field.groupable !== false && field.store !== false && GROUPABLE.has(field.type) && name !== "id")
        .map(([name, field]) => ({ name, label: field.string, type: field.type }))
        .sort((left, right) => left.label.localeCompare(right.label));
}
