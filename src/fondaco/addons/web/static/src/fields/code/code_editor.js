/** The editor of code: its library, and how it looks here. */

const CODEMIRROR = "/web/static/lib/codemirror/codemirror.js?6.0.2";

/** @type {Promise<any>|undefined} */
let library;

/** @returns {Promise<any>} asked for once */
export function loadCodeEditor() {
    library ??= import(CODEMIRROR);
    library.catch(() => {
        library = undefined;
    });
    return library;
}

/** Language by the word in `options`; templates and pages are XML. */
const LANGUAGES = { python: "python", xml: "xml", qweb: "xml", html: "xml", js: "javascript", javascript: "javascript", json: "json" };

/**
 * @param {any} lib what `loadCodeEditor` gives
 * @param {{parent: HTMLElement, text: string, mode: string, attributes: Record<string, string>, onInput: (text: string) => void, onLeave: () => void}} options
 * @returns {any} the view
 */
export function makeCodeEditor(lib, { parent, text, mode, attributes, onInput, onLeave }) {
    const { EditorView, HighlightStyle, tags } = lib;
    const language = lib[LANGUAGES[mode]];
    const colours = HighlightStyle.define([
        { tag: [tags.keyword, tags.tagName, tags.bool, tags.null], color: "var(--accent-text)", fontWeight: "600" },
        { tag: [tags.string, tags.attributeValue], color: "var(--success)" },
        { tag: [tags.number, tags.attributeName], color: "var(--info)" },
        { tag: [tags.comment, tags.processingInstruction], color: "var(--text-2)", fontStyle: "italic" },
        { tag: tags.invalid, color: "var(--danger)" },
    ]);
    return new EditorView({
        parent,
        doc: text,
        extensions: [
            lib.basicSetup,
            lib.indentUnit.of("    "),
            lib.syntaxHighlighting(colours),
            ...(language ? [language()] : []),
            EditorView.lineWrapping,
            EditorView.contentAttributes.of(attributes),
            EditorView.updateListener.of((update) => update.docChanged && onInput(update.state.doc.toString())),
            EditorView.domEventHandlers({ blur: onLeave }),
        ],
    });
}

/** What the view shows becomes this text. @param {any} view @param {string} text */
export function setCode(view, text) {
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}
