/** What does a `<list>` arch say: its columns, its buttons, how it is edited, ordered and decorated. */
import { addActiveField, attributesOf, isYes, readActiveActions, readButton, readControls, readDecorations, readFieldNode } from "@web/views/arch";
import { textToOrder } from "@web/model/list";

const NUMERIC = new Set(["integer", "float", "monetary"]);
/** Numbers that these show as a picture begin where texts begin. */
const DRAWN = /progress|color/;
const AGGREGATES = ["sum", "avg", "max", "min"];

/**
 * @param {Element} root @param {import("@web/views/arch").Models} models @param {string} resModel
 */
export function parseListArch(root, models, resModel) {
    const fields = models[resModel].fields;
    const attrs = attributesOf(root);
    const info = {
        type: "list",
        jsClass: attrs.js_class,
        activeFields: {},
        /** @type {any[]} */
        columns: [],
        /** @type {any[]} */
        headerButtons: [],
        /** @type {Record<string, import("@web/model/group_heads").GroupHead>} */
        groupHeads: {},
        x2manyNodes: /** @type {any[]} */ ([]),
        editable: attrs.editable || "",
        isMultiEdit: isYes(attrs.multi_edit),
        groupsLimit: Number(attrs.groups_limit) || undefined,
        /** Whether a row that is edited in place can be opened as well. */
        opensForm: isYes(attrs.open_form_view),
        limit: attrs.limit ? Number(attrs.limit) : undefined,
        defaultOrder: textToOrder(attrs.default_order),
        defaultOrderText: attrs.default_order,
        defaultGroupBy: attrs.default_group_by ? attrs.default_group_by.split(",") : [],
        openGroups: isYes(attrs.expand),
        decorations: readDecorations(attrs),
        rowAction: attrs.action ? { type: attrs.type, name: attrs.action } : null,
        canOpen: !isYes(attrs.no_open),
        handleField: "",
        ...readControls(root),
        string: attrs.string,
        activeActions: readActiveActions(root),
        mayExport: isYes(attrs.export_xlsx, true),
    };
    for (const node of root.children) {
        if (node.tagName === "field") {
            readColumn(node, fields, info);
        } else if (node.tagName === "button") {
            readButtonColumn(node, info);
        } else if (node.tagName === "header") {
            info.headerButtons = [...node.querySelectorAll("button")].map(readButton);
        } else if (node.tagName === "groupby") {
            readGroupHead(node, models, fields, info);
        }
    }
    return info;
}

/** Buttons that stand side by side are in one column. @param {Element} node @param {any} info */
function readButtonColumn(node, info) {
    const last = info.columns[info.columns.length - 1];
    if (last?.kind === "button" && node.previousElementSibling?.tagName === "button") {
        last.buttons.push(readButton(node));
    } else {
        info.columns.push({ id: `button ${info.columns.length}`, kind: "button", buttons: [readButton(node)], label: "" });
    }
}

/**
 * Buttons for the record that a group stands for; fields are for what hides them.
 * @param {Element} node @param {import("@web/views/arch").Models} models @param {Record<string, any>} fields @param {any} info
 */
function readGroupHead(node, models, fields, info) {
    const name = node.getAttribute("name") || "";
    const known = models[fields[name]?.relation]?.fields || {};
    /** @type {import("@web/model/group_heads").GroupHead} */
    const head = { fields: known, activeFields: {}, buttons: [...node.querySelectorAll("button")].map(readButton) };
    for (const child of node.querySelectorAll("field")) {
        const field = known[child.getAttribute("name") || ""];
        if (field) {
            addActiveField(head.activeFields, readFieldNode(child, field, "list"));
        }
    }
    info.groupHeads[name] = head;
}

/** @param {Element} node @param {Record<string, any>} fields @param {any} info */
function readColumn(node, fields, info) {
    const name = node.getAttribute("name") || "";
    const field = fields[name];
    if (!field) {
        console.warn(`the list names a field '${name}' that the server does not describe`);
        return;
    }
    const active = readFieldNode(node, field, "list");
    addActiveField(info.activeFields, active);
    if (active.widget === "handle") {
        info.handleField = name;
    }
    if (active.columnInvisible === "1" || active.columnInvisible === "True" || active.invisible === "1" || active.invisible === "True") {
        return;
    }
    const aggregate = AGGREGATES.find((key) => key in active.attrs);
    info.columns.push({
        id: `${name} ${info.columns.length}`,
        kind: "field",
        name,
        active,
        field,
        label: isYes(active.attrs.nolabel) || active.widget === "handle" ? "" : active.string,
        // said where nothing is written
        earLabel: active.string,
        isNumeric: NUMERIC.has(field.type) && !DRAWN.test(active.widget || ""),
        isSortable: field.sortable !== false && field.store !== false && active.widget !== "handle",
        optional: active.attrs.optional || "",
        width: active.attrs.width || "",
        aggregate: aggregate && { kind: aggregate, label: active.attrs[aggregate] },
        decorations: readDecorations(active.attrs),
        // a plain value is painted as text; a widget paints itself
        isWidget: Boolean(active.widget) || ["boolean", "many2many", "binary", "html"].includes(field.type),
    });
}
