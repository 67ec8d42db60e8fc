/**
 * Which words does a Python expression consist of.
 *
 * View archs carry Python expressions (`invisible="state != 'draft'"`). They are cut into tokens here, read into a tree
 * by `parser.js` and given a value by `evaluator.js`; nothing is ever handed to the JavaScript engine.
 */

/** @typedef {{type: "number"|"string"|"name"|"operator"|"end", value: any, at: number}} Token */

/** An expression that cannot be read; the message quotes the expression and the place. */
export class ExpressionError extends Error {
    /** @param {string} source @param {number} at @param {string} problem */
    constructor(source, at, problem) {
        super(`${problem} at character ${at + 1} of ${JSON.stringify(source)}`);
        this.name = "ExpressionError";
    }
}

const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const OPERATOR = /\*\*|\/\/|<=|>=|==|!=|<>|[-+*/%<>()[\]{},:.=|&]/y;
const SPACE = /\s+/y;
const WORD_OPERATORS = new Set(["and", "or", "not", "in", "is", "if", "else", "for", "lambda"]);
const ESCAPES = { n: "\n", t: "\t", r: "\r", "\\": "\\", "'": "'", '"': '"', "\n": "" };

/**
 * @param {string} source
 * @returns {Token[]} ends with one token of type "end"
 */
export function tokenize(source) {
    const tokens = [];
    let at = 0;
    /** @param {RegExp} pattern */
    const take = (pattern) => {
        pattern.lastIndex = at;
        const found = pattern.exec(source);
        return found ? found[0] : "";
    };
    while (at < source.length) {
        const space = take(SPACE);
        if (space) {
            at += space.length;
            continue;
        }
        const quote = source[at];
        if (quote === "'" || quote === '"') {
            const [value, end] = readString(source, at);
            tokens.push({ type: "string", value, at });
            at = end;
            continue;
        }
        const number = take(NUMBER);
        if (number) {
            tokens.push({ type: "number", value: Number(number), at });
            at += number.length;
            continue;
        }
        const name = take(NAME);
        if (name) {
            tokens.push({ type: WORD_OPERATORS.has(name) ? "operator" : "name", value: name, at });
            at += name.length;
            continue;
        }
        const operator = take(OPERATOR);
        if (!operator) {
            throw new ExpressionError(source, at, `unexpected ${JSON.stringify(source[at])}`);
        }
        tokens.push({ type: "operator", value: operator === "<>" ? "!=" : operator, at });
        at += operator.length;
    }
    tokens.push({ type: "end", value: null, at });
    return /** @type {Token[]} */ (tokens);
}

/** @param {string} source @param {number} start @returns {[string, number]} the text and the index after the quote */
function readString(source, start) {
    const quote = source[start];
    let text = "";
    for (let at = start + 1; at < source.length; at++) {
        const char = source[at];
        if (char === quote) {
            return [text, at + 1];
        }
        if (char === "\\") {
            at += 1;
            text += ESCAPES[source[at]] ?? "\\" + source[at];
        } else {
            text += char;
        }
    }
    throw new ExpressionError(source, start, "a text without its closing quote");
}
