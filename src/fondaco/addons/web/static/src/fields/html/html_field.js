/** Text with form: headings, lists, links, pictures. Squire edits, DOMPurify looks at what is pasted, the server cleans what it is sent. */
import { Component, onMounted, onPatched, onWillStart, onWillUnmount, useRef, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { Icon } from "@web/ui/icon/icon";
import { loadEditor, safeFragment, setBlock } from "@web/fields/html/html_editor";
import { LinkDialog } from "@web/fields/html/link_dialog";

const BLOCKS = [["P", _t("Text")], ["H1", _t("Heading 1")], ["H2", _t("Heading 2")], ["H3", _t("Heading 3")], ["PRE", _t("Code")]];
/** What a button does, what it undoes, and which element shows that it is on. */
const BUTTONS = [
    { name: "bold", label: _t("Bold"), sign: "B", element: "B", on: "bold", off: "removeBold" },
    { name: "italic", label: _t("Italic"), sign: "I", element: "I", on: "italic", off: "removeItalic" },
    { name: "underline", label: _t("Underline"), sign: "U", element: "U", on: "underline", off: "removeUnderline" },
    { name: "list", label: _t("List"), sign: "•", element: "UL", on: "makeUnorderedList", off: "removeList" },
    { name: "numbers", label: _t("Numbered list"), sign: "1.", element: "OL", on: "makeOrderedList", off: "removeList" },
    { name: "quote", label: _t("Quotation"), sign: "“", element: "BLOCKQUOTE", on: "increaseQuoteLevel", off: "decreaseQuoteLevel" },
    { name: "plain", label: _t("Plain text"), sign: "T", on: "removeAllFormatting" },
];

export class HtmlField extends Component {
    static template = xml`
        <div class="f-html" t-att-class="{'f-html-edit': !props.readonly}">
            <div t-if="!props.readonly" class="f-html-bar" role="toolbar" t-att-aria-label="texts.bar">
                <select class="f-input f-select" t-att-aria-label="texts.block" t-att-disabled="state.isSource" t-on-change="(ev) => this.block(ev.target.value)"><option t-foreach="blocks" t-as="block" t-key="block[0]" t-att-value="block[0]" t-att-selected="block[0] === state.block" t-esc="block[1]"/></select>
                <button t-foreach="buttons" t-as="item" t-key="item.name" type="button" class="f-button f-button-quiet f-button-icon" t-att-name="item.name" t-att-title="item.label" t-att-aria-label="item.label" t-att-disabled="state.isSource"
                        t-att-class="{'f-active': state.on[item.name]}" t-att-aria-pressed="item.element ? (state.on[item.name] ? 'true' : 'false') : undefined" t-on-mousedown.prevent="" t-on-click="() => this.press(item)" t-esc="item.sign"/>
                <button type="button" class="f-button f-button-quiet f-button-icon" name="link" t-att-title="texts.link" t-att-aria-label="texts.link" t-att-disabled="state.isSource" t-on-mousedown.prevent="" t-on-click="() => this.link()"><Icon name="'link'"/></button>
                <button type="button" class="f-button f-button-quiet f-button-icon" name="undo" t-att-title="texts.undo" t-att-aria-label="texts.undo" t-att-disabled="state.isSource or !state.canUndo" t-on-mousedown.prevent="" t-on-click="() => this.editor.undo()"><Icon name="'undo'"/></button>
                <button type="button" class="f-button f-button-quiet f-button-small" name="source" t-att-title="texts.source" t-att-class="{'f-active': state.isSource}" t-att-aria-pressed="state.isSource ? 'true' : 'false'" t-on-click="() => this.toggleSource()">HTML</button>
            </div>
            <textarea t-if="state.isSource" t-ref="source" class="f-input f-textarea f-code" rows="10" spellcheck="false" t-att-aria-label="props.label" t-on-input="() => this.touch()"/>
            <div t-ref="content" class="f-html-content f-prose" t-att-id="props.id" t-att-class="{'f-gone': state.isSource}" t-att-role="props.readonly ? undefined : 'textbox'" t-att-aria-multiline="props.readonly ? undefined : 'true'"
                 t-att-aria-label="props.readonly ? undefined : props.label" t-att-data-placeholder="props.placeholder" t-on-focusout="() => this.commit()"/>
        </div>`;
    static components = { Icon };
    static props = ["*"];

    setup() {
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.orm = useService("orm");
        this.blocks = BLOCKS;
        this.buttons = BUTTONS;
        this.texts = { bar: _t("Form of the text"), block: _t("Kind of paragraph"), link: _t("Link"), undo: _t("Undo"), source: _t("Show the HTML") };
        this.state = useState({ block: "P", on: /** @type {Record<string, boolean>} */ ({}), canUndo: false, isSource: false });
        /** @type {{el: any}} */
        this.content = useRef("content");
        /** @type {{el: any}} */
        this.source = useRef("source");
        /** @type {{Squire: any, DOMPurify: any}|undefined} */
        this.library = undefined;
        this.isTyping = false;
        this.tidied = "";
        /** What the source is to show once it is there. @type {string|null} */
        this.toShow = null;
        /** @type {string|null} */
        this.painted = null;
        const { bus } = this.props.record.model;
        const onAsked = (event) => event.detail.proms.push(this.commit());
        onWillStart(() => this.load());
        onMounted(() => {
            this.start();
            this.paint();
            bus.addEventListener("NEED_LOCAL_CHANGES", onAsked);
        });
        onPatched(async () => {
            await this.load();
            this.start();
            this.paint();
            this.paintSource();
        });
        onWillUnmount(() => {
            this.editor?.destroy();
            bus.removeEventListener("NEED_LOCAL_CHANGES", onAsked);
        });
    }

    get value() {
        return this.props.record.data[this.props.name] || "";
    }

    async load() {
        this.library ??= this.props.readonly ? undefined : await loadEditor();
    }

    /** An editor where one may write, none where one may not. */
    start() {
        if (this.props.readonly && this.editor) {
            this.editor.destroy();
            this.editor = null;
            this.content.el.removeAttribute("contenteditable");
            this.painted = null;
        } else if (!this.props.readonly && !this.editor && this.library && this.content.el) {
            const { Squire, DOMPurify } = this.library;
            this.editor = new Squire(this.content.el, { blockTag: "P", sanitizeToDOMFragment: (html) => safeFragment(DOMPurify, html) });
            this.editor.addEventListener("input", () => {
                this.markEmpty();
                if (this.editor.getHTML() !== this.tidied) {
                    this.touch();
                }
            });
            this.editor.addEventListener("pathChange", () => this.readState());
            this.editor.addEventListener("undoStateChange", (event) => {
                this.state.canUndo = event.detail.canUndo;
            });
            this.editor.addEventListener("pasteImage", (event) => this.insertPicture(event.detail.clipboardData.files[0]));
            this.painted = null;
        }
    }

    paint() {
        if (this.isTyping || this.painted === this.value || !this.content.el) {
            return;
        }
        this.painted = this.value;
        if (this.editor) {
            this.editor.setHTML(this.value);
            // the editor puts loose text into paragraphs: that is no change of anybody's
            this.tidied = this.editor.getHTML();
        } else {
            this.content.el.replaceChildren(toSafeFragment(this.value));
        }
        this.markEmpty();
    }

    /** An editor always has a paragraph in it; where that is all, the placeholder is seen. */
    markEmpty() {
        const content = this.content.el;
        content.toggleAttribute("data-empty", !content.textContent.trim() && !content.querySelector("img, video, iframe, hr, table, li"));
    }

    touch() {
        this.isTyping = true;
        this.props.record.model.bus.trigger("FIELD_IS_DIRTY", true);
    }

    readState() {
        const path = this.editor.getPath();
        this.state.on = Object.fromEntries(BUTTONS.map(({ name, element }) => [name, Boolean(element) && this.editor.hasFormat(element)]));
        this.state.block = BLOCKS.map(([tag]) => tag).find((tag) => new RegExp(`(^|>)${tag}(\\.|>|$)`).test(path)) || "P";
    }

    /** @param {any} item of the bar */
    press(item) {
        this.editor.focus();
        this.editor[this.state.on[item.name] && item.off ? item.off : item.on]();
        this.readState();
    }

    /** @param {string} tag */
    block(tag) {
        setBlock(this.editor, tag);
        this.readState();
    }

    link() {
        const selection = this.editor.getSelection();
        const present = /** @type {Element} */ (selection.startContainer.parentElement)?.closest("a")?.getAttribute("href") || "";
        const back = () => {
            this.editor.focus();
            this.editor.setSelection(selection);
        };
        this.dialog.add(LinkDialog, {
            url: present,
            onSave: (url) => { back(); this.editor.makeLink(url, { target: "_blank", rel: "noopener" }); },
            onRemove: present ? () => { back(); this.editor.removeLink(); } : undefined,
        });
    }

    /** A pasted picture becomes a file of the record. @param {File|undefined} file */
    async insertPicture(file) {
        const { record } = this.props;
        if (!file) {
            return;
        }
        if (!record.resId) {
            this.notification.add(_t("Save the record first; then pictures can be put into it."), { type: "warning" });
            return;
        }
        const bytes = new Uint8Array(await file.arrayBuffer());
        const datas = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
        const [id] = await this.orm.create("ir.attachment", [{ name: file.name || _t("Picture"), datas, res_model: record.resModel, res_id: record.resId }]);
        this.editor.insertImage(`/web/image/${id}`, { alt: file.name });
    }

    toggleSource() {
        const wasSource = this.state.isSource;
        if (wasSource) {
            const isChanged = this.isTyping;
            this.editor.setHTML(this.source.el.value);
            this.isTyping = isChanged;
        }
        this.toShow = wasSource ? null : this.html;
        this.state.isSource = !wasSource;
    }

    paintSource() {
        if (this.toShow !== null && this.source.el) {
            this.source.el.value = this.toShow;
            this.source.el.focus();
            this.toShow = null;
        }
    }

    get html() {
        if (this.state.isSource && this.source.el) {
            return this.source.el.value;
        }
        const { el } = this.content;
        return el.textContent.trim() || el.querySelector("img, hr, table") ? this.editor.getHTML() : "";
    }

    commit() {
        if (!this.isTyping || !this.editor) {
            return undefined;
        }
        const { html } = this;
        this.isTyping = false;
        this.painted = html;
        return html === this.value ? undefined : this.props.record.update({ [this.props.name]: html });
    }
}

const FORBIDDEN = "script, style, iframe, object, embed, link, meta, base, form, portal, fencedframe, animate, animateMotion, animateTransform, set";
const SCRIPT = /^(javascript|vbscript|data:text)/i;

/** For reading: what the server has cleaned, without anything that acts by itself. @param {string} source @returns {DocumentFragment} */
export function toSafeFragment(source) {
    const { body } = new DOMParser().parseFromString(source || "", "text/html");
    body.querySelectorAll(FORBIDDEN).forEach((element) => element.remove());
    for (const element of body.querySelectorAll("*")) {
        for (const { name, value } of [...element.attributes]) {
            // browsers pass over blanks and control characters in an address
            if (/^on/i.test(name) || SCRIPT.test(value.replace(/[\x00-\x20]+/g, ""))) {
                element.removeAttribute(name);
            }
        }
    }
    const fragment = document.createDocumentFragment();
    fragment.append(...body.childNodes);
    return fragment;
}

export const htmlField = { component: HtmlField, displayName: _t("Formatted text"), supportedTypes: ["html"], extractProps: ({ attrs }) => ({ placeholder: attrs.placeholder }) };
registry.category("fields").add("html", htmlField);
