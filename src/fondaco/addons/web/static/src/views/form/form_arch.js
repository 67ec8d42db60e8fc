/** What does a `<form>` arch say: which fields with which modifiers, and the owl template it becomes. */
import { addActiveField, attributesOf, isYes, readActiveActions, readButton, readFieldNode } from "@web/views/arch";
import { compileForm } from "@web/views/form/form_compiler";
import { fieldsOfWidget } from "@web/views/view_widget";
import { getFieldWidget } from "@web/fields/field";

/**
 * @param {Element} root @param {import("@web/views/arch").Models} models @param {string} resModel
 * @param {import("@web/views/form/form_compiler").Tags} [tags] beside those of every form
 */
export function parseFormArch(root, models, resModel, tags) {
    const fields = models[resModel].fields;
    const attrs = attributesOf(root);
    const info = {
        type: "form",
        jsClass: attrs.js_class,
        activeFields: {},
        /** Every use of a field, by its number in the template. @type {any[]} */
        uses: [],
        /** @type {any[]} */
        buttons: [],
        /** `<widget>` elements: their name and attributes. @type {any[]} */
        widgets: [],
        /** Expressions of `invisible`, by their number in the template. @type {string[]} */
        conditions: [],
        x2manyNodes: /** @type {any[]} */ ([]),
        activeActions: readActiveActions(root),
        string: attrs.string,
        /** Whether the first field of a new record gets the focus, and which one in its place. */
        hasAutofocus: !isYes(attrs.disable_autofocus),
        focused: "",
        template: "",
    };
    info.template = compileForm(root, {
        addCondition: (expression) => info.conditions.push(expression) - 1,
        addButton: (node) => info.buttons.push(readButton(node)) - 1,
        addWidget: (node) => {
            const name = node.getAttribute("name") || "";
            for (const needed of fieldsOfWidget(name)) {
                if (fields[needed]) {
                    info.activeFields[needed] ??= { name: needed };
                }
            }
            return info.widgets.push({ name, attrs: attributesOf(node) }) - 1;
        },
        addField: (node) => {
            const field = fields[node.getAttribute("name") || ""];
            if (!field) {
                console.warn(`the form names a field '${node.getAttribute("name")}' that the server does not describe`);
                return null;
            }
            const active = readFieldNode(node, field, "form");
            info.focused ||= isYes(active.attrs.default_focus) ? active.name : "";
            addActiveField(info.activeFields, active);
            if (active.needsSubviews) {
                info.x2manyNodes.push({ node, active });
            }
            const hasLabel = getFieldWidget(field, active.widget, "form").label !== false;
            return { use: info.uses.push({ active, field }) - 1, active, field, hasLabel };
        },
    }, tags);
    return info;
}
