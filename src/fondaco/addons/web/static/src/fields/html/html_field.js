/** Text with form: bold, lists, links. A small editor on the browser's own editing; the server cleans what it is sent. */
import { Component, onMounted, onPatched, onWillUnmount, useRef, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";

const COMMANDS = [
    { command: "bold", label: _t("Bold"), sign: "B" },
    { command: "italic", label: _t("Italic"), sign: "I" },
    { command: "underline", label: _t("Underline"), sign: "U" },
    { command: "insertUnorderedList", label: _t("List"), sign: "•" },
    { command: "insertOrderedList", label: _t("Numbered list"), sign: "1." },
    { command: "removeFormat", label: _t("Plain text"), sign: "T" },
];
const FORBIDDEN = "script, style, iframe, object, embed, link, meta, base, form";

/** @param {string} source @returns {DocumentFragment} without anything that acts by itself */
export function toSafeFragment(source) {
    const { body } = new DOMParser().parseFromString(source || "", "text/html");
    body.querySelectorAll(FORBIDDEN).forEach((element) => element.remove());
    for (const element of body.querySelectorAll("*")) {
        for (const { name, value } of [...element.attributes]) {
            if (/^on/i.test(name) || (/^(href|src|action|formaction)$/i.test(name) && /^\s*(javascript|vbscript|data:text)/i.test(value))) {
                element.removeAttribute(name);
            }
        }
    }
    const fragment = document.createDocumentFragment();
    fragment.append(...body.childNodes);
    return fragment;
}

export class HtmlField extends Component {
    static template = xml`
        <div class="f-html" t-att-class="{'f-html-edit': !props.readonly}">
            <div t-if="!props.readonly" class="f-html-bar" role="toolbar" t-att-aria-label="props.label">
                <button t-foreach="commands" t-as="item" t-key="item.command" type="button" class="f-button f-button-quiet f-button-icon" t-att-title="item.label" t-att-aria-label="item.label"
                        t-on-pointerdown.prevent="() => this.run(item.command)" t-on-keydown="(ev) => (ev.key === 'Enter' or ev.key === ' ') and this.run(item.command)" t-esc="item.sign"/>
            </div>
            <div t-ref="content" class="f-html-content f-prose" t-att-id="props.id" t-att-contenteditable="props.readonly ? undefined : 'true'" t-att-role="props.readonly ? undefined : 'textbox'" aria-multiline="true"
                 t-att-aria-label="props.label" t-att-data-placeholder="props.placeholder" t-on-input="() => this.isTyping = true" t-on-blur="() => this.commit()"/>
        </div>`;
    static props = ["*"];

    setup() {
        this.commands = COMMANDS;
        this.content = useRef("content");
        this.isTyping = false;
        this.painted = null;
        const { bus } = this.props.record.model;
        const onAsked = (event) => event.detail.proms.push(this.commit());
        onMounted(() => {
            this.paint();
            bus.addEventListener("NEED_LOCAL_CHANGES", onAsked);
        });
        onPatched(() => this.paint());
        onWillUnmount(() => bus.removeEventListener("NEED_LOCAL_CHANGES", onAsked));
    }

    get value() {
        return this.props.record.data[this.props.name] || "";
    }

    paint() {
        if (!this.isTyping && this.painted !== this.value) {
            this.painted = this.value;
            this.content.el.replaceChildren(toSafeFragment(this.value));
        }
    }

    /** @param {string} command */
    run(command) {
        this.content.el.focus();
        // deprecated in name only: every browser keeps it, and it keeps undo
        document.execCommand(command);
        this.isTyping = true;
    }

    commit() {
        if (!this.isTyping || !this.content.el) {
            return undefined;
        }
        this.isTyping = false;
        const html = this.content.el.textContent.trim() || this.content.el.querySelector("img") ? this.content.el.innerHTML : "";
        this.painted = html;
        return html === this.value ? undefined : this.props.record.update({ [this.props.name]: html });
    }
}

registry.category("fields").add("html", { component: HtmlField, displayName: _t("Formatted text"), supportedTypes: ["html"], extractProps: ({ attrs }) => ({ placeholder: attrs.placeholder }) });
