/**
 * What does a Python expression say: from tokens to a tree.
 *
 * A node is a plain object with a `type`; `evaluator.js` has one case for each. Only expressions exist here, no
 * statements, no comprehension, no lambda: what view archs, domains and contexts use.
 */
import { tokenize, ExpressionError } from "@web/core/python/tokens";

/** @typedef {{type: string, [key: string]: any}} Node */

const CONSTANTS = new Map([["True", true], ["False", false], ["None", null], ["true", true], ["false", false]]);
const COMPARISONS = new Set(["==", "!=", "<", ">", "<=", ">=", "in", "is"]);
/** Left binding powers of the arithmetic operators. */
const POWER = { "|": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4, "//": 4, "%": 4, "**": 6 };
const UNARY_POWER = 5;

/** @type {Map<string, Node>} */
const parsed = new Map();

/**
 * Return the tree of `source`; the same object each time, it is never changed.
 * @param {string} source
 * @returns {Node}
 */
export function parseExpression(source) {
    let node = parsed.get(source);
    if (!node) {
        node = new Parser(source).parse();
        parsed.set(source, node);
    }
    return node;
}

class Parser {
    /** @param {string} source */
    constructor(source) {
        this.source = source;
        this.tokens = tokenize(source.trim());
        this.position = 0;
    }

    parse() {
        const node = this.readTernary();
        if (this.peek().type !== "end") {
            this.fail(`unexpected ${JSON.stringify(this.peek().value)}`);
        }
        return node;
    }

    peek() {
        return this.tokens[this.position];
    }

    /** @param {string} problem @returns {never} */
    fail(problem) {
        throw new ExpressionError(this.source, this.peek().at, problem);
    }

    /** @param {string} operator */
    at(operator) {
        const token = this.peek();
        return token.type === "operator" && token.value === operator;
    }

    /** @param {string} operator */
    accept(operator) {
        const found = this.at(operator);
        this.position += found ? 1 : 0;
        return found;
    }

    /** @param {string} operator */
    expect(operator) {
        if (!this.accept(operator)) {
            this.fail(`expected ${JSON.stringify(operator)}`);
        }
    }

    /** @returns {Node} */
    readTernary() {
        const value = this.readOr();
        if (!this.accept("if")) {
            return value;
        }
        const test = this.readOr();
        this.expect("else");
        return { type: "ternary", test, then: value, otherwise: this.readTernary() };
    }

    readOr() {
        let left = this.readAnd();
        while (this.accept("or")) {
            left = { type: "or", left, right: this.readAnd() };
        }
        return left;
    }

    readAnd() {
        let left = this.readNot();
        while (this.accept("and")) {
            left = { type: "and", left, right: this.readNot() };
        }
        return left;
    }

    /** @returns {Node} */
    readNot() {
        return this.accept("not") ? { type: "not", value: this.readNot() } : this.readComparison();
    }

    readComparison() {
        const first = this.readArithmetic(0);
        const steps = [];
        for (let operator = this.readComparator(); operator; operator = this.readComparator()) {
            steps.push({ operator, value: this.readArithmetic(0) });
        }
        return steps.length ? { type: "comparison", first, steps } : first;
    }

    /** @returns {string} "" when no comparison follows */
    readComparator() {
        if (this.at("not")) {
            this.position += 1;
            this.expect("in");
            return "not in";
        }
        const token = this.peek();
        if (token.type !== "operator" || !COMPARISONS.has(token.value)) {
            return "";
        }
        this.position += 1;
        return token.value === "is" && this.accept("not") ? "is not" : token.value;
    }

    /** @param {number} minimum @returns {Node} */
    readArithmetic(minimum) {
        let left = this.readUnary();
        for (;;) {
            const token = this.peek();
            const power = token.type === "operator" ? POWER[token.value] : undefined;
            if (!power || power <= minimum) {
                return left;
            }
            this.position += 1;
            // ** binds to the right, all others to the left
            const right = this.readArithmetic(token.value === "**" ? power - 1 : power);
            left = { type: "arithmetic", operator: token.value, left, right };
        }
    }

    /** @returns {Node} */
    readUnary() {
        for (const operator of ["-", "+"]) {
            if (this.accept(operator)) {
                return { type: "sign", operator, value: this.readArithmetic(UNARY_POWER) };
            }
        }
        return this.readPostfix(this.readAtom());
    }

    /** @param {Node} node @returns {Node} */
    readPostfix(node) {
        for (;;) {
            if (this.accept(".")) {
                node = { type: "attribute", object: node, name: this.readName() };
            } else if (this.accept("[")) {
                node = { type: "item", object: node, key: this.readTernary() };
                this.expect("]");
            } else if (this.accept("(")) {
                node = { type: "call", callee: node, ...this.readArguments() };
            } else {
                return node;
            }
        }
    }

    readName() {
        const token = this.peek();
        if (token.type !== "name") {
            this.fail("expected a name");
        }
        this.position += 1;
        return token.value;
    }

    readArguments() {
        const args = [];
        const kwargs = {};
        while (!this.accept(")")) {
            const token = this.peek();
            const next = this.tokens[this.position + 1];
            if (token.type === "name" && next.type === "operator" && next.value === "=") {
                this.position += 2;
                kwargs[token.value] = this.readTernary();
            } else {
                args.push(this.readTernary());
            }
            if (!this.at(")")) {
                this.expect(",");
            }
        }
        return { args, kwargs };
    }

    /** @param {string} closing @returns {Node[]} */
    readItems(closing) {
        const items = [];
        while (!this.accept(closing)) {
            items.push(this.readTernary());
            if (!this.at(closing)) {
                this.expect(",");
            }
        }
        return items;
    }

    /** @returns {Node} */
    readAtom() {
        const token = this.peek();
        this.position += 1;
        if (token.type === "number") {
            return { type: "constant", value: token.value };
        }
        if (token.type === "string") {
            let value = token.value;
            while (this.peek().type === "string") {
                value += this.peek().value;
                this.position += 1;
            }
            return { type: "constant", value };
        }
        if (token.type === "name") {
            return CONSTANTS.has(token.value)
                ? { type: "constant", value: CONSTANTS.get(token.value) }
                : { type: "name", name: token.value };
        }
        if (token.value === "(") {
            return this.readParenthesis();
        }
        if (token.value === "[") {
            return { type: "list", items: this.readItems("]") };
        }
        if (token.value === "{") {
            return this.readDict();
        }
        this.position -= 1;
        return this.fail(token.type === "end" ? "the expression ends early" : `unexpected ${JSON.stringify(token.value)}`);
    }

    readParenthesis() {
        if (this.accept(")")) {
            return { type: "list", items: [] };
        }
        const first = this.readTernary();
        if (this.accept(")")) {
            return first;
        }
        this.expect(",");
        return { type: "list", items: [first, ...this.readItems(")")] };
    }

    readDict() {
        const entries = [];
        while (!this.accept("}")) {
            const key = this.readTernary();
            this.expect(":");
            entries.push([key, this.readTernary()]);
            if (!this.at("}")) {
                this.expect(",");
            }
        }
        return { type: "dict", entries };
    }
}
