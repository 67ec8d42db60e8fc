/** Which of many is meant by a few letters? Those that have them in this order; the closer together, the sooner. */
import { plain } from "@web/core/words";

/** @param {string} pattern @param {string} text @returns {number} 0: they are not in it */
function score(pattern, text) {
    let at = -1;
    let points = 0;
    for (const letter of plain(pattern)) {
        const next = text.indexOf(letter, at + 1);
        if (next < 0) {
            return 0;
        }
        points += next === at + 1 ? 3 : 1;
        points += next === 0 || /\W/.test(text[next - 1]) ? 2 : 0;
        at = next;
    }
    return points + pattern.length / (text.length + 1);
}

/** @param {string} pattern @param {string} text @returns {boolean} */
export const fuzzyTest = (pattern, text) => score(pattern, plain(text)) !== 0;

/** @template T @param {string} pattern @param {T[]} list @param {(value: T) => string|string[]} textOf @returns {T[]} the likeliest first */
export function fuzzyLookup(pattern, list, textOf) {
    const found = list.map((value) => ({ value, points: Math.max(...[textOf(value)].flat().map((text) => score(pattern, plain(text)))) }));
    return found.filter(({ points }) => points > 0).sort((left, right) => right.points - left.points).map(({ value }) => value);
}
