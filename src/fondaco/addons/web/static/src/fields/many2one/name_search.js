/** Which records a text may mean, for every input that proposes some. */

const LIMIT = 8;

/**
 * @param {any} orm
 * @param {string} resModel
 * @param {string} text
 * @param {{args?: any[], context?: object, isWhole?: boolean}} [options] isWhole: those of this very name are among them, however many others have it in theirs
 * @returns {Promise<[number, string][]>} the id and the name of each
 */
export async function searchNames(orm, resModel, text, { isWhole = false, ...options } = {}) {
    const find = (operator) => orm.silent.call(resModel, "name_search", [], { name: text, operator, limit: LIMIT, ...options });
    const found = await find("ilike");
    const like = text.toLowerCase();
    if (!isWhole || !text || found.length < LIMIT || found.some(([, name]) => name.toLowerCase() === like)) {
        return found;
    }
    return [...await find("=ilike"), ...found];
}
