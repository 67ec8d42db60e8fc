/**
 * What is searched, as the address of the page says it, so that it outlives a reload and can be sent to somebody.
 *
 * A JSON list of what was chosen, by names that a view keeps: `[["filter","customers"],["date","created","month"]]`.
 * What cannot be read, or is no part of the view any more, is left out.
 */
import { Domain, InvalidDomainError } from "@web/core/domain";
import { EvaluationError } from "@web/core/python/evaluator";
import { ExpressionError } from "@web/core/python/tokens";
import { EARLIER } from "@web/views/comparison";
import { isRecord } from "@web/views/search/search_arch";
import { isPeriod } from "@web/views/search/periods";

/** @typedef {import("@web/views/search/search_arch").SearchItem} SearchItem */
/** @typedef {import("@web/views/search/search_model").Choice} Choice */
/** @typedef {import("@web/views/search/search_model").SearchModel} SearchModel */

/** Browsers, proxies and messengers carry an address of this length. */
const LONGEST = 2000;
const UNREADABLE = [InvalidDomainError, EvaluationError, ExpressionError];
const NUMBERS = ["integer", "float", "monetary"];
const DATES = ["date", "datetime"];
const DAY_OR_MOMENT = /^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?$/;
/** What a field is searched by where its own operator does not hold. */
const OPERATORS = [undefined, "="];
const COMPARED = "compared";
/** The kind of what is chosen beside the records. */
const BESIDE = "panel";
/** Kinds of what a person added, which is in no view. */
const OWN_FILTER = "own";
const OWN_GROUP = "by";

/** Items of one kind may share a name: the second is told by its number. @param {SearchItem[]} items @param {SearchItem} item */
function keyOf(items, item) {
    const name = item.kind === "favorite" ? item.filterId : item.name || item.label;
    const same = items.filter((other) => other.kind === item.kind && (other.name || other.label) === name);
    return same.indexOf(item) > 0 ? `${name}~${same.indexOf(item)}` : name;
}

/** Whether a choice names what no log may have: addresses are logged. @param {SearchModel} search @param {SearchItem} item */
function isSecret(search, item) {
    if (item.kind === "field") {
        return Boolean(item.field.encrypted);
    }
    const names = Object.keys(search.fields).filter((name) => search.fields[name].encrypted);
    return item.kind === "filter" && names.some((name) => String(item.domain).includes(name));
}

/** @param {SearchModel} search @returns {string|undefined} undefined: too long for an address */
export function writeAddress(search) {
    const choices = search.choices.filter(({ itemId }) => !isSecret(search, search.items[itemId]));
    const parts = choices.map(({ itemId, value, label, operator, period }) => {
        const item = search.items[itemId];
        if (itemId >= search.given && item.kind !== "favorite") {
            return item.kind === "filter" ? [OWN_FILTER, item.domain, item.label] : [OWN_GROUP, item.fieldName];
        }
        const how = item.kind === "field" ? [value, isRecord(item, value) ? "" : label, ...(operator ? [operator] : [])] : item.kind === "dateFilter" ? [period] : [];
        return [item.kind, keyOf(search.items, item), ...how];
    });
    parts.push(...Object.entries(search.panel?.chosen || {}).map(([name, chosen]) => [BESIDE, name, chosen]));
    const text = JSON.stringify(search.earlier ? [...parts, [COMPARED, search.earlier]] : parts);
    return text.length > LONGEST ? undefined : text;
}

/** Choose what an address says, in place of what is chosen. @param {SearchModel} search @param {string} text */
export function readAddress(search, text) {
    const parts = listsIn(text);
    if (!parts) {
        return;
    }
    search.earlier = parts.find(([kind, name]) => kind === COMPARED && Object.hasOwn(EARLIER, name))?.[1] || "";
    if (search.panel) {
        search.panel.chosen = readPanel(search.panel, parts);
    }
    search.choices = parts.flatMap((part) => {
        const choice = readPart(search, part);
        return choice ? [choice] : [];
    });
}

/** @param {import("@web/views/search/search_panel_model").SearchPanelModel} panel @param {any[][]} parts @returns {Record<string, any>} */
function readPanel(panel, parts) {
    const isId = ({ field }, id) => (field.type === "selection" ? field.selection.some(([value]) => value === id) : Number.isInteger(id));
    return Object.fromEntries(parts.filter(([kind]) => kind === BESIDE).flatMap(([, name, chosen]) => {
        const section = panel.sections.find((candidate) => candidate.name === name);
        const isMeant = section && Array.isArray(chosen) === section.isMulti && [chosen].flat().every((id) => isId(section, id));
        return isMeant ? [[name, chosen]] : [];
    }));
}

/** @param {string} text @returns {any[][]|null} */
function listsIn(text) {
    try {
        const parts = JSON.parse(text);
        return Array.isArray(parts) ? parts.filter(Array.isArray) : null;
    } catch (error) {
        if (!(error instanceof SyntaxError)) {
            throw error;
        }
        return null;
    }
}

/** @param {SearchModel} search @param {any[]} part @returns {Choice|undefined} */
function readPart(search, [kind, key, ...how]) {
    if (kind === OWN_FILTER) {
        return isDomain(search, key) ? { itemId: search.ownFilter(key, String(how[0])).id } : undefined;
    }
    if (kind === OWN_GROUP) {
        const isKnown = search.groupableFields.some(({ name }) => name === key);
        return isKnown ? { itemId: search.ownGroup(key).id } : undefined;
    }
    const item = search.items.find((candidate) => candidate.kind === kind && keyOf(search.items, candidate) === key);
    if (!item || (kind === "dateFilter" && !isPeriod(how[0]) && !search.ownDomain(item, how[0]))) {
        return undefined;
    }
    const [value, label, operator] = how;
    if (kind === "field" && !(isValueOf(item.field.type, value) && OPERATORS.includes(operator))) {
        return undefined;
    }
    return { field: { itemId: item.id, value, label: isRecord(item, value) ? "" : String(label ?? value), operator }, dateFilter: { itemId: item.id, period: value } }[kind] || { itemId: item.id };
}

/** @param {string} type of a field @param {any} value */
function isValueOf(type, value) {
    if (NUMBERS.includes(type)) {
        return Number.isFinite(value);
    }
    return DATES.includes(type) ? DAY_OR_MOMENT.test(value) && !Number.isNaN(Date.parse(value.replace(" ", "T"))) : ["string", "number", "boolean"].includes(typeof value);
}

/** @param {SearchModel} search @param {any} text */
function isDomain(search, text) {
    try {
        new Domain(String(text)).toList(search.names);
        return true;
    } catch (error) {
        if (!UNREADABLE.some((kind) => error instanceof kind)) {
            throw error;
        }
        console.warn("the address of the page has a filter that cannot be read", error);
        return false;
    }
}
