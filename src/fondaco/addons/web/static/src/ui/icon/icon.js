/** Which drawing stands for what: our own line icons, 16 by 16, in the colour of the text. */
import { Component, xml } from "@odoo/owl";

/** Path data by name. Strokes only; `filled` names are painted inside too. */
const PATHS = {
    apps: "M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5h4v4h-4z",
    menu: "M2 4h12M2 8h12M2 12h12",
    search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.5 10.5L14 14",
    plus: "M8 3v10M3 8h10",
    close: "M4 4l8 8M12 4l-8 8",
    check: "M3 8.5l3.5 3.5L13 4.5",
    "chevron-down": "M4 6l4 4 4-4",
    "chevron-up": "M4 10l4-4 4 4",
    "chevron-left": "M10 4L6 8l4 4",
    "chevron-right": "M6 4l4 4-4 4",
    trash: "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 8.5h5.8l.6-8.5M7 7v4M9 7v4",
    archive: "M2.5 3h11v3h-11zM3.5 6v7h9V6M6.5 8.5h3",
    copy: "M5.5 5.5h7v8h-7zM10.5 5.5v-3h-7v8h2",
    undo: "M3 6h6.5a3.5 3.5 0 0 1 0 7H6M3 6l3-3M3 6l3 3",
    save: "M3 3h8l2 2v8H3zM5.5 3v3.5h4V3M5.5 13V9.5h5V13",
    gear: "M8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6L5 5M11 11l1.4 1.4M12.4 3.6L11 5M5 11l-1.4 1.4",
    user: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 14c.6-3 2.8-4.5 5.5-4.5s4.900 1.500 5.500 4.500",
    company: "M3 14V3h6v11M9 6.500h4V14M1.500 14h13M5.200 5.500h1.600M5.200 8h1.600M5.200 10.500h1.600",
    list: "M5.5 4h8M5.5 8h8M5.5 12h8M2.500 4h.4M2.500 8h.4M2.500 12h.4",
    kanban: "M2.500 2.500h3v11h-3zM6.500 2.500h3v7h-3zM10.500 2.500h3v9h-3z",
    form: "M3 2.500h10v11H3zM5.500 5.500h5M5.500 8h5M5.500 10.500h3",
    filter: "M2.500 3.500h11L9.500 8.500v4l-3 1v-5z",
    group: "M2.500 3h5v3h-5zM6 8h7.500M6 11h7.500M4 6v5h2M4 8h2",
    star: "M8 2.200l1.800 3.700 4 .6-2.900 2.800.7 4L8 11.400l-3.600 1.900.7-4L2.200 6.500l4-.6z",
    external: "M9 3h4v4M13 3L7.500 8.500M11 9v4H3V5h4",
    upload: "M8 10.500V3M5 5.500L8 3l3 2.500M3 11v2.500h10V11",
    download: "M8 3v7.500M5 8l3 2.500L11 8M3 11v2.500h10V11",
    image: "M2.500 3h11v10h-11zM2.500 11l3.500-3.500 3 3 2-2 2.500 2.500M10.500 6.200h.1",
    camera: "M2 5h2.800L6 3.500h4L11.200 5H14v8H2zM8 11a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400z",
    edit: "M3 13l.6-2.800L10.500 3.300l2.200 2.200-6.900 6.900z",
    warning: "M8 2.500L14 13H2zM8 6.500V10M8 11.600v.1",
    info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.500V11M8 5.200v.1",
    sun: "M8 10.800a2.800 2.800 0 1 0 0-5.600 2.800 2.800 0 0 0 0 5.600zM8 1.500v1.700M8 12.800v1.700M1.500 8h1.700M12.800 8h1.700M3.400 3.400l1.200 1.200M11.400 11.400l1.200 1.200M12.600 3.400l-1.200 1.200M4.600 11.400l-1.200 1.200",
    moon: "M13 9.500A5.500 5.500 0 0 1 6.500 3 5.500 5.500 0 1 0 13 9.500z",
    power: "M8 2v5.500M4.800 4.300a5 5 0 1 0 6.400 0",
    keyboard: "M1.500 4.500h13v7h-13zM4 7h.1M6.600 7h.1M9.200 7h.1M11.900 7h.1M5 9.300h6",
    mail: "M2 4h12v8.500H2zM2 4.500l6 4.500 6-4.500",
    phone: "M4 2.500l2 .2.800 2.800-1.300 1.300a8 8 0 0 0 3.700 3.700l1.300-1.300 2.800.8.200 2c-.2.900-1 1.500-2 1.500A9.500 9.500 0 0 1 2.500 4.500c0-1 .6-1.800 1.500-2z",
    globe: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM2 8h12M8 2c2 1.700 2.600 3.700 2.600 6S10 12.300 8 14c-2-1.700-2.600-3.700-2.600-6S6 3.700 8 2z",
    box: "M8 1.800l5.500 3v6.400L8 14.200l-5.500-3V4.800zM2.500 4.800L8 7.900l5.500-3.100M8 7.900v6.300",
    drag: "M6 3.500h.1M10 3.500h.1M6 8h.1M10 8h.1M6 12.500h.1M10 12.500h.1",
    clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.500V8l2.500 1.500",
    link: "M6.500 9.500l3-3M7 4.500l1.500-1.500a2.800 2.800 0 0 1 4 4L11 8.500M9 11.500L7.500 13a2.800 2.800 0 0 1-4-4L5 7.500",
    calendar: "M2.5 3.5h11v10h-11zM2.5 6.500h11M5.500 2v3M10.500 2v3M5.500 9.300h.1M8 9.300h.1M10.500 9.300h.1",
    "graph-bar": "M2.500 13.500h11M4 13.500V8M8 13.500V3M12 13.500V6",
    "graph-line": "M2.500 2.500v11h11M4.500 10.500l3-4 2.500 2 3.500-5",
    "graph-pie": "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 2v6h6",
    pivot: "M2.500 2.500h11v11h-11zM2.500 6h11M6 2.500v11M8.500 9h3M8.500 11.300h3",
    expand: "M8 4.500v7M4.500 8h7M2.500 2.500h11v11h-11z",
    collapse: "M4.500 8h7M2.500 2.500h11v11h-11z",
    flip: "M3 6V3h3M3 3l10 10M13 10v3h-3",
    code: "M5.500 4.500L2 8l3.500 3.500M10.500 4.500L14 8l-3.500 3.500",
    key: "M6 10.500A3 3 0 1 0 6 4.500a3 3 0 0 0 0 6zM9 7.500h5v2.500M11.500 7.500v2",
    tree: "M6 2.500h4v3H6zM2 10.500h4v3H2zM10 10.500h4v3h-4zM8 5.500V8M4 10.500V8h8v2.500",
    dots: "M3.500 8h.1M8 8h.1M12.500 8h.1",
};

/** Names that archs use (they were made for an icon font) and the drawing of ours that says the same. */
const SYNONYMS = {
    "fa-trash": "trash", "fa-trash-o": "trash", "fa-archive": "archive", "fa-check": "check", "fa-times": "close",
    "fa-plus": "plus", "fa-pencil": "edit", "fa-edit": "edit", "fa-envelope": "mail", "fa-envelope-o": "mail",
    "fa-phone": "phone", "fa-mobile": "phone", "fa-globe": "globe", "fa-user": "user", "fa-building": "company",
    "fa-building-o": "company", "fa-star": "star", "fa-cog": "gear", "fa-gear": "gear", "fa-cogs": "gear",
    "fa-search": "search", "fa-download": "download", "fa-upload": "upload", "fa-files-o": "copy", "fa-copy": "copy",
    "fa-external-link": "external", "fa-info-circle": "info", "fa-exclamation-triangle": "warning", "fa-clock-o": "clock",
    "fa-list": "list", "fa-th-large": "kanban", "fa-cubes": "box", "fa-cube": "box", "fa-image": "image", "fa-undo": "undo",
    "fa-users": "user", "fa-calendar": "calendar", "fa-filter": "filter", "fa-power-off": "power", "fa-arrow-right": "chevron-right", "fa-map-marker": "globe",
    "fa-file-text-o": "form", "fa-list-ul": "list", "fa-sign-out": "power", "fa-code": "code", "fa-key": "key", "fa-sitemap": "tree",
};

/** @param {string} name one of ours, or the class of an icon font */
export function iconPath(name) {
    const key = PATHS[name] ? name : String(name).split(" ").map((part) => SYNONYMS[part]).find(Boolean);
    return key ? PATHS[key] : "";
}

/** Drawings that point along the line; where it runs from right to left they are mirrored. */
const ALONG_THE_LINE = new Set(["chevron-left", "chevron-right", "undo", "external"].map(iconPath));

export class Icon extends Component {
    static template = xml`
        <svg class="f-icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false" t-att-class="{'f-icon-filled': props.filled, 'f-icon-along': isAlong}">
            <path t-att-d="path"/>
        </svg>`;
    static props = { name: String, filled: { type: Boolean, optional: true } };

    get isAlong() {
        return ALONG_THE_LINE.has(this.path);
    }

    get path() {
        return iconPath(this.props.name) || PATHS.dots;
    }
}
