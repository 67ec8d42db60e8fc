/** What does a `<searchpanel>` offer beside the records: fields of which one value is chosen, or several. */
import { attributesOf, isYes, parseXML } from "@web/views/arch";
import { isHiddenBy } from "@web/views/search/search_arch";

/**
 * @typedef {object} PanelSection
 * @property {string} name of the field
 * @property {any} field
 * @property {string} label
 * @property {boolean} isMulti
 * @property {string} icon
 * @property {string} color
 * @property {boolean} isTree children stand under their parents
 * @property {boolean} isCounted
 * @property {boolean} isExpanded values without records are offered as well
 * @property {number} limit 0: none
 * @property {number} depth how many levels of a tree are open at first
 * @property {string} domain of the values; it may name fields of which one value is chosen
 * @property {string} groupBy
 */
/** @typedef {{viewTypes: string[], className: string, sections: PanelSection[]}} PanelArch */

/** Kinds of view beside which a panel stands that names none. */
const USUAL_VIEWS = "list,kanban";
const USUAL_LIMIT = 200;
const TYPES = { one: ["many2one", "selection"], multi: ["many2one", "many2many", "selection"] };

/**
 * @param {string|undefined} arch of a search view @param {Record<string, any>} fields
 * @param {Record<string, any>} names that its expressions may use @returns {PanelArch|null}
 */
export function parseSearchPanel(arch, fields, names) {
    const node = arch?.includes("<searchpanel") && parseXML(arch).querySelector("searchpanel");
    if (!node) {
        return null;
    }
    const sections = [...node.querySelectorAll("field")].flatMap((child) => readSection(attributesOf(child), fields, names));
    const viewTypes = (node.getAttribute("view_types") || USUAL_VIEWS).split(",").map((type) => type.trim().replace(/^tree$/, "list"));
    return sections.length ? { viewTypes, className: node.getAttribute("class") || "", sections } : null;
}

/** @param {Record<string, string>} attrs @param {Record<string, any>} fields @param {Record<string, any>} names @returns {PanelSection[]} none where it is hidden or cannot be chosen from */
function readSection(attrs, fields, names) {
    const field = fields[attrs.name];
    const isMulti = attrs.select === "multi";
    if (!field || !TYPES[isMulti ? "multi" : "one"].includes(field.type) || isHiddenBy(attrs.invisible, names)) {
        return [];
    }
    return [{
        name: attrs.name, field, label: attrs.string || field.string, isMulti, icon: attrs.icon || "", color: attrs.color || "",
        isTree: !isMulti && field.type === "many2one" && isYes(attrs.hierarchize, true), isCounted: isYes(attrs.enable_counters), isExpanded: isYes(attrs.expand),
        limit: attrs.limit === undefined ? USUAL_LIMIT : Number(attrs.limit), depth: Number(attrs.depth || 0), domain: (isMulti && attrs.domain) || "", groupBy: (isMulti && attrs.groupby) || "",
    }];
}
