/** Which numbers do lines get when one of them is put elsewhere? */

/** @template T @param {T[]} items @param {number} from @param {number} to @returns {T[]} the same in the new order */
export function reordered(items, from, to) {
    const order = [...items];
    order.splice(to, 0, ...order.splice(from, 1));
    return order;
}

/** Whether each number tells its line's place: where numbers repeat, all lines behind have to be numbered, too. @param {number[]} numbers */
export const isAscending = (numbers) => numbers.every((number, place) => !place || number > numbers[place - 1]);

/**
 * The part of the new order that is numbered anew, and its first number: the lines between the two places; all, where
 * numbers repeat.
 * @param {number[]} numbers in the order before @param {number} from @param {number} to
 * @param {boolean} [isBehindOthers] lines before these may have their first number
 * @returns {{start: number, end: number, first: number}} `end` belongs to it
 */
export function spanToNumber(numbers, from, to, isBehindOthers = false) {
    if (isAscending(numbers)) {
        const start = Math.min(from, to);
        return { start, end: Math.max(from, to), first: numbers[start] };
    }
    return { start: 0, end: numbers.length - 1, first: Math.min(...numbers) + (isBehindOthers ? 1 : 0) };
}
