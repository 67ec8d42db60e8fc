/**
 * How is a text of the client said in the user's language, and how are numbers and days written there.
 *
 * `loadTerms` fills the terms and the locale once at start; until then texts are said as they stand in the source.
 */

/** @type {Map<string, string>} */
const terms = new Map();

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

/** @param {string} text @param {any[]} values */
function fill(text, values) {
    if (!values.length) {
        return text;
    }
    const named = values.length === 1 && values[0] && typeof values[0] === "object" ? values[0] : null;
    let next = 0;
    return text.replace(/%(?:\((\w+)\))?s/g, (_whole, name) => String(name && named ? named[name] : values[next++]));
}

/** For owl: what a text in a template is replaced with. @param {string} text */
export const translateTemplateText = (text) => terms.get(text) ?? text;

/** @param {{lang_parameters?: Record<string, any>, modules?: Record<string, {messages: {id: string, string: string}[]}>}} answer */
export function setTerms(answer) {
    for (const module of Object.values(answer.modules || {})) {
        for (const message of module.messages || []) {
            terms.set(message.id, message.string);
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
 * Fetch the terms of the user's language. A failure leaves the source texts, it never stops the client.
 * @param {string} hash @param {string} lang
 */
export async function loadTerms(hash, lang) {
    const response = await fetch(`/web/webclient/translations/${hash || "0"}?lang=${encodeURIComponent(lang)}`);
    if (response.ok) {
        setTerms(await response.json());
    }
    document.documentElement.lang = lang.replace("_", "-");
    document.documentElement.dir = locale.direction;
}
