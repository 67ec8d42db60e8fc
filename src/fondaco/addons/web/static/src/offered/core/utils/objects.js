/** Plain objects: compared, copied, in part. */

/** @param {any} value @returns {boolean} */
export const isObject = (value) => Boolean(value) && (typeof value === "object" || typeof value === "function");

/** @param {any} value */
const isPlain = (value) => Boolean(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value));

/** @param {Record<string, any>} left @param {Record<string, any>} right @param {(left: any, right: any) => boolean} [same] @returns {boolean} */
export function shallowEqual(left, right, same = (first, second) => first === second) {
    const keys = Object.keys(left);
    return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && same(left[key], right[key]));
}

/** @param {any} left @param {any} right @returns {boolean} */
export function deepEqual(left, right) {
    if (Object.is(left, right)) {
        return true;
    }
    if (!isObject(left) || !isObject(right) || Array.isArray(left) !== Array.isArray(right)) {
        return false;
    }
    if (left instanceof Date || right instanceof Date) {
        return left instanceof Date && right instanceof Date && left.getTime() === right.getTime();
    }
    return shallowEqual(left, right, deepEqual);
}

/** @template T @param {T} value what JSON can hold @returns {T} */
export const deepCopy = (value) => (value === undefined ? value : JSON.parse(JSON.stringify(value)));

/** @param {any} left @param {any} right @returns {any} both in one, to every depth; the right one wins */
export function deepMerge(left, right) {
    if (!isPlain(left) || !isPlain(right)) {
        return right === undefined ? left : right;
    }
    return Object.fromEntries([...new Set([...Object.keys(left), ...Object.keys(right)])].map((key) => [key, deepMerge(left[key], right[key])]));
}

/** @template T @param {T} object @param {...string} keys @returns {any} */
export const pick = (object, ...keys) => Object.fromEntries(keys.filter((key) => key in /** @type {any} */ (object)).map((key) => [key, object[key]]));

/** @param {Record<string, any>} object @param {...string} keys @returns {any} */
export const omit = (object, ...keys) => Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
