/** Lists: put in order, in groups, together. None of the functions changes what it is given. */

/** @param {any} criterion the name of a property, a function, or nothing for the value itself */
const reader = (criterion) => (typeof criterion === "function" ? criterion : criterion === undefined ? (/** @type {any} */ value) => value : (/** @type {any} */ value) => value[criterion]);

/** @template T @param {T|Iterable<T>} value @returns {T[]} anything that can be walked, a text aside, is taken for many */
export const ensureArray = (value) => (value && typeof value === "object" && Symbol.iterator in value ? [...value] : [/** @type {T} */ (value)]);

/** @template T @param {Iterable<T>} values @returns {T[]} */
export const unique = (values) => [...new Set(values)];

/** @template T @param {Iterable<T>} left @param {Iterable<T>} right @returns {T[]} */
export const intersection = (left, right) => unique(left).filter((value) => [...right].includes(value));

/** @template T @param {Iterable<T>} left @param {Iterable<T>} right @returns {T[]} what only one of them has */
export function symmetricalDifference(left, right) {
    const [first, second] = [[...left], [...right]];
    return [...first.filter((value) => !second.includes(value)), ...second.filter((value) => !first.includes(value))];
}

/** @template T @param {Iterable<T>} values @param {string|((value: T) => any)} [criterion] @returns {Record<string, T[]>} */
export function groupBy(values, criterion) {
    const read = reader(criterion);
    /** @type {Record<string, T[]>} */
    const groups = {};
    for (const value of values) {
        (groups[read(value)] ??= []).push(value);
    }
    return groups;
}

/** @template T @param {Iterable<T>} values @param {string|((value: T) => any)} [criterion] @param {"asc"|"desc"} [order] @returns {T[]} */
export function sortBy(values, criterion, order = "asc") {
    const read = reader(criterion);
    const sign = order === "desc" ? -1 : 1;
    return [...values].sort((left, right) => {
        const [first, second] = [read(left), read(right)];
        const isNumeric = typeof first === "number" && typeof second === "number";
        return sign * (isNumeric ? first - second : first > second ? 1 : first < second ? -1 : 0);
    });
}

/** Every way to take one of each list. @param {...any[]} lists @returns {any[]} lists of as many, or plain values of a single list */
export function cartesian(...lists) {
    if (lists.length < 2) {
        return lists.length ? [...lists[0]] : [undefined];
    }
    return lists.reduce((found, list) => found.flatMap((start) => list.map((value) => [...start, value])), [[]]);
}

/** The list in pieces that begin it: [], [a], [a, b]. @template T @param {T[]} values @returns {T[][]} */
export const sections = (values) => [[], ...values.map((_value, index) => values.slice(0, index + 1))];

/** @template L, R, O @param {Iterable<L>} left @param {Iterable<R>} right @param {(left: L, right: R) => O} join @returns {O[]} as many as the shorter has */
export function zipWith(left, right, join) {
    const others = [...right];
    return [...left].slice(0, others.length).map((value, index) => join(value, others[index]));
}

/** @template L, R @param {Iterable<L>} left @param {Iterable<R>} right @returns {[L, R][]} */
export const zip = (left, right) => zipWith(left, right, (first, second) => [first, second]);

/** @template T @param {T[]} values @param {number} width @returns {T[][]} what is seen through a window moved along */
export const slidingWindow = (values, width) => values.slice(0, Math.max(values.length - width + 1, 0)).map((_value, index) => values.slice(index, index + width));

/** Rotated to where the value is found next. @template T @param {T[]} values @param {number} [count] @returns {T[]} */
export function rotate(values, count = 1) {
    const at = values.length ? ((count % values.length) + values.length) % values.length : 0;
    return [...values.slice(at), ...values.slice(0, at)];
}
