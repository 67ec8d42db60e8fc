/** Which numbers do lines get when one of them is put elsewhere? */

/** @template T @param {T[]} items @param {number} from @param {number} to @returns {T[]} the same in the new order */
export function reordered(items, from, to) {
    const order = [...items];
    order.splice(to, 0, ...order.splice(from, 1));
    return order;
}

/**
 * The part of the new order that is numbered anew, and its first number: the lines between the two places; all, where
 * numbers repeat.
 * @param {number[]} numbers in the order before @param {number} from @param {number} to
 * @returns {{start: number, end: number, first: number}} `end` belongs to it
 */
export function spanToNumber(numbers, from, to) {
    const isAscending = numbers.every((number, place) => !place || number > numbers[place - 1]);
    const [start, end] = isAscending ? [Math.min(from, to), Math.max(from, to)] : [0, numbers.length - 1];
    return { start, end, first: Math.min(...numbers.slice(start, end + 1)) };
}
