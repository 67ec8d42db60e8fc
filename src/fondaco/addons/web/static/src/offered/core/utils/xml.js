/** XML in the hands of addons: archs and templates read, made and changed. */

/** @param {string} text @returns {Element} */
export function parseXML(text) {
    const parsed = new DOMParser().parseFromString(text, "text/xml");
    const problem = parsed.querySelector("parsererror");
    if (problem) {
        throw new Error(`parseXML: ${problem.textContent}`);
    }
    return parsed.documentElement;
}

/** @param {Element|string} xml @param {(node: Element, visitChildren: () => void) => any} visit false: what is below is passed over */
export function visitXML(xml, visit) {
    const walk = (/** @type {Element} */ node) => {
        let isWalked = false;
        const below = () => {
            isWalked = true;
            [...node.children].forEach(walk);
        };
        if (visit(node, below) !== false && !isWalked) {
            below();
        }
    };
    walk(typeof xml === "string" ? parseXML(xml) : xml);
}

/** @param {Element} parent @param {Node|Node[]|Iterable<Node>} nodes @returns {Element} the parent */
export function append(parent, nodes) {
    parent.append(...(nodes instanceof Node ? [nodes] : nodes));
    return parent;
}

/** @param {Element} node @param {Record<string, any>} attributes */
export function setAttributes(node, attributes) {
    Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, String(value)));
}

const XML = document.implementation.createDocument(null, "templates");

/** @param {string} tag @param {...(Record<string, any>|Iterable<Node>|Node)} parts attributes, children @returns {Element} */
export function createElement(tag, ...parts) {
    const node = XML.createElement(tag);
    for (const part of parts) {
        if (part instanceof Node || Symbol.iterator in part) {
            append(node, /** @type {any} */ (part));
        } else {
            setAttributes(node, part);
        }
    }
    return node;
}

/** @param {string} text */
export const createTextNode = (text) => XML.createTextNode(text);

/** Take attributes off a node. @param {Element} node @param {...string} names @returns {Record<string, string>} those that were there */
export function extractAttributes(node, ...names) {
    const found = Object.fromEntries(names.map((name) => [name, node.getAttribute(name) ?? ""]));
    names.forEach((name) => node.removeAttribute(name));
    return found;
}

/** @param {Element} node @param {boolean} [isLower] */
export const getTag = (node, isLower = false) => (isLower ? node.nodeName.toLowerCase() : node.nodeName);

/** @param {Element} node @param {string} name @param {string|string[]} parts @param {string} [glue] */
export function combineAttributes(node, name, parts, glue = " ") {
    const words = [node.getAttribute(name), ...[parts].flat()].filter(Boolean);
    if (words.length) {
        node.setAttribute(name, words.join(glue));
    }
}

/** A component in a template begins with a capital, or is named. @param {Element} node */
export const isComponentNode = (node) => /^[A-Z]/.test(node.tagName) || (node.tagName === "t" && node.hasAttribute("t-component"));

