/** An editor of code that is told what it holds and tells what is typed. */
import { Component, onMounted, onWillStart, onWillUnmount, useEffect, useRef, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { loadCodeEditor, makeCodeEditor } from "@web/fields/code/code_editor";

export class CodeEditor extends Component {
    static template = xml`<div class="f-code" t-att-class="props.class" t-ref="root"/>`;
    static props = ["value?", "mode?", "onChange?", "onBlur?", "class?", "readonly?", "*"];
    static defaultProps = { value: "", mode: "", onChange: () => {}, onBlur: () => {} };
    static MODES = ["javascript", "xml", "qweb", "python", "json", "html"];

    setup() {
        /** @type {{el: any}} */
        const root = useRef("root");
        let text = this.props.value;
        /** @type {any} */
        let editor;
        onWillStart(async () => {
            this.library = await loadCodeEditor();
        });
        onMounted(() => {
            const attributes = { "aria-label": _t("Code"), ...(this.props.readonly ? { contenteditable: "false" } : {}) };
            const onInput = (/** @type {string} */ typed) => {
                text = typed;
                this.props.onChange(typed);
            };
            editor = makeCodeEditor(this.library, { parent: root.el, text, caret: 0, mode: this.props.mode, attributes, onInput, onLeave: () => this.props.onBlur() });
        });
        useEffect((value) => {
            if (editor && value !== text) {
                text = value;
                editor.show(value);
            }
        }, () => [this.props.value]);
        onWillUnmount(() => editor?.view.destroy());
    }
}
