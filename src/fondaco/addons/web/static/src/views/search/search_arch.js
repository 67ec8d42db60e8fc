/** What does a `<search>` arch offer: fields to search, filters, groupings. */
import { attributesOf, parseXML } from "@web/views/arch";
import { makeContext } from "@web/core/context";
import { _t } from "@web/core/i18n";

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
 */

const GROUPABLE = new Set(["many2one", "many2many", "selection", "boolean", "date", "datetime", "char"]);

/** @param {string|undefined} arch @param {Record<string, any>} fields @returns {SearchItem[]} */
export function parseSearchArch(arch, fields) {
    /** @type {SearchItem[]} */
    const items = [];
    let group = 0;
    /** @param {Element} node */
    const walk = (node) => {
        for (const child of node.children) {
            if (child.tagName === "field") {
                readField(child, fields, items);
            } else if (child.tagName === "filter") {
                readFilter(child, fields, items, group);
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

/** @param {Element} node @param {Record<string, any>} fields @param {SearchItem[]} items */
function readField(node, fields, items) {
    const attrs = attributesOf(node);
    const field = fields[attrs.name];
    if (field && attrs.invisible !== "1" && attrs.invisible !== "True") {
        items.push({ id: items.length, kind: "field", name: attrs.name, fieldName: attrs.name, field, label: attrs.string || field.string, operator: attrs.operator, filterDomain: attrs.filter_domain, context: attrs.context, domain: attrs.domain });
    }
}

/** @param {Element} node @param {Record<string, any>} fields @param {SearchItem[]} items @param {number} group */
function readFilter(node, fields, items, group) {
    const attrs = attributesOf(node);
    const isHidden = attrs.invisible === "1" || attrs.invisible === "True";
    const groupBy = /group_by/.test(attrs.context || "") ? [makeContext([attrs.context]).group_by].flat()[0] : "";
    const base = { id: items.length, name: attrs.name, label: attrs.string || attrs.help || attrs.name || "", group, isHidden };
    if (groupBy) {
        const [fieldName, interval] = String(groupBy).split(":");
        items.push({ ...base, kind: "groupBy", fieldName, interval, field: fields[fieldName] });
    } else if (attrs.date) {
        items.push({ ...base, kind: "dateFilter", fieldName: attrs.date, field: fields[attrs.date], domain: attrs.domain });
    } else {
        items.push({ ...base, kind: "filter", domain: attrs.domain || "[]", context: attrs.context });
    }
}

/** Fields a list can be grouped by although the arch does not say so. @param {Record<string, any>} fields */
export function groupableFields(fields) {
    return Object.entries(fields)
        .filter(([name, field]) => field.groupable !== false && field.store !== false && GROUPABLE.has(field.type) && name !== "id")
        .map(([name, field]) => ({ name, label: field.string, type: field.type }))
        .sort((left, right) => left.label.localeCompare(right.label));
}
