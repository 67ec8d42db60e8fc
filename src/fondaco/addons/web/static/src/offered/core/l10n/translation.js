/** Texts in the language of the user: they are there before any addon is loaded. */
import { _t } from "@web/core/i18n";

export { _t };

export const translationIsReady = Promise.resolve(true);

/** @param {any} orm @returns {Promise<[string, string][]>} code and name of the languages that are installed */
export const loadLanguages = (orm) => orm.call("res.lang", "get_installed");
