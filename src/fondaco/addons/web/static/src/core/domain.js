/** Which records does a filter mean: a domain read from text or list, joined with others, tested on a record. */
import { evaluateExpression } from "@web/core/python/evaluator";
import { writeLiteral } from "@web/core/python/literal";

/** A domain that cannot be read. */
export class InvalidDomainError extends Error {}

const OPERATORS = new Set(["&", "|", "!"]);

export class Domain {
    /** @param {any} [source] a list, the text of one, or a Domain */
    constructor(source = []) {
        this.source = source instanceof Domain ? source.source : source || [];
    }

    static TRUE = new Domain([[1, "=", 1]]);
    static FALSE = new Domain([[0, "=", 1]]);

    /** @param {any[]} domains */
    static and(domains) {
        return Domain.combine(domains, "AND");
    }

    /** @param {any[]} domains */
    static or(domains) {
        return Domain.combine(domains, "OR");
    }

    /** @param {any} domain all that it does not mean */
    static not(domain) {
        const list = normalize(new Domain(domain).toList());
        return list.length ? new Domain(["!", ...list]) : Domain.FALSE;
    }

    /** @param {any[]} domains lists already evaluated, or Domains without names @param {"AND"|"OR"} operator */
    static combine(domains, operator) {
        const lists = domains.map((domain) => normalize(new Domain(domain).toList())).filter((list) => list.length);
        const sign = operator === "AND" ? "&" : "|";
        return new Domain([...Array(Math.max(lists.length - 1, 0)).fill(sign), ...lists.flat()]);
    }

    /** @param {Record<string, any>} [names] @returns {any[]} */
    toList(names = {}) {
        const list = typeof this.source === "string" ? evaluateExpression(this.source, names) : this.source;
        if (!Array.isArray(list)) {
            throw new InvalidDomainError(`not a domain: ${JSON.stringify(this.source)}`);
        }
        return list;
    }

    /** As it is written in a view: a text stays as it is. */
    toString() {
        return typeof this.source === "string" ? this.source : writeLiteral(this.source);
    }

    /** @param {Record<string, any>} record values by field @returns {boolean} */
    contains(record) {
        const list = normalize(this.toList(record));
        let at = 0;
        const read = () => {
            const item = list[at++];
            if (item === "!") {
                return !read();
            }
            if (item === "&" || item === "|") {
                const left = read();
                const right = read();
                return item === "&" ? left && right : left || right;
            }
            return matches(item, record);
        };
        return list.length ? read() : true;
    }
}

/** @param {any[]} list @returns {any[]} with every implied "&" written out */
function normalize(list) {
    const result = [];
    let expected = 1;
    for (const item of list) {
        if (expected === 0) {
            result.unshift("&");
            expected = 1;
        }
        expected += item === "&" || item === "|" ? 1 : item === "!" ? 0 : -1;
        result.push(item);
    }
    if (list.length && expected !== 0) {
        throw new InvalidDomainError(`an operand is missing in ${JSON.stringify(list)}`);
    }
    return result;
}

const text = (value) => String(value === false || value === null || value === undefined ? "" : value).toLowerCase();
const contained = (value, other) => (Array.isArray(value) ? value.some((item) => other.includes(item)) : other.includes(value));
const TESTS = {
    "=": (value, other) => (Array.isArray(value) ? value.includes(other) || (!value.length && !other) : (value ?? false) === other),
    "==": (value, other) => value === other,
    "!=": (value, other) => !TESTS["="](value, other),
    "<": (value, other) => value < other,
    ">": (value, other) => value > other,
    "<=": (value, other) => value <= other,
    ">=": (value, other) => value >= other,
    in: (value, other) => contained(value, Array.isArray(other) ? other : [other]),
    "not in": (value, other) => !contained(value, Array.isArray(other) ? other : [other]),
    like: (value, other) => String(value || "").includes(other),
    "not like": (value, other) => !String(value || "").includes(other),
    ilike: (value, other) => text(value).includes(text(other)),
    "not ilike": (value, other) => !text(value).includes(text(other)),
    "=?": (value, other) => !other || value === other,
};

/** @param {any} leaf @param {Record<string, any>} record */
function matches(leaf, record) {
    const [path, operator, other] = leaf;
    if (typeof path === "number") {
        return TESTS[operator](path, other);
    }
    const test = TESTS[operator];
    if (!test || OPERATORS.has(path)) {
        throw new InvalidDomainError(`unknown operator in ${JSON.stringify(leaf)}`);
    }
    const value = String(path).split(".").reduce((object, name) => (object ? object[name] : false), /** @type {any} */ (record));
    return test(value, other);
}
