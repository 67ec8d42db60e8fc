/** Which parts of the page have taken an event for theirs? */

/** @type {WeakMap<Event, Set<string>>} */
const handled = new WeakMap();

/** @param {Event} event @param {string} mark */
export const isEventHandled = (event, mark) => Boolean(handled.get(event)?.has(mark));

/** @param {Event} event @param {string} mark */
export function markEventHandled(event, mark) {
    handled.set(event, (handled.get(event) || new Set()).add(mark));
}
