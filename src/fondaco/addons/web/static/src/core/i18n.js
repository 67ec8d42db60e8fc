/**
 * How is a text of the client said in the user's language, and how are numbers and days written there.
 *
 * The terms are loaded before anything that imports this module is evaluated, for much is said there: names of widgets,
 * choices, columns.
 */
import { session } from "@web/core/session";

/** @type {Map<string, string>} */
const terms = new Map();

/** Terms that count: their forms, as many as the language knows. @type {Map<string, string[]>} */
const countedTerms = new Map();

/** The kinds of numbers as CLDR has them, in the order in which the forms of a term stand. */
const KINDS = ["zero", "one", "two", "few", "many", "other"];

const LONGEST_WAIT_MS = 30_000;

/** What the language says about writing; the names are those of `res.lang`. */
export const locale = {
    code: "en_US",
    direction: "ltr",
    dateFormat: "%m/%d/%Y",
    timeFormat: "%H:%M:%S",
    decimalPoint: ".",
    thousandsSep: ",",
    grouping: [3, 0],
    weekStart: 7,
};

/**
 * The text in the user's language; `%s` and `%(name)s` are filled in.
 * @param {string} text
 * @param {...any} values
 * @returns {string}
 */
export function _t(text, ...values) {
    return fill(terms.get(text) ?? text, values);
}

/**
 * The text for so many things in the user's language: `_n("%s row", "%s rows", count)`. Without values the count fills it in.
 * @param {string} one
 * @param {string} many
 * @param {number} count
 * @param {...any} values
 * @returns {string}
 */
export function _n(one, many, count, ...values) {
    const forms = countedTerms.get(one);
    const text = forms ? forms[formOf(count, forms.length)] : count === 1 ? one : many;
    return fill(text, values.length ? values : [count]);
}

/** @param {number} count @param {number} length how many forms there are @returns {number} */
function formOf(count, length) {
    const rules = new Intl.PluralRules(intlTag());
    const kinds = KINDS.filter((kind) => rules.resolvedOptions().pluralCategories.includes(/** @type {any} */ (kind)));
    const index = kinds.indexOf(rules.select(count));
    // kinds that CLDR knows and PO files do not (millions in French) read like the last form
    return kinds[index] === "other" || index >= length ? length - 1 : index;
}

/** The language as the browser's `Intl` names it. Digits are Latin, as those of numbers are. */
export function intlTag() {
    const tag = `${locale.code.replace(/@.*/, "").replaceAll("_", "-")}-u-nu-latn`;
    try {
        return Intl.getCanonicalLocales(tag)[0];
    } catch (error) {
        if (!(error instanceof RangeError)) {
            throw error;
        }
        return "en-US"; // a language that somebody named in his own way
    }
}

/** @param {string} text @param {any[]} values */
function fill(text, values) {
    if (!values.length) {
        return text;
    }
    const named = values.length === 1 && values[0] && typeof values[0] === "object" ? values[0] : null;
    let next = 0;
    return text.replace(/%(?:\((\w+)\))?s/g, (_whole, name) => String(name && named ? named[name] : values[next++]));
}

/**
 * The step that an arrow means along a line of things: 1 to the next, -1 back, 0 for other keys. Lines run as the language does.
 * @param {string} key
 */
export function stepAlong(key) {
    const step = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
    return step && locale.direction === "rtl" ? -step : step;
}

/** For owl: what a text in a template is replaced with. @param {string} text */
export const translateTemplateText = (text) => terms.get(text) ?? text;

/** @param {{lang_parameters?: Record<string, any>, modules?: Record<string, {messages: {id: string, string: string, plurals?: string[]}[]}>}} answer */
export function setTerms(answer) {
    for (const module of Object.values(answer.modules || {})) {
        for (const message of module.messages || []) {
            terms.set(message.id, message.string);
            if (message.plurals) {
                countedTerms.set(message.id, message.plurals);
            }
        }
    }
    const parameters = answer.lang_parameters;
    if (!parameters) {
        return;
    }
    locale.code = parameters.code || locale.code;
    locale.direction = parameters.direction || locale.direction;
    locale.dateFormat = parameters.date_format || locale.dateFormat;
    locale.timeFormat = parameters.time_format || locale.timeFormat;
    locale.decimalPoint = parameters.decimal_point || locale.decimalPoint;
    locale.thousandsSep = parameters.thousands_sep ?? locale.thousandsSep;
    locale.weekStart = parameters.week_start || locale.weekStart;
    try {
        locale.grouping = JSON.parse(parameters.grouping || "[]");
    } catch (error) {
        if (!(error instanceof SyntaxError)) {
            throw error;
        }
    }
}

/**
 * Fetch the terms of the user's language. A failure leaves the source texts, it never stops the client; nor does a server
 * that says nothing.
 * @param {string} hash @param {string} lang
 */
async function loadTerms(hash, lang) {
    try {
        const signal = AbortSignal.timeout(LONGEST_WAIT_MS);
        const response = await fetch(`/web/webclient/translations/${hash}?lang=${encodeURIComponent(lang)}`, { signal });
        if (response.ok) {
            setTerms(await response.json());
        }
    } catch (error) {
        console.warn("the texts of the language could not be loaded", error);
    }
    document.documentElement.lang = lang.replace("_", "-");
    document.documentElement.dir = locale.direction;
}

if (session.cache_hashes) {
    await loadTerms(session.cache_hashes.translations, session.user_context.lang || "en_US");
}
