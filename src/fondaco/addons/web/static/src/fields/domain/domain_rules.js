/** A filter as a list of rules joined by one word, where it is one; and rules written as a filter again. Pure. */
import { Domain } from "@web/core/domain";
import { EvaluationError } from "@web/core/python/evaluator";
import { writeLiteral } from "@web/core/python/literal";
import { _t } from "@web/core/i18n";

/** @typedef {{path: string, operator: string, value: any}} Rule */
/** @typedef {{join: "&"|"|", rules: Rule[]}} Rules */

const COMPARED = ["=", "!=", ">", ">=", "<", "<="];
const OPERATORS = {
    char: ["ilike", "not ilike", "=", "!="], text: ["ilike", "not ilike", "=", "!="], html: ["ilike", "not ilike"],
    integer: COMPARED, float: COMPARED, monetary: COMPARED, date: COMPARED, datetime: COMPARED, boolean: ["="], selection: ["=", "!="],
    many2one: ["ilike", "not ilike", "=", "!="], one2many: ["ilike", "not ilike"], many2many: ["ilike", "not ilike"],
};
export const LABELS = { ilike: _t("contains"), "not ilike": _t("does not contain"), "=": _t("is"), "!=": _t("is not"), ">": _t("is more than"), ">=": _t("is at least"), "<": _t("is less than"), "<=": _t("is at most") };

/** @param {string} type of a field @returns {string[]} */
export const operatorsOf = (type) => OPERATORS[type] || ["=", "!="];

/** @param {string} text @returns {Rules|null} null for what is no flat list of rules, or names something */
export function readRules(text) {
    let list;
    try {
        list = new Domain(text || "[]").toList();
    } catch (error) {
        if (error instanceof EvaluationError || error instanceof SyntaxError || error.name === "ParserError") {
            return null;
        }
        throw error;
    }
    const joins = [...new Set(list.filter((item) => typeof item === "string"))];
    const leaves = list.filter(Array.isArray);
    const isFlat = joins.length < 2 && joins[0] !== "!" && (joins[0] !== "|" || list.length === 2 * leaves.length - 1);
    if (!isFlat || leaves.some((leaf) => leaf.length !== 3 || typeof leaf[0] !== "string" || Array.isArray(leaf[2]))) {
        return null;
    }
    return { join: joins[0] === "|" ? "|" : "&", rules: leaves.map(([path, operator, value]) => ({ path, operator, value })) };
}

/** @param {Rules} rules @returns {string} as Python reads it */
export function writeRules({ join, rules }) {
    const leaves = rules.map(({ path, operator, value }) => `(${[path, operator, value].map(writeLiteral).join(", ")})`);
    const joins = Array(Math.max(rules.length - 1, 0)).fill(writeLiteral(join));
    return `[${[...joins, ...leaves].join(", ")}]`;
}
