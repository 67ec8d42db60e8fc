/** What does an arch say about its fields: attributes to active fields, common to every kind of view. Pure but for DOMParser. */
import { evaluateExpression } from "@web/core/python/evaluator";
import { getFieldWidget } from "@web/fields/field";
import { isX2many } from "@web/model/specification";

/** @typedef {Record<string, {fields: Record<string, any>}>} Models fields by model, as `get_views` answers */

/** @param {string} text @returns {Element} */
export function parseXML(text) {
    const parsed = new DOMParser().parseFromString(text, "text/xml");
    if (parsed.querySelector("parsererror")) {
        throw new Error(`a view that is no XML: ${parsed.querySelector("parsererror")?.textContent}`);
    }
    return parsed.documentElement;
}

/** @param {Element} node @returns {Record<string, string>} */
export const attributesOf = (node) => Object.fromEntries([...node.attributes].map(({ name, value }) => [name, value]));

/** @param {string|undefined|null} text @returns {boolean} the value of an attribute that is a plain yes or no */
export const isYes = (text, fallback = false) => (text === undefined || text === null || text === "" ? fallback : !/^(0|false)$/i.test(text));

/** @param {string|undefined} text options are a Python dict */
function readOptions(text) {
    return text ? evaluateExpression(text, {}) : {};
}

/**
 * @param {Element} node a `<field>`
 * @param {any} field its description
 * @param {string} viewType
 * @returns {import("@web/model/specification").ActiveField & Record<string, any>}
 */
export function readFieldNode(node, field, viewType) {
    const attrs = attributesOf(node);
    /** @type {any} */
    const active = {
        name: attrs.name,
        widget: attrs.widget,
        string: attrs.string ?? field.string,
        help: attrs.help ?? field.help,
        invisible: attrs.invisible,
        columnInvisible: attrs.column_invisible,
        readonly: attrs.readonly,
        required: attrs.required,
        context: attrs.context,
        domain: attrs.domain,
        options: readOptions(attrs.options),
        onChange: isYes(attrs.on_change),
        forceSave: isYes(attrs.force_save),
        limit: attrs.limit ? Number(attrs.limit) : undefined,
        attrs,
    };
    const widget = getFieldWidget(field, active.widget, viewType);
    // other fields of the record that the widget reads or writes
    active.dependencies = widget.fieldDependencies?.(active) || [];
    // changed where it is seen, in cards and lists that are read otherwise
    active.isPressed = Boolean(widget.isPressed);
    if (isX2many(field)) {
        active.needsSubviews = Boolean(widget.needsSubviews) && attrs.invisible !== "1" && attrs.invisible !== "True";
        const names = widget.relatedFields?.(active);
        if (names) {
            active.related = {
                resModel: field.relation,
                fields: Object.fromEntries(names.map((name) => [name, { name, type: name === "display_name" ? "char" : "integer", string: name }])),
                activeFields: Object.fromEntries(names.map((name) => [name, { name }])),
            };
        }
    }
    return active;
}

/**
 * Note a use of a field; used twice, it is hidden only where both are, and written as the stricter says.
 * @param {Record<string, any>} activeFields @param {any} active
 */
export function addActiveField(activeFields, active) {
    for (const name of active.dependencies || []) {
        activeFields[name] ??= { name };
    }
    const known = activeFields[active.name];
    if (!known) {
        activeFields[active.name] = { ...active };
        return;
    }
    const both = (left, right) => (left === undefined || right === undefined ? undefined : left === right ? left : `(${left}) and (${right})`);
    const either = (left, right) => (left === undefined ? right : right === undefined || left === right ? left : `(${left}) or (${right})`);
    known.invisible = both(known.invisible, active.invisible);
    known.required = either(known.required, active.required);
    known.readonly = both(known.readonly, active.readonly);
    known.onChange ||= active.onChange;
    known.forceSave ||= active.forceSave;
    known.related ??= active.related;
    known.subviews ??= active.subviews;
    known.needsSubviews ||= active.needsSubviews;
    known.context ??= active.context;
}

/** @param {Element} root @returns {{create: boolean, edit: boolean, delete: boolean, duplicate: boolean, import: boolean}} what the arch lets one do */
export function readActiveActions(root) {
    return {
        create: isYes(root.getAttribute("create"), true),
        edit: isYes(root.getAttribute("edit"), true),
        delete: isYes(root.getAttribute("delete"), true),
        duplicate: isYes(root.getAttribute("duplicate"), true),
        import: isYes(root.getAttribute("import"), true),
    };
}

/** @param {Element} node @returns {any} what a `<button>` or an `<a type=...>` does */
export function readButton(node) {
    const attrs = attributesOf(node);
    const classes = (attrs.class || "").split(/\s+/);
    return {
        name: attrs.name,
        type: attrs.type,
        string: attrs.string || attrs.title || "",
        title: attrs.help || attrs.title,
        icon: attrs.icon,
        context: attrs.context,
        confirm: attrs.confirm,
        confirmTitle: attrs["confirm-title"],
        confirmLabel: attrs["confirm-label"],
        special: attrs.special,
        invisible: attrs.invisible,
        columnInvisible: attrs.column_invisible,
        disabled: attrs.disabled,
        hotkey: attrs["data-hotkey"],
        args: attrs.args,
        isInFooter: Boolean(node.closest("footer")),
        isPrimary: classes.includes("btn-primary") || classes.includes("oe_highlight"),
        isStat: classes.includes("oe_stat_button"),
        isLink: classes.includes("btn-link") || classes.includes("oe_link"),
        attrs,
    };
}

/** @param {Record<string, string>} attrs @returns {{tone: string, expression: string}[]} */
export function readDecorations(attrs) {
    return Object.entries(attrs).filter(([key]) => key.startsWith("decoration-")).map(([key, expression]) => ({ tone: key.slice(11), expression }));
}

/**
 * What is offered beside the lines of a record: kinds of lines, and buttons; and where a line cannot be removed.
 * @param {Element} root @returns {{adders: {string?: string, context?: string, invisible?: string, button?: any}[], keepsLine: string}}
 */
export function readControls(root) {
    const nodes = [...root.children].filter(({ tagName }) => tagName === "control").flatMap((control) => [...control.children]);
    const adders = nodes.filter(({ tagName }) => tagName === "create" || tagName === "button").map((node) => {
        const { string, context, invisible } = attributesOf(node);
        return { string, context, invisible, button: node.tagName === "button" ? readButton(node) : undefined };
    });
    const isPlain = adders.every(({ button }) => button);
    const keepsLine = nodes.find(({ tagName }) => tagName === "delete")?.getAttribute("invisible") || "";
    return { adders: isPlain ? [{}, ...adders] : adders, keepsLine };
}
