/**
 * Which of the lines that came back from a save are those that were made by it?
 *
 * The server makes them in their order; it may give them other values, and make lines of its own before, between and behind
 * them. Pure.
 */

/** More than all that can be alike in two lines: that a line is found counts before how well. */
const FOUND = 1000;

/**
 * @param {number} made how many lines were sent without an id @param {number} given how many came back with an id not seen before
 * @param {(line: number, place: number) => number} likeness how much of a line sent stands in one that came back
 * @returns {number[]} for each line its place among those that came back, -1 for none
 */
export function matchLines(made, given, likeness) {
    if (made === given) {
        return Array.from({ length: made }, (_none, line) => line);
    }
    // best[line][place]: what the lines from here on come to with the places from there on
    const best = Array.from({ length: made + 1 }, () => new Float64Array(given + 1));
    const paired = (line, place) => FOUND + likeness(line, place) + best[line + 1][place + 1];
    for (let line = made - 1; line >= 0; line--) {
        for (let place = given - 1; place >= 0; place--) {
            best[line][place] = Math.max(paired(line, place), best[line + 1][place], best[line][place + 1]);
        }
    }
    const places = Array(made).fill(-1);
    for (let line = 0, place = 0; line < made && place < given; ) {
        if (best[line][place] === paired(line, place)) {
            places[line++] = place++;
        } else if (best[line][place] === best[line][place + 1]) {
            place++;
        } else {
            line++;
        }
    }
    return places;
}
