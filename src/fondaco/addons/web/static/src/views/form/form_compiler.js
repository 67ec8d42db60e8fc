/**
 * How does a form arch become an owl template.
 *
 * Each tag has a function here; what the template needs at run time is kept aside by number (`uses[3]`, `conditions[1]`,
 * `buttons[0]`), so that no text of an arch ever becomes code. Names the template uses: `record`, `hides(n)`, `uses`,
 * `buttons`, `readonly`.
 */

/**
 * @typedef {object} Sink where the compiler leaves what it met
 * @property {(expression: string) => number} addCondition
 * @property {(node: Element) => number} addButton
 * @property {(node: Element) => number} addWidget
 * @property {(node: Element) => {use: number, active: any, field: any, hasLabel: boolean}|null} addField
 *
 * @typedef {Record<string, (compiler: FormCompiler, node: Element) => string>} Tags what stands for an element, by its name
 */

const ALLOWED_ATTRIBUTES = new Set(["class", "style", "role", "title", "colspan", "id", "name", "href", "target", "src", "alt", "data-hotkey"]);
const DROPPED_TAGS = new Set(["script", "iframe", "object", "embed", "style", "link", "meta", "chatter", "searchpanel", "control"]);
const VOID_TAGS = new Set(["br", "hr", "img"]);

/** @param {string} text */
export const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** @param {Element} root @param {Sink} sink @param {Tags} [tags] beside those of every form @returns {string} */
export function compileForm(root, sink, tags = {}) {
    return new FormCompiler(sink, { ...TAGS, ...tags }).compileRoot(root);
}

export class FormCompiler {
    /** @param {Sink} sink @param {Tags} tags */
    constructor(sink, tags) {
        this.sink = sink;
        this.tags = tags;
        /** @type {Set<string|null>} names and ids of the fields that have a `<label for>` in the arch */
        this.labelled = new Set();
    }

    /** @param {Element} root */
    compileRoot(root) {
        this.labelled = new Set([...root.querySelectorAll("label[for]")].map((label) => label.getAttribute("for")));
        const children = [...root.children];
        const headers = children.filter((child) => child.tagName === "header");
        const rest = children.filter((child) => child.tagName !== "header");
        const hasSheet = rest.some((child) => child.tagName === "sheet");
        const body = rest.map((child) => this.compile(child)).join("");
        return `<div class="f-form" t-att-class="{'f-form-readonly': readonly}">${headers.map((header) => this.compileHeader(header)).join("")}` +
            `${hasSheet ? body : `<div class="f-sheet f-sheet-plain">${body}</div>`}</div>`;
    }

    /** @param {ChildNode} node @returns {string} */
    compile(node) {
        if (node.nodeType === Node.TEXT_NODE) {
            const text = node.textContent || "";
            return text.trim() ? `<t t-esc="\`${escape(text).replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${")}\`"/>` : "";
        }
        if (!(node instanceof Element) || DROPPED_TAGS.has(node.tagName)) {
            return "";
        }
        const compile = this.tags[node.tagName];
        return compile ? compile(this, node) : this.wrap(node, this.compileElement(node));
    }

    /** @param {Element} node */
    compileChildren(node) {
        return [...node.childNodes].map((child) => this.compile(child)).join("");
    }

    /** Shown or hidden by its `invisible`; never painted when that is always. @param {Element} node @param {string} content */
    wrap(node, content) {
        const condition = node.getAttribute("invisible");
        if (!condition || condition === "0" || condition === "False") {
            return content;
        }
        if (condition === "1" || condition === "True") {
            return "";
        }
        return `<t t-if="!hides(${this.sink.addCondition(condition)})">${content}</t>`;
    }

    /** @param {Element} node */
    compileElement(node) {
        const tag = /^[a-z][a-z0-9]*$/.test(node.tagName) ? node.tagName : "div";
        const attributes = this.attributes(node);
        return VOID_TAGS.has(tag) ? `<${tag}${attributes}/>` : `<${tag}${attributes}>${this.compileChildren(node)}</${tag}>`;
    }

    /** @param {Element} node @param {string} [extraClass] */
    attributes(node, extraClass = "") {
        const kept = [...node.attributes].filter(({ name, value }) => ALLOWED_ATTRIBUTES.has(name) && name !== "class" && !/^\s*javascript:/i.test(value));
        const classes = [extraClass, node.getAttribute("class")].filter(Boolean).join(" ");
        return [...kept.map(({ name, value }) => ` ${name}="${escape(value)}"`), classes ? ` class="${escape(classes)}"` : ""].join("");
    }

    /** @param {Element} header */
    compileHeader(header) {
        const isStatus = (child) => child.tagName === "field" && child.getAttribute("widget") === "statusbar";
        const buttons = [...header.children].filter((child) => !isStatus(child)).map((child) => this.compile(child)).join("");
        const status = [...header.children].filter(isStatus).map((child) => this.compile(child)).join("");
        return this.wrap(header, `<div class="f-form-header"><div class="f-form-buttons">${buttons}</div>${status}</div>`);
    }

    /** @param {Element} node @param {string} [extraClass] @returns {string} */
    compileField(node, extraClass = "") {
        const added = this.sink.addField(node);
        return added ? this.wrap(node, this.fieldTag(added, node, { extraClass })) : "";
    }

    fieldTag({ use, active }, node, { extraClass = "", isLabelled = this.labelled.has(active.name) || this.labelled.has(active.attrs?.id) } = {}) {
        const classes = [extraClass, node.getAttribute("class")].filter(Boolean).join(" ").replaceAll("'", "");
        return `<Field id="idOf(${use})" name="'${active.name}'" record="record" active="uses[${use}].active" isLabelled="${isLabelled}" readonly="readonly" viewType="'form'" class="'${escape(classes)}'"/>`;
    }

    /** A label and its field, side by side. @param {Element} node */
    compileRow(node) {
        const added = this.sink.addField(node);
        if (!added) {
            return "";
        }
        const { use, active, field } = added;
        const isBare = /^(1|true)$/i.test(node.getAttribute("nolabel") || "") || !added.hasLabel;
        const isWide = isBare || active.needsSubviews || Number(node.getAttribute("colspan")) > 1;
        const label = isBare ? "" : this.labelTag(use, node.getAttribute("string") ?? field.string, active.help);
        return this.wrap(node, `<div class="f-row" t-att-class="{'f-row-wide': ${isWide}}">${label}${this.fieldTag(added, node, isBare ? {} : { isLabelled: true })}</div>`);
    }

    /** @param {number} use @param {string} text @param {string|undefined} help */
    labelTag(use, text, help) {
        return `<label class="f-label" t-att-for="idOf(${use})" t-att-class="labelClass(${use})"${help ? ` title="${escape(help)}"` : ""}>${escape(text || "")}</label>`;
    }

    /** `<label for="x"/>` stands for a field that follows; which one is known only when it has been met. @param {Element} node */
    compileLabel(node) {
        const name = node.getAttribute("for") || "";
        const text = node.getAttribute("string");
        const dynamic = /^[\w.-]+$/.test(name) ? `t-att-for="idOfName('${name}')" t-att-class="labelClassOfName('${name}')"` : "";
        const content = text === null ? `<t t-esc="labelOfName('${/^[\w.-]+$/.test(name) ? name : ""}')"/>` : escape(text);
        return `<label class="f-label ${escape(node.getAttribute("class") || "")}" ${dynamic}>${content}</label>`;
    }

    /** @param {Element} node */
    compileGroup(node) {
        const title = node.getAttribute("string");
        const heading = title ? `<h2 class="f-group-title">${escape(title)}</h2>` : "";
        const children = [...node.children];
        if (!children.length) {
            return ""; // a place that addons may fill
        }
        const isOuter = children.some((child) => child.tagName === "group" || child.tagName === "notebook");
        if (isOuter) {
            const columns = Number(node.getAttribute("col")) || 2;
            const content = children.map((child) => (child.tagName === "field" ? this.compileRow(child) : this.compile(child))).join("");
            return this.wrap(node, `<section${this.attributes(node, "f-group-outer")} style="--columns:${columns}">${heading}${content}</section>`);
        }
        return this.wrap(node, `<section${this.attributes(node, "f-group")}>${heading}${this.compileRows(children)}</section>`);
    }

    /** A label is followed by what it labels; both make one row. @param {Element[]} children */
    compileRows(children) {
        const rows = [];
        for (let index = 0; index < children.length; index++) {
            const child = children[index];
            const next = children[index + 1];
            if (child.tagName === "field") {
                rows.push(this.compileRow(child));
            } else if ((child.tagName === "label" || child.classList.contains("o_td_label")) && next) {
                index += 1;
                const label = child.tagName === "label" ? this.compileLabel(child) : `<div class="f-label">${this.compileChildren(child)}</div>`;
                const content = next.tagName === "field" ? this.compileField(next) : this.compile(next);
                rows.push(this.wrap(child, `<div class="f-row">${label}<div class="f-row-content">${content}</div></div>`));
            } else {
                const content = this.compile(child);
                rows.push(content && `<div class="f-row f-row-wide">${content}</div>`);
            }
        }
        return rows.join("");
    }

    /** @param {Element} node */
    compileNotebook(node) {
        const pages = [...node.children].filter((child) => child.tagName === "page" && !/^(1|True)$/.test(child.getAttribute("invisible") || ""));
        const slots = pages.map((page, index) => {
            const condition = page.getAttribute("invisible");
            const isVisible = condition && !/^(0|False)$/.test(condition) ? `!hides(${this.sink.addCondition(condition)})` : "true";
            const title = escape(page.getAttribute("string") || "").replaceAll("\\", "\\\\").replaceAll("'", "\\'");
            return `<t t-set-slot="page_${index}" title="'${title}'" isVisible="${isVisible}">${this.compilePage(page)}</t>`;
        });
        return this.wrap(node, `<Notebook>${slots.join("")}</Notebook>`);
    }

    /** Fields that stand alone in a page get their whole width. @param {Element} page */
    compilePage(page) {
        return [...page.childNodes].map((child) => (child instanceof Element && child.tagName === "field" ? this.compilePageField(child) : this.compile(child))).join("");
    }

    /** @param {Element} node */
    compilePageField(node) {
        return this.compileField(node, "f-field-wide");
    }

    /** @param {Element} node */
    compileButton(node) {
        const content = [...node.childNodes].map((child) => this.compile(child)).join("");
        return this.wrap(node, `<ViewButton info="buttons[${this.sink.addButton(node)}]" record="record">${content}</ViewButton>`);
    }
}

/** @type {Tags} */
const TAGS = {
    sheet: (compiler, node) => compiler.wrap(node, `<div${compiler.attributes(node, "f-sheet")}>${compiler.compileChildren(node)}</div>`),
    header: (compiler, node) => compiler.compileHeader(node),
    group: (compiler, node) => compiler.compileGroup(node),
    notebook: (compiler, node) => compiler.compileNotebook(node),
    field: (compiler, node) => compiler.compileField(node),
    label: (compiler, node) => compiler.wrap(node, compiler.compileLabel(node)),
    button: (compiler, node) => compiler.compileButton(node),
    separator: (compiler, node) => compiler.wrap(node, node.getAttribute("string") ? `<h2 class="f-group-title">${escape(node.getAttribute("string") || "")}</h2>` : `<hr class="f-separator"/>`),
    newline: () => `<div class="f-newline"></div>`,
    footer: (compiler, node) => compiler.wrap(node, `<footer class="f-form-footer">${compiler.compileChildren(node)}</footer>`),
    widget: (compiler, node) => compiler.wrap(node, `<ViewWidget info="widgets[${compiler.sink.addWidget(node)}]" record="record" readonly="readonly"/>`),
    t: (compiler, node) => compiler.wrap(node, compiler.compileChildren(node)),
};
