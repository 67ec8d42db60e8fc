/** What of the page can be seen and reached by Tab. */

const FOCUSABLE = "a[href], area[href], button, input, select, textarea, summary, iframe, [tabindex], [contenteditable]";

/** @param {any} target @returns {boolean} */
export function isVisible(target) {
    if (target === document || target === window) {
        return true;
    }
    return Boolean(target?.isConnected) && target.getClientRects().length > 0 && getComputedStyle(target).visibility !== "hidden";
}

/** @param {Element} element @returns {boolean} */
export const isFocusable = (element) => element.matches(FOCUSABLE) && !element.matches(":disabled, [tabindex='-1'], [contenteditable='false']") && isVisible(element);

/** @param {Element} [container] @returns {HTMLElement[]} in the order of Tab */
export function getTabableElements(container = document.body) {
    const found = /** @type {HTMLElement[]} */ ([...container.querySelectorAll(FOCUSABLE)]).filter(isFocusable);
    return [...found.filter(({ tabIndex }) => tabIndex > 0).sort((left, right) => left.tabIndex - right.tabIndex), ...found.filter(({ tabIndex }) => tabIndex === 0)];
}

/** @param {Element} container @param {1|-1} step */
function besideFocus(container, step) {
    const found = getTabableElements(container);
    const at = found.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    return found[at < 0 ? (step > 0 ? 0 : found.length - 1) : at + step] || null;
}

/** @param {Element} [container] */
export const getNextTabableElement = (container = document.body) => besideFocus(container, 1);

/** @param {Element} [container] */
export const getPreviousTabableElement = (container = document.body) => besideFocus(container, -1);

/** @param {Iterable<Element>} elements @param {{x: number, y: number, width?: number, height?: number}} place @returns {Element[]} those that have a point in common with it */
export function touching(elements, { x, y, width = 0, height = 0 }) {
    return [...elements].filter((element) => {
        const box = element.getBoundingClientRect();
        return x <= box.right && x + width >= box.left && y <= box.bottom && y + height >= box.top;
    });
}

/** @param {Iterable<Element>} elements @param {{x: number, y: number}} place @returns {Element|null} whose middle is next to it */
export function closest(elements, { x, y }) {
    const distance = (/** @type {Element} */ element) => {
        const box = element.getBoundingClientRect();
        return Math.hypot(x - (box.left + box.right) / 2, y - (box.top + box.bottom) / 2);
    };
    return [...elements].sort((left, right) => distance(left) - distance(right))[0] || null;
}
