/**
 * The source of a view, written where it is seen. The server holds it against the models before anything is kept; what it
 * refuses stays in the editor, with the line.
 */
import { Component, onMounted, onWillStart, onWillUnmount, useExternalListener, useRef, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { useService } from "@web/core/services";
import { loadCodeEditor, makeCodeEditor } from "@web/fields/code/code_editor";
import { Dialog } from "@web/ui/dialog/dialog";

/** @typedef {{id: number, name: string, xmlid: string, arch: string, isExtension: boolean}} Source */

const NEW = 0;
const EMPTY_EXTENSION = `<data>
    <xpath expr="//field[1]" position="after">
    </xpath>
</data>`;

export class ViewEditor extends Component {
    static template = xml`
        <Dialog title="texts.title" size="'lg'" close="() => this.leave()">
            <label class="f-view-source"><span t-esc="texts.source"/>
                <select class="f-input f-select" name="source" t-on-change="(ev) => this.choose(ev)">
                    <option t-foreach="sources" t-as="source" t-key="source.id" t-att-value="source.id" t-att-selected="source.id === state.chosen" t-esc="nameOf(source)"/>
                </select>
            </label>
            <p class="f-muted" t-esc="state.chosen ? texts.own : texts.extension"/>
            <div t-if="state.problem" class="f-alert f-alert-danger" role="alert"><t t-if="state.line"><strong t-esc="lineText"/> </t><t t-esc="state.problem"/></div>
            <div class="f-code-edit" t-ref="place">
                <textarea t-ref="box" class="f-input f-textarea f-code" rows="16" spellcheck="false" t-att-aria-label="texts.arch" t-att-hidden="state.hasEditor"/>
            </div>
            <t t-set-slot="footer">
                <button type="button" class="f-button f-button-primary" name="save" t-att-disabled="state.isBusy" t-on-click="() => this.save()" t-esc="texts.save"/>
                <button type="button" class="f-button" name="discard" t-on-click="() => this.leave()" t-esc="texts.discard"/>
            </t>
        </Dialog>`;
    static components = { Dialog };
    static props = ["viewId", "close", "onSaved"];

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.texts = {
            title: _t("Source of the view"), source: _t("View"), arch: _t("Source of the view, in XML"), save: _t("Check and save"), discard: _t("Discard"),
            own: _t("A view that a module brought is brought again by its upgrade. An extension of your own stays."),
            extension: _t("A new view that changes this one and stays when modules are upgraded."),
        };
        this.state = useState({ chosen: NEW, problem: "", line: 0, hasEditor: false, isBusy: false });
        /** @type {{el: any}} */
        this.box = useRef("box");
        /** @type {{el: any}} */
        this.place = useRef("place");
        /** @type {Source[]} */
        this.sources = [];
        this.editor = null;
        onWillStart(async () => {
            const found = await this.orm.call("ir.ui.view", "read_sources", [[this.props.viewId]]);
            this.sources = [...found, { id: NEW, name: "", xmlid: "", arch: EMPTY_EXTENSION, isExtension: true }];
            this.state.chosen = this.props.viewId;
        });
        useExternalListener(window, "beforeunload", (event) => this.isChanged && event.preventDefault());
        onMounted(() => this.begin());
        onWillUnmount(() => this.editor?.view.destroy());
    }

    get chosen() {
        return /** @type {Source} */ (this.sources.find(({ id }) => id === this.state.chosen));
    }

    get lineText() {
        return _t("Line %s:", this.state.line);
    }

    get isChanged() {
        return Boolean(this.box.el) && this.box.el.value !== this.chosen.arch;
    }

    /** @param {Source} source */
    nameOf(source) {
        return source.id ? [source.name, source.xmlid && `(${source.xmlid})`].filter(Boolean).join(" ") : _t("A new extension");
    }

    async begin() {
        this.box.el.value = this.chosen.arch;
        const library = await loadCodeEditor().catch((error) => console.warn(`the source is written without its editor: ${error.message}`));
        if (!library || !this.place.el) {
            return;
        }
        this.editor = makeCodeEditor(library, {
            parent: this.place.el, text: this.box.el.value, caret: 0, mode: "xml", attributes: { "aria-label": this.texts.arch },
            onInput: (text) => { this.box.el.value = text; }, onLeave: () => {},
        });
        this.state.hasEditor = true;
    }

    /** @param {string} text */
    show(text) {
        this.box.el.value = text;
        this.editor?.show(text);
    }

    async choose(event) {
        const id = Number(event.target.value);
        if (this.isChanged && !(await this.mayForget())) {
            event.target.value = String(this.state.chosen);
            return;
        }
        Object.assign(this.state, { chosen: id, problem: "", line: 0 });
        this.show(this.chosen.arch);
    }

    mayForget() {
        return this.dialog.ask({ title: _t("Unsaved changes"), body: _t("What you changed in this source will be lost."), confirmLabel: _t("Discard changes"), cancelLabel: _t("Go on writing") });
    }

    async leave() {
        if (!this.isChanged || (await this.mayForget())) {
            this.props.close();
        }
    }

    async save() {
        const { chosen } = this;
        const text = this.box.el.value;
        this.state.isBusy = true;
        try {
            const target = chosen.id || this.props.viewId;
            const { problem, line } = await this.orm.call("ir.ui.view", "save_source", [[target], text], chosen.id ? { seen: chosen.arch } : { is_extension: true });
            if (problem) {
                Object.assign(this.state, { problem, line });
                this.goToLine(line);
                return;
            }
        } finally {
            this.state.isBusy = false;
        }
        // the page is read again, and nothing of it is lost
        chosen.arch = text;
        this.props.close();
        await this.props.onSaved();
    }

    /** @param {number} line */
    goToLine(line) {
        const { view } = this.editor || {};
        if (view && line && line <= view.state.doc.lines) {
            view.dispatch({ selection: { anchor: view.state.doc.line(line).from }, scrollIntoView: true });
            view.focus();
        }
    }
}
