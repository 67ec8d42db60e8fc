/**
 * What is the value of a Python expression, given the values of its names.
 *
 * `None`, `False` and an absent record value all arrive as null or false; lists are arrays, dicts are plain objects.
 */
import { parseExpression } from "@web/core/python/parser";
import { DATE_NAMES, PyDelta, PyMoment } from "@web/core/python/dates";

/** A name without a value, a call that does not exist: the expression is quoted. */
export class EvaluationError extends Error {
    /** @param {string} message @param {string} [unknownName] the name that has no value, when that is the problem */
    constructor(message, unknownName = "") {
        super(message);
        this.unknownName = unknownName;
    }
}

const FUNCTIONS = {
    len: ([value]) => (value instanceof Set || value instanceof Map ? value.size : Array.isArray(value) || typeof value === "string" ? value.length : Object.keys(value || {}).length),
    bool: ([value]) => isTrue(value),
    int: ([value]) => Math.trunc(Number(value)),
    float: ([value]) => Number(value),
    str: ([value]) => pythonText(value),
    abs: ([value]) => Math.abs(value),
    min: (args) => Math.min(...(args.length === 1 ? args[0] : args)),
    max: (args) => Math.max(...(args.length === 1 ? args[0] : args)),
    round: ([value, digits = 0]) => Number(Number(value).toFixed(digits)),
    set: ([value]) => [...new Set(value || [])],
    list: ([value]) => [...(value || [])],
    tuple: ([value]) => [...(value || [])],
    dict: (args, kwargs) => ({ ...(args[0] || {}), ...kwargs }),
    any: ([value]) => value.some(isTrue),
    all: ([value]) => value.every(isTrue),
};

const METHODS = {
    get: (object, [key, fallback = null]) => (key in object ? object[key] : fallback),
    keys: (object) => Object.keys(object),
    values: (object) => Object.values(object),
    lower: (text) => text.toLowerCase(),
    upper: (text) => text.toUpperCase(),
    startswith: (text, [start]) => text.startsWith(start),
    endswith: (text, [end]) => text.endsWith(end),
    strip: (text) => text.trim(),
    split: (text, [separator]) => text.split(separator ?? /\s+/),
    join: (text, [items]) => items.join(text),
    filter: () => [],
};

/** @param {any} value @returns {boolean} what Python's bool() answers */
export function isTrue(value) {
    if (value === null || value === undefined || value === false || value === 0 || value === "") {
        return false;
    }
    if (Array.isArray(value)) {
        return value.length > 0;
    }
    if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
        return Object.keys(value).length > 0;
    }
    return true;
}

/** @param {any} value */
function pythonText(value) {
    return value === true ? "True" : value === false ? "False" : value === null ? "None" : String(value);
}

/**
 * @param {string} source
 * @param {Record<string, any>} [names]
 * @returns {any} plain JSON values; dates become texts
 */
export function evaluateExpression(source, names = {}) {
    const value = new Evaluator(source, names).value(parseExpression(source));
    return toPlain(value);
}

/**
 * @param {string|boolean|number|undefined|null} source a modifier as it stands in an arch
 * @param {Record<string, any>} [names]
 * @returns {boolean}
 */
export function evaluateBoolean(source, names = {}) {
    if (source === undefined || source === null || source === "" || source === "False" || source === "0" || source === "false") {
        return false;
    }
    if (source === "True" || source === "1" || source === "true" || source === true) {
        return true;
    }
    return isTrue(new Evaluator(String(source), names).value(parseExpression(String(source))));
}

/** @param {any} value */
function toPlain(value) {
    if (value instanceof PyMoment) {
        return value.toString();
    }
    if (Array.isArray(value)) {
        return value.map(toPlain);
    }
    if (value && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
        return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toPlain(item)]));
    }
    return value;
}

const comparable = (value) => (value instanceof PyMoment ? value.toString() : value ?? false);
const same = (left, right) => {
    left = comparable(left);
    right = comparable(right);
    if (Array.isArray(left) && Array.isArray(right)) {
        return left.length === right.length && left.every((item, index) => same(item, right[index]));
    }
    return left === right;
};
const within = (item, container) => {
    if (typeof container === "string") {
        return typeof item === "string" && container.includes(item);
    }
    if (Array.isArray(container)) {
        return container.some((other) => same(other, item));
    }
    return Boolean(container) && typeof container === "object" && item in container;
};

const COMPARE = {
    "==": same,
    "!=": (left, right) => !same(left, right),
    is: same,
    "is not": (left, right) => !same(left, right),
    in: within,
    "not in": (item, container) => !within(item, container),
    "<": (left, right) => comparable(left) < comparable(right),
    ">": (left, right) => comparable(left) > comparable(right),
    "<=": (left, right) => comparable(left) <= comparable(right),
    ">=": (left, right) => comparable(left) >= comparable(right),
};

const ARITHMETIC = {
    "+": (left, right) => {
        if (left instanceof PyMoment && right instanceof PyDelta) {
            return right.applyTo(left, 1);
        }
        return Array.isArray(left) && Array.isArray(right) ? [...left, ...right] : left + right;
    },
    "-": (left, right) => (left instanceof PyMoment ? left.minus(right) : left - right),
    "*": (left, right) => (typeof left === "string" ? left.repeat(right) : left * right),
    "/": (left, right) => left / right,
    "//": (left, right) => Math.floor(left / right),
    "%": (left, right) => (typeof left === "string" ? formatPercent(left, right) : ((left % right) + right) % right),
    "**": (left, right) => left ** right,
    "|": (left, right) => (Array.isArray(left) ? [...new Set([...left, ...right])] : left | right),
    "&": (left, right) => (Array.isArray(left) ? left.filter((item) => within(item, right)) : left & right),
};

/** @param {string} text @param {any} values */
function formatPercent(text, values) {
    const list = Array.isArray(values) ? [...values] : [values];
    return text.replace(/%[sd]/g, () => pythonText(list.shift()));
}

class Evaluator {
    /** @param {string} source @param {Record<string, any>} names */
    constructor(source, names) {
        this.source = source;
        this.names = names;
    }

    /** @param {string} problem @returns {never} */
    fail(problem) {
        throw new EvaluationError(`${problem} in the expression ${JSON.stringify(this.source)}`);
    }

    /** @param {import("@web/core/python/parser").Node} node @returns {any} */
    value(node) {
        switch (node.type) {
            case "constant":
                return node.value;
            case "name":
                return this.lookUp(node.name);
            case "list":
                return node.items.map((item) => this.value(item));
            case "dict":
                return Object.fromEntries(node.entries.map(([key, item]) => [this.value(key), this.value(item)]));
            case "and": {
                const left = this.value(node.left);
                return isTrue(left) ? this.value(node.right) : left;
            }
            case "or": {
                const left = this.value(node.left);
                return isTrue(left) ? left : this.value(node.right);
            }
            case "not":
                return !isTrue(this.value(node.value));
            case "ternary":
                return isTrue(this.value(node.test)) ? this.value(node.then) : this.value(node.otherwise);
            case "comparison":
                return this.compare(node);
            case "arithmetic":
                return ARITHMETIC[node.operator](this.value(node.left), this.value(node.right));
            case "sign":
                return node.operator === "-" ? -this.value(node.value) : this.value(node.value);
            case "attribute":
                return this.attribute(this.value(node.object), node.name);
            case "item":
                return this.item(this.value(node.object), this.value(node.key));
            case "call":
                return this.call(node);
        }
        return this.fail(`unknown node ${node.type}`);
    }

    /** @param {string} name */
    lookUp(name) {
        if (name in this.names) {
            return this.names[name];
        }
        if (name in DATE_NAMES) {
            return name === "today" ? DATE_NAMES.context_today().toString() : DATE_NAMES[name];
        }
        if (Object.hasOwn(FUNCTIONS, name)) {
            return FUNCTIONS[name];
        }
        throw new EvaluationError(`the name '${name}' has no value in the expression ${JSON.stringify(this.source)}`, name);
    }

    compare(node) {
        let left = this.value(node.first);
        for (const step of node.steps) {
            const right = this.value(step.value);
            if (!COMPARE[step.operator](left, right)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    attribute(object, name) {
        if (object === null || object === undefined || object === false) {
            return false;
        }
        if (object instanceof PyMoment || object instanceof PyDelta) {
            return object[name];
        }
        return Object.hasOwn(Object(object), name) ? object[name] : false;
    }

    item(object, key) {
        if (Array.isArray(object) || typeof object === "string") {
            return object[key < 0 ? object.length + key : key];
        }
        return Object.hasOwn(Object(object), key) ? object[key] : this.fail(`the key '${key}' is missing`);
    }

    call(node) {
        const args = node.args.map((item) => this.value(item));
        const kwargs = Object.fromEntries(Object.entries(node.kwargs).map(([key, item]) => [key, this.value(item)]));
        if (node.callee.type === "attribute") {
            const object = this.value(node.callee.object);
            const name = node.callee.name;
            if (object instanceof PyMoment) {
                return name === "replace" ? object.replace(args, kwargs) : object[name](...args);
            }
            if (object && Object.hasOwn(Object(object), name) && typeof object[name] === "function") {
                return object[name](args, kwargs);
            }
            if (object !== null && object !== undefined && Object.hasOwn(METHODS, name)) {
                return METHODS[name](object, args, kwargs);
            }
            return this.fail(`the method '${name}' is not available`);
        }
        const callee = this.value(node.callee);
        return typeof callee === "function" ? callee(args, kwargs) : this.fail("something that is not a function is called");
    }
}
