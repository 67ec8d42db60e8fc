/**
 * What of the steps is not in the address of the page: how those below the top are searched, which kind of view and which
 * part of it is shown, which records a form goes through.
 *
 * The browser keeps it with the entry of its history: it is there after a reload and after Back, and is sent to nobody.
 */
import { router } from "@web/core/router";

/** @typedef {import("@web/webclient/actions").ActionStep} ActionStep */
/** @typedef {{place: string, viewType: string, search?: string, resIds: number[], state: Record<string, any>|null}} Note */

/** A browser keeps so many with each entry of its history without being slow. */
const MOST_IDS = 2000;

/** @param {object|null} route @returns {string} by which a note finds its step again */
const placeOf = (route) => JSON.stringify(route);

/** @param {ActionStep} step @param {object|null} route @returns {Note} */
function noteOf({ viewType, search, resIds, state }, route) {
    // the search is kept as an address says it, which names nothing secret
    const { searchState: _searched, ...shown } = state || {};
    return { place: placeOf(route), viewType, search, resIds: resIds.length > MOST_IDS ? [] : [...resIds], state: state && JSON.parse(JSON.stringify(shown)) };
}

/** @param {ActionStep[]} steps @param {(step: ActionStep) => object|null} routeOf @returns {Note[]} of those that the address names */
export function notesOf(steps, routeOf) {
    return steps.filter(routeOf).map((step) => noteOf(step, routeOf(step)));
}

/** Give steps that were read from the address what was noted of them. @param {ActionStep[]} steps @param {(step: ActionStep) => object|null} routeOf */
export function recall(steps, routeOf) {
    const notes = /** @type {Note[]} */ (router.kept);
    if (notes.length !== steps.length || notes.some(({ place }, index) => place !== placeOf(routeOf(steps[index])))) {
        return;
    }
    steps.forEach((step, index) => {
        const { viewType, search, resIds, state } = notes[index];
        step.resIds = resIds;
        // the address says how the top is shown and searched, and a person may have changed it there
        if (index < steps.length - 1) {
            Object.assign(step, { viewType, search, state });
        } else if (viewType === step.viewType && viewType !== "form") {
            step.state = state;
        }
    });
}
