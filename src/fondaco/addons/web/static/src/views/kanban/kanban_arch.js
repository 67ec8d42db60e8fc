/** What does a `<kanban>` arch say: its fields, and the owl template of a card. */
import { addActiveField, attributesOf, isYes, readActiveActions, readButton, readControls, readFieldNode } from "@web/views/arch";
import { evaluateExpression } from "@web/core/python/evaluator";
import { textToOrder } from "@web/model/list";

/** @param {Element} root @param {import("@web/views/arch").Models} models @param {string} resModel */
export function parseKanbanArch(root, models, resModel) {
    const fields = models[resModel].fields;
    const attrs = attributesOf(root);
    const info = {
        type: "kanban",
        jsClass: attrs.js_class,
        activeFields: {},
        uses: /** @type {any[]} */ ([]),
        buttons: /** @type {any[]} */ ([]),
        conditions: /** @type {string[]} */ ([]),
        widgets: /** @type {any[]} */ ([]),
        x2manyNodes: [],
        headerButtons: [...root.children].filter(({ tagName }) => tagName === "header").flatMap((header) => [...header.querySelectorAll("button")].map(readButton)),
        limit: attrs.limit ? Number(attrs.limit) : undefined,
        defaultOrder: textToOrder(attrs.default_order),
        defaultOrderText: attrs.default_order,
        defaultGroupBy: attrs.default_group_by ? attrs.default_group_by.split(",") : [],
        openGroups: true,
        editable: "",
        columns: [],
        decorations: [],
        activeActions: { ...readActiveActions(root), edit: isYes(attrs.edit, true) },
        canOpen: isYes(attrs.can_open, true),
        createsQuickly: attrs.on_create === "quick_create",
        mayCreateQuickly: isYes(attrs.quick_create, true),
        quickCreateView: attrs.quick_create_view || "",
        mayCreateGroups: isYes(attrs.group_create, true),
        mayDrag: isYes(attrs.records_draggable, true),
        mayDragGroups: isYes(attrs.groups_draggable, true),
        mayEditGroups: isYes(attrs.group_edit, true),
        mayDeleteGroups: isYes(attrs.group_delete, true),
        mayArchiveGroups: isYes(attrs.archivable, true),
        /** The field with the number of a card's colour. */
        colorField: attrs.highlight_color || "",
        examples: attrs.examples || "",
        progressBar: readProgressBar(root.querySelector("progressbar")),
        ...readControls(root),
        template: "",
        /** Of the parts that the card calls, in the order of their names. */
        parts: /** @type {string[]} */ ([]),
        partNames: [...root.querySelectorAll("templates > [t-name]")].map((node) => node.getAttribute("t-name") || ""),
    };
    for (const node of root.querySelectorAll("field")) {
        const name = node.getAttribute("name") || "";
        if (fields[name]) {
            addActiveField(info.activeFields, readFieldNode(node, fields[name], "kanban"));
        }
    }
    for (const name of [info.colorField, ...(info.progressBar ? [info.progressBar.field, info.progressBar.sumField] : [])]) {
        if (fields[name]) {
            info.activeFields[name] ??= { name };
        }
    }
    const template = root.querySelector("templates > [t-name='card']") || root.querySelector("templates > [t-name='kanban-box']");
    const card = template ? compileCard(template, fields, info) : `<span t-esc="record.display_name.value"/>`;
    const menu = root.querySelector("templates > [t-name='menu']");
    // compiled for being called alone: most archs have none
    const isCalled = root.querySelector("templates [t-call]") !== null;
    info.parts = isCalled ? info.partNames.map((name) => compilePart(root, name, fields, info)) : [];
    info.template = `<div class="${template?.getAttribute("class") || ""}">${card}${menu ? compileMenu(menu, fields, info) : ""}</div>`;
    return info;
}

/** @param {Element} root @param {string} name @param {Record<string, any>} fields @param {any} info */
function compilePart(root, name, fields, info) {
    const part = [...root.querySelectorAll("templates > [t-name]")].find((node) => node.getAttribute("t-name") === name);
    // the card and the menu are roots, painted by themselves
    return part && !ROOTS.has(name) ? compileCard(part, fields, info) : "";
}

const ROOTS = new Set(["card", "kanban-box", "menu"]);
const BAR_TONES = new Set(["success", "warning", "danger", "info", "muted"]);

/**
 * What the bar above a column tells apart: values of a field and their tones; beside it the sum of another.
 * @param {Element|null} node @returns {{field: string, tones: Record<string, string>, colors: Record<string, string>, sumField: string}|null}
 */
function readProgressBar(node) {
    if (!node) {
        return null;
    }
    const colors = evaluateExpression(node.getAttribute("colors") || "{}", {});
    const tones = Object.fromEntries(Object.entries(colors).map(([value, color]) => [value, BAR_TONES.has(color) ? color : "muted"]));
    return { field: node.getAttribute("field") || "", tones, colors, sumField: node.getAttribute("sum_field") || "" };
}

/** The menu of a card: what does something becomes an item. @param {Element} menu @param {Record<string, any>} fields @param {any} info */
function compileMenu(menu, fields, info) {
    const copy = /** @type {Element} */ (menu.cloneNode(true));
    for (const node of [...copy.querySelectorAll("a, button")]) {
        if (SPECIAL_TYPES.has(node.getAttribute("type") || "")) {
            const item = node.ownerDocument.createElement("DropdownItem");
            item.setAttribute("onSelected", `() => __comp__.press(${info.buttons.push(readButton(node)) - 1})`);
            item.append(...node.childNodes);
            for (const name of ["invisible", "t-if"]) {
                if (node.hasAttribute(name)) {
                    item.setAttribute(name, node.getAttribute(name) || "");
                }
            }
            node.replaceWith(item);
        }
    }
    return `<Dropdown class="'f-card-menu'" togglerClass="'f-button f-button-quiet f-button-icon f-button-small'" label="__comp__.menuText" position="'end'"><Icon name="'dots'"/>` +
        `<t t-set-slot="content">${compileCard(copy, fields, info)}</t></Dropdown>`;
}

const SPECIAL_TYPES = new Set(["open", "edit", "delete", "archive", "unarchive", "object", "action", "set_cover"]);

/** @param {Element} template @param {Record<string, any>} fields @param {any} info */
function compileCard(template, fields, info) {
    const copy = /** @type {Element} */ (template.cloneNode(true));
    for (const node of [...copy.querySelectorAll("field")]) {
        node.replaceWith(...compileField(node, fields, info));
    }
    for (const node of [...copy.querySelectorAll("widget")]) {
        const widget = node.ownerDocument.createElement("ViewWidget");
        widget.setAttribute("info", `__comp__.props.arch.widgets[${info.widgets.push({ name: node.getAttribute("name"), attrs: attributesOf(node) }) - 1}]`);
        widget.setAttribute("record", "__comp__.props.record");
        if (node.hasAttribute("invisible")) {
            widget.setAttribute("invisible", node.getAttribute("invisible") || "");
        }
        node.replaceWith(widget);
    }
    for (const node of [...copy.querySelectorAll("button, a")]) {
        const type = node.getAttribute("type") || "";
        if (SPECIAL_TYPES.has(type)) {
            node.setAttribute("t-on-click.stop.prevent", `() => __comp__.press(${info.buttons.push(readButton(node)) - 1})`);
            node.setAttribute("role", "button");
            if (node.tagName === "button") {
                node.setAttribute("class", /btn-(primary|success)|oe_highlight/.test(node.getAttribute("class") || "") ? "f-button f-button-small f-button-primary" : "f-button f-button-small");
                node.setAttribute("t-att-type", "'button'");
            }
            for (const name of ["type", "name", "context", "confirm"]) {
                node.removeAttribute(name);
            }
        }
    }
    for (const node of [...copy.querySelectorAll("[invisible]")]) {
        const condition = node.getAttribute("invisible") || "";
        node.removeAttribute("invisible");
        const wrapper = node.ownerDocument.createElement("t");
        wrapper.setAttribute("t-if", `!__comp__.hides(${info.conditions.push(condition) - 1})`);
        node.replaceWith(wrapper);
        wrapper.append(node);
    }
    for (const node of [...copy.querySelectorAll("[t-call]")]) {
        const part = info.partNames.indexOf(node.getAttribute("t-call"));
        if (part >= 0) {
            node.setAttribute("t-call", `{{ __comp__.partNames[${part}] }}`);
        }
    }
    // owl drops space that holds a line break; between words of a card it is wanted
    const texts = copy.ownerDocument.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        text.nodeValue = (text.nodeValue || "").replace(/\s+/g, " ");
    }
    const serializer = new XMLSerializer();
    return [...copy.childNodes].map((node) => serializer.serializeToString(node)).join("").replaceAll(/ xmlns="[^"]*"/g, "");
}

/** A field with a widget is that widget; without one it is its text. @param {Element} node @returns {Element[]} */
function compileField(node, fields, info) {
    const name = node.getAttribute("name") || "";
    const field = fields[name];
    if (!field) {
        return [];
    }
    const create = (tag) => node.ownerDocument.createElement(tag);
    const kept = ["t-if", "t-elif", "t-else", "invisible", "t-att-class"];
    const active = readFieldNode(node, field, "kanban");
    let element;
    const isToned = Object.keys(active.attrs).some((attribute) => attribute.startsWith("decoration-"));
    if (active.widget || isToned || field.type === "boolean" || field.type === "many2many" || field.type === "binary") {
        element = create("Field");
        const use = info.uses.push({ active, field }) - 1;
        element.setAttribute("name", `'${name}'`);
        element.setAttribute("record", "__comp__.props.record");
        element.setAttribute("active", `__comp__.props.arch.uses[${use}].active`);
        element.setAttribute("viewType", "'kanban'");
        element.setAttribute("readonly", active.isPressed ? "__comp__.read_only_mode" : "true");
        element.setAttribute("class", `'${(node.getAttribute("class") || "").replaceAll("'", "")}'`);
    } else {
        element = create("span");
        element.setAttribute("t-esc", `record.${name}.value`);
        element.setAttribute("class", node.getAttribute("class") || "");
    }
    for (const attribute of kept) {
        if (node.hasAttribute(attribute)) {
            element.setAttribute(attribute, node.getAttribute(attribute) || "");
        }
    }
    return [element];
}
