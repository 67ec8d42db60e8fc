/** Code that only few pages need: asked for when it is needed, once. */
import { Component, onWillStart, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";

/** @type {Map<string, Promise<any>>} by address, or by the name of a bundle */
const asked = new Map();

/** @template T @param {string} key @param {() => Promise<T>} load @returns {Promise<T>} a failure is forgotten, so that it may be tried again */
function once(key, load) {
    let answer = asked.get(key);
    if (!answer) {
        answer = load();
        asked.set(key, answer);
        answer.catch(() => asked.delete(key));
    }
    return answer;
}

/** @param {HTMLScriptElement|HTMLLinkElement} element @param {string} url @returns {Promise<void>} when it is there */
function added(element, url) {
    return new Promise((resolve, reject) => {
        element.onload = () => resolve();
        element.onerror = () => {
            element.remove();
            reject(new Error(`a part of the page could not be loaded: ${url}`));
        };
        document.head.append(element);
    });
}

/** Load a classic script. @param {string} url @returns {Promise<void>} */
export const loadJS = (url) => once(url, () => added(Object.assign(document.createElement("script"), { src: url }), url));

/** Load a style sheet. @param {string} url @returns {Promise<void>} */
export const loadCSS = (url) => once(url, () => added(Object.assign(document.createElement("link"), { rel: "stylesheet", href: url }), url));

/** What a bundle of a manifest is made of. @param {string} name @returns {Promise<{cssLibs: string[], jsLibs: string[]}>} addresses */
export const getBundle = (name) => once(`bundle ${name}`, async () => {
    const response = await fetch(`/web/bundle/${name}`, { credentials: "same-origin" });
    if (!response.ok) {
        throw new Error(`the bundle ${name} is not here (status ${response.status}); a bundle is named in the manifest of a module that is installed`);
    }
    const files = await response.json();
    const of = (/** @type {string} */ type) => files.filter((file) => file.type === type).map(({ src }) => src);
    return { cssLibs: of("link"), jsLibs: of("script") };
});

/** A file with `import` or `export` is a module. @param {string} url */
async function loadScript(url) {
    const text = await (await fetch(url)).text();
    return /^\s*(?:import\s*[\w{*"'(]|export\s+[\w{*])|@odoo-module(?!\s+ignore)/m.test(text) ? import(url) : loadJS(url);
}

/** Load a bundle: its style sheets, then its scripts in their order. @param {string|{cssLibs?: string[], jsLibs?: string[]}} bundle @returns {Promise<void>} */
export async function loadBundle(bundle) {
    const { cssLibs = [], jsLibs = [] } = typeof bundle === "string" ? await getBundle(bundle) : bundle;
    await Promise.all(cssLibs.map(loadCSS));
    for (const url of jsLibs) {
        await once(`script ${url}`, () => loadScript(url));
    }
}

/** What a component needs before it is painted. @param {{bundles?: string[], cssLibs?: string[], jsLibs?: string[]}} needs */
export function useAssets({ bundles = [], cssLibs = [], jsLibs = [] }) {
    onWillStart(async () => {
        await Promise.all([...bundles.map(loadBundle), loadBundle({ cssLibs, jsLibs })]);
    });
}

/** A component of the registry "lazy_components" that is there once its bundle is. */
export class LazyComponent extends Component {
    static template = xml`<t t-component="Component" t-props="componentProps"/>`;
    static props = ["Component", "bundle", "props?"];

    setup() {
        onWillStart(async () => {
            await loadBundle(this.props.bundle);
            this.Component = registry.category("lazy_components").get(this.props.Component);
        });
    }

    get componentProps() {
        const { props = {} } = this.props;
        return typeof props === "function" ? props() : props;
    }
}
