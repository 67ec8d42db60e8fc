/**
 * Code, with line numbers and colours.
 *
 * A box of text holds the value, as for any text; the editor stands in its place and writes into it. Until the library is
 * there, or where it cannot be had, the box itself is what one writes in.
 */
import { Component, onMounted, onPatched, onWillUnmount, useRef, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { loadCodeEditor, makeCodeEditor } from "@web/fields/code/code_editor";
import { useInputField } from "@web/fields/input";

export class CodeField extends Component {
    static template = xml`
        <pre t-if="props.readonly" class="f-value f-code f-code-shown" tabindex="0" t-att-aria-label="props.label"><code t-esc="text"/></pre>
        <div t-else="" class="f-code-edit">
            <textarea t-ref="input" class="f-input f-textarea f-code" rows="6" spellcheck="false" t-att-id="props.id" t-att-hidden="state.hasEditor" t-att-aria-label="props.label"
                      t-att-aria-invalid="props.invalid ? 'true' : undefined"/>
            <div t-ref="place" t-att-hidden="!state.hasEditor"/>
        </div>`;
    static props = ["*"];

    setup() {
        this.input = useInputField({ getValue: () => this.text });
        this.place = useRef("place");
        this.state = useState({ hasEditor: false });
        this.editor = null;
        onMounted(() => this.begin());
        onPatched(() => {
            this.follow();
            this.giveFocus();
            this.begin();
        });
        onWillUnmount(() => this.end());
    }

    get text() {
        return this.props.record.data[this.props.name] || "";
    }

    async begin() {
        if (this.props.readonly || this.editor || this.isLoading) {
            return;
        }
        this.isLoading = true;
        const library = await loadCodeEditor().catch((error) => console.warn(`code is written without its editor: ${error.message}`));
        this.isLoading = false;
        const box = this.input.el;
        if (!library || !box || this.editor) {
            return;
        }
        this.shownRecord = this.props.record.id;
        // who writes in the box goes on in the editor
        this.takesFocus = document.activeElement === box;
        this.editor = makeCodeEditor(library, {
            parent: this.place.el,
            text: box.value,
            caret: box.selectionEnd,
            mode: this.props.mode,
            attributes: { "aria-label": this.props.label || _t("Code") },
            onInput: (text) => this.write(text),
            onLeave: () => box.dispatchEvent(new Event("change")),
        });
        this.state.hasEditor = true;
    }

    /** @param {string} text */
    write(text) {
        this.input.el.value = text;
        this.input.el.dispatchEvent(new Event("input"));
    }

    giveFocus() {
        if (this.takesFocus && this.editor && !this.place.el.hidden) {
            this.takesFocus = false;
            this.editor.view.focus();
        }
    }

    /** The record has another value: another one is shown, or the changes were discarded. */
    follow() {
        const box = this.input.el;
        const { id } = this.props.record;
        if (!box) {
            this.end();
        } else if (this.editor && (id !== this.shownRecord || this.editor.view.state.doc.toString() !== box.value)) {
            this.shownRecord = id;
            this.editor.show(box.value);
        }
    }

    end() {
        this.editor?.view.destroy();
        this.editor = null;
        this.state.hasEditor = false;
    }
}

export const codeField = { component: CodeField, displayName: _t("Code"), supportedTypes: ["text", "char", "html"], extractProps: ({ options }) => ({ mode: options.mode || "" }) };
registry.category("fields").add("code", codeField);
registry.category("fields").add("ace", codeField);
