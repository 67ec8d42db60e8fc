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
 * @param {{parent: HTMLElement, text: string, caret: number, mode: string, attributes: Record<string, string>, onInput: (text: string) => void, onLeave: () => void}} options
 * @returns {{view: any, show: (text: string) => void}} show: another text, and nothing of the one before can be brought back
 */
export function makeCodeEditor(lib, { parent, text, caret, mode, attributes, onInput, onLeave }) {
    const { EditorView, HighlightStyle, tags } = lib;
    const language = lib[LANGUAGES[mode]];
    const colours = HighlightStyle.define([
        { tag: [tags.keyword, tags.tagName, tags.bool, tags.null], color: "var(--accent-text)", fontWeight: "600" },
        { tag: [tags.string, tags.attributeValue], color: "var(--success)" },
        { tag: [tags.number, tags.attributeName], color: "var(--info)" },
        { tag: [tags.comment, tags.processingInstruction], color: "var(--text-2)", fontStyle: "italic" },
        { tag: tags.invalid, color: "var(--danger)" },
    ]);
    const extensions = [
        lib.basicSetup,
        lib.indentUnit.of("    "),
        lib.syntaxHighlighting(colours),
        ...(language ? [language()] : []),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of(attributes),
        EditorView.updateListener.of((update) => update.docChanged && onInput(update.state.doc.toString())),
        EditorView.domEventHandlers({ blur: onLeave }),
    ];
    const view = new EditorView({ parent, doc: text, selection: { anchor: caret }, extensions });
    // a state of its own: a change of the text would be one more step that Ctrl+Z takes back
    const State = view.state.constructor;
    const show = (/** @type {string} */ other) => {
        const anchor = Math.min(view.state.selection.main.head, other.length);
        view.setState(State.create({ doc: other, selection: { anchor }, extensions }));
    };
    return { view, show };
}
