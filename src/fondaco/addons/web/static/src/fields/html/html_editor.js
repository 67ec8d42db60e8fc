/** The editor of formatted text: its libraries, and what we add to them. */

const SQUIRE = "/web/static/lib/squire/squire.js?2.4.8";
const PURIFY = "/web/static/lib/dompurify/purify.js?3.5.0";

/** @type {Promise<{Squire: any, DOMPurify: any}>|undefined} */
let library;

/** @returns {Promise<{Squire: any, DOMPurify: any}>} asked for once */
export function loadEditor() {
    library ??= Promise.all([import(SQUIRE), import(PURIFY)]).then(([squire, purify]) => ({ Squire: squire.default, DOMPurify: purify.default }));
    library.catch(() => {
        library = undefined;
    });
    return library;
}

/** What is set or pasted, without what acts by itself. @param {any} DOMPurify @param {string} html @returns {DocumentFragment} */
export function safeFragment(DOMPurify, html) {
    const clean = DOMPurify.sanitize(html, { ALLOW_UNKNOWN_PROTOCOLS: true, ADD_ATTR: ["target", "t-esc", "t-out", "t-if", "t-foreach", "t-as"], WHOLE_DOCUMENT: false, RETURN_DOM: false, RETURN_DOM_FRAGMENT: false });
    const template = document.createElement("template");
    template.innerHTML = clean;
    return document.importNode(template.content, true);
}

/** The paragraphs of the selection become blocks of another kind. @param {any} editor @param {string} tag */
export function setBlock(editor, tag) {
    editor.focus();
    editor.modifyBlocks((/** @type {DocumentFragment} */ fragment) => {
        for (const block of [...fragment.querySelectorAll("p, h1, h2, h3, h4, h5, h6, pre")]) {
            const other = document.createElement(tag);
            other.append(...block.childNodes);
            block.replaceWith(other);
        }
        return fragment;
    });
}
