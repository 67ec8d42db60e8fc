/**
 * How does an addon change a template that it does not own? By a template of its own that names the other and says what
 * goes where, in the words that views have: `t-inherit`, `t-inherit-mode`, `xpath`, `position`.
 *
 *     <t t-name="harbour.NavBar" t-inherit="web.NavBar" t-inherit-mode="extension">
 *         <xpath expr="//div[hasclass('f-nav-end')]" position="before"><span>Tide 3 m</span></xpath>
 *     </t>
 *
 * `extension` changes the template itself, `primary` (the default) makes another one. Components that have their template
 * in their own module are found by the names in the registry "templates". No part of the page is touched.
 */

/** The change cannot be made; the message names the template and the place. */
export class TemplateError extends Error {}

/**
 * @param {string} text templates of addons, one XML document
 * @param {(name: string) => string|undefined} sourceOf a template that is not in it
 * @param {(problem: TemplateError) => void} onProblem a change that cannot be made is left out
 * @returns {Map<string, string>} what each template is when all changes are made, also of those that are not in `text`
 */
export function inheritedTemplates(text, sourceOf, onProblem) {
    /** @type {Map<string, Element>} */
    const found = new Map();
    const attempt = (/** @type {() => void} */ action) => {
        try {
            action();
        } catch (error) {
            if (!(error instanceof TemplateError)) {
                throw error;
            }
            onProblem(error);
        }
    };
    attempt(() => [...parse(text, "the templates of the page").children].forEach((node) => attempt(() => place(found, node, sourceOf, attempt))));
    return new Map([...found].map(([name, node]) => [name, sourceOfNode(node)]));
}

/** Put a template among those `found`, or change one of them; a change that cannot be made is left out alone. @param {Map<string, Element>} found @param {Element} node @param {(name: string) => string|undefined} sourceOf @param {(action: () => void) => void} attempt */
function place(found, node, sourceOf, attempt) {
    const name = node.getAttribute("t-name") || "";
    const parent = node.getAttribute("t-inherit");
    if (!parent) {
        found.set(name, node);
        return;
    }
    const source = found.has(parent) ? "" : sourceOf(parent);
    if (source === undefined) {
        throw new TemplateError(`template ${name}: t-inherit="${parent}" names no template; docs/integrator/client.md lists those of the client`);
    }
    const target = /** @type {Element} */ ((found.get(parent) || parse(`<t>${source}</t>`, parent)).cloneNode(true));
    for (const spec of node.children) {
        attempt(() => {
            try {
                applySpec(target, spec, name);
            } catch (error) {
                // what the browser says of a path that is none, or of an attribute without a name
                throw error instanceof DOMException ? new TemplateError(`template ${name}: ${openingOf(spec)} cannot be carried out: ${error.message}`) : error;
            }
        });
    }
    const isExtension = node.getAttribute("t-inherit-mode") === "extension";
    found.set(isExtension ? parent : name, target);
}

/** @param {string} text @param {string} name */
function parse(text, name) {
    const root = new DOMParser().parseFromString(text, "text/xml").documentElement;
    const problem = root.querySelector("parsererror");
    if (problem) {
        throw new TemplateError(`${name}: ${problem.textContent}`);
    }
    return root;
}

/** A `<t t-name>` stands for what is in it; any other element is the template itself. @param {Element} node */
function sourceOfNode(node) {
    const copy = /** @type {Element} */ (node.cloneNode(true));
    for (const attribute of ["t-name", "t-inherit", "t-inherit-mode"]) {
        copy.removeAttribute(attribute);
    }
    return new XMLSerializer().serializeToString(copy);
}

/** @param {Element} target @param {Element} spec @param {string} name of the template that asks for it */
function applySpec(target, spec, name) {
    const place = find(target, spec);
    const position = spec.getAttribute("position") || "inside";
    if (!place) {
        throw new TemplateError(`template ${name}: ${openingOf(spec)} matches nothing`);
    }
    if (position === "attributes") {
        changeAttributes(place, spec);
        return;
    }
    const change = { inside: "append", after: "after", before: "before", replace: "replaceWith" }[position];
    if (!change) {
        throw new TemplateError(`template ${name}: ${openingOf(spec)} has the position "${position}"; expected inside, after, before, replace or attributes`);
    }
    const nodes = [...spec.childNodes].map((node) => target.ownerDocument.importNode(node, true));
    if (position === "replace") {
        fillPlaceholders(nodes, place);
    }
    place[change](...nodes);
}

/** `$0` in what replaces an element is the element itself. @param {Node[]} nodes @param {Element} place */
function fillPlaceholders(nodes, place) {
    for (const node of nodes) {
        if (node instanceof Element) {
            const holder = [node, ...node.querySelectorAll("*")].find(({ children, textContent }) => !children.length && textContent?.trim() === "$0");
            holder?.replaceChildren(place.cloneNode(true));
        }
    }
}

/** Elements that addons name and what stands in their place here. */
const FORMER = { CheckBox: "input[@type='checkbox']", Many2XAutocomplete: "AutoComplete" };

/** @param {Element} target @param {Element} spec @returns {Element|null} */
function find(target, spec) {
    const named = spec.tagName === "xpath" ? spec.getAttribute("expr") || "." : pathOf(spec);
    const path = named.replace(/\b(CheckBox|Many2XAutocomplete)\b/g, (word) => (target.querySelector(word) ? word : FORMER[word]));
    const understood = path.replace(/hasclass\(([^()]*)\)/g, (_all, names) => `(${classesOf(names).map((name) => `contains(concat(' ', normalize-space(@class), ' '), ' ${name} ')`).join(" and ")})`);
    const relative = understood.startsWith("/") ? `.${understood}` : understood;
    const node = target.ownerDocument.evaluate(relative, target, null, XPathResult.FIRST_ORDERED_NODE_TYPE, null).singleNodeValue;
    return node instanceof Element ? node : null;
}

/** @param {string} names in quotes, with commas between @returns {string[]} */
const classesOf = (names) => [...names.matchAll(/(['"])([^'"]+)\1/g)].map((match) => match[2]);

/** An element that is no xpath looks like the one it means. @param {Element} spec */
function pathOf(spec) {
    const attributes = [...spec.attributes].filter(({ name }) => name !== "position");
    return `.//${spec.tagName}${attributes.map(({ name, value }) => `[@${name}=${quoted(value)}]`).join("")}`;
}

/** @param {string} text */
const quoted = (text) => (text.includes('"') ? `'${text}'` : `"${text}"`);

/** @param {Element} spec */
const openingOf = (spec) => `<${spec.tagName}${[...spec.attributes].map(({ name, value }) => ` ${name}="${value}"`).join("")}>`;

/** @param {Element} place @param {Element} spec */
function changeAttributes(place, spec) {
    for (const change of spec.children) {
        const name = change.getAttribute("name") || "";
        const separator = change.getAttribute("separator") || " ";
        const [added, removed] = ["add", "remove"].map((key) => (change.getAttribute(key) || "").split(separator).filter(Boolean));
        let value = (change.textContent || "").trim();
        if (added.length || removed.length) {
            const words = (place.getAttribute(name) || "").split(separator).filter(Boolean);
            value = [...words.filter((word) => !removed.includes(word)), ...added].join(separator);
        }
        if (value) {
            place.setAttribute(name, value);
        } else {
            place.removeAttribute(name);
        }
    }
}
