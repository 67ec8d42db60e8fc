/** What does a `<calendar>` arch say: which fields are the beginning, the end, the whole day, the colour, and what an event shows. */
import { attributesOf, isYes, readActiveActions } from "@web/views/arch";

/** @typedef {"day"|"week"|"month"|"year"|"agenda"} Scale */

/** @type {Scale[]} */
export const SCALES = ["day", "week", "month", "year", "agenda"];

/** @param {Element} root @param {import("@web/views/arch").Models} models @param {string} resModel */
export function parseCalendarArch(root, models, resModel) {
    const fields = models[resModel].fields;
    const attrs = attributesOf(root);
    for (const key of ["date_start", "date_stop", "date_delay", "all_day", "color", "create_name_field"]) {
        if (attrs[key] && !fields[attrs[key]]) {
            throw new Error(`<calendar ${key}="${attrs[key]}">: ${resModel} has no such field`);
        }
    }
    if (!attrs.date_start) {
        throw new Error(`<calendar> of ${resModel}: the attribute date_start is missing; it names the field of the beginning`);
    }
    const offered = (attrs.scales || "").split(",").map((scale) => scale.trim()).filter((scale) => SCALES.includes(/** @type {Scale} */ (scale)));
    const scales = offered.length ? [...offered, "agenda"] : SCALES;
    const nodes = [...root.children].filter((child) => child.tagName === "field" && fields[child.getAttribute("name") || ""]);
    return {
        type: "calendar",
        jsClass: attrs.js_class,
        start: attrs.date_start,
        stop: attrs.date_stop || "",
        delay: attrs.date_delay || "",
        allDay: attrs.all_day || "",
        color: attrs.color || "",
        nameField: attrs.create_name_field || ("name" in fields ? "name" : "x_name" in fields ? "x_name" : ""),
        /** @type {Scale} */
        scale: /** @type {Scale} */ (scales.includes(attrs.mode) ? attrs.mode : scales.includes("week") ? "week" : scales[0]),
        scales: /** @type {Scale[]} */ (scales),
        hasQuickCreate: isYes(attrs.quick_create, true),
        /** Whether an event is opened above the calendar. */
        opensDialog: isYes(attrs.event_open_popup),
        hidesTime: isYes(attrs.hide_time),
        hidesDate: isYes(attrs.hide_date),
        /** So many events of a day are shown; the others are behind a link. @type {number|boolean} true: what there is room for */
        eventLimit: Number(attrs.event_limit) || true,
        formViewId: attrs.form_view_id ? Number(attrs.form_view_id) : attrs.quick_create_view_id ? Number(attrs.quick_create_view_id) : false,
        filters: nodes.map(readFilter).filter((filter) => filter.model || (filter.isFilter && filter.name !== attrs.color)).map((filter) => ({ ...filter, label: filter.label || fields[filter.name].string })),
        shownFields: nodes.filter((node) => !isYes(node.getAttribute("invisible"))).map((node) => ({ name: node.getAttribute("name") || "", label: node.getAttribute("string") || fields[node.getAttribute("name") || ""].string })),
        activeActions: readActiveActions(root),
    };
}

/** @param {Element} node a `<field>` */
function readFilter(node) {
    const attrs = attributesOf(node);
    return { name: attrs.name, label: attrs.string || "", isFilter: isYes(attrs.filters), model: (attrs.write_field && attrs.write_model) || "", field: attrs.write_field || "", check: attrs.filter_field || "" };
}
