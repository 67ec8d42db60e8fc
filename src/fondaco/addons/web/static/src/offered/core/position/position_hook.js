/** Where does what floats stand: beside its target, on the side that is wished where it has room there, else on another. */
import { onMounted, onPatched, onWillUnmount, useComponent, useExternalListener, useRef } from "@odoo/owl";
import { locale } from "@web/core/i18n";

/** @typedef {"top"|"bottom"|"left"|"right"} Direction */
/** @typedef {"start"|"middle"|"end"|"fit"} Variant */
/** @typedef {{direction: Direction, variant: Variant, top: number, left: number}} Place */
/** @typedef {{position?: string, margin?: number, container?: HTMLElement|(() => HTMLElement), onPositioned?: (element: HTMLElement, place: Place) => void, popper?: string}} Options */

/** @type {Record<Direction, Direction[]>} which are tried after it, in this order */
const OTHERS = { top: ["bottom", "right", "left"], bottom: ["top", "right", "left"], left: ["right", "top", "bottom"], right: ["left", "top", "bottom"] };

/** Left and right are those of a language that is read from the left. @param {string} position @returns {[Direction, Variant]} */
function wished(position) {
    const [direction, variant = "middle"] = position.split("-");
    const isMirrored = locale.direction === "rtl";
    const swap = { left: "right", right: "left" };
    const turn = { start: "end", end: "start" };
    const isUpright = direction === "top" || direction === "bottom";
    return /** @type {[Direction, Variant]} */ ([isMirrored ? swap[direction] || direction : direction, isMirrored && isUpright ? turn[variant] || variant : variant]);
}

/** @param {DOMRect} target @param {{width: number, height: number}} size @param {Direction} direction @param {Variant} variant @param {number} margin @returns {Place} */
function placeOf(target, size, direction, variant, margin) {
    const along = (start, end, length) => (variant === "end" ? end - length : variant === "middle" ? (start + end - length) / 2 : start);
    const isUpright = direction === "top" || direction === "bottom";
    const top = direction === "top" ? target.top - size.height - margin : direction === "bottom" ? target.bottom + margin : along(target.top, target.bottom, size.height);
    const left = isUpright ? along(target.left, target.right, size.width) : direction === "left" ? target.left - size.width - margin : target.right + margin;
    return { direction, variant, top, left };
}

/** Put an element beside another. @param {HTMLElement} popper @param {HTMLElement} target @param {Options} [options] @returns {Place} */
export function placeBeside(popper, target, { position = "bottom", margin = 0, container, onPositioned } = {}) {
    const box = target.getBoundingClientRect();
    const [direction, variant] = wished(position);
    Object.assign(popper.style, { position: "fixed", inset: "auto", margin: "0" });
    if (variant === "fit") {
        const isUpright = direction === "top" || direction === "bottom";
        popper.style[isUpright ? "width" : "height"] = `${isUpright ? box.width : box.height}px`;
    }
    const size = { width: popper.offsetWidth, height: popper.offsetHeight };
    const bounds = (typeof container === "function" ? container() : container)?.getBoundingClientRect() || { top: 0, left: 0, bottom: window.innerHeight, right: window.innerWidth };
    const fits = (/** @type {Place} */ place) => (place.direction === "top" || place.direction === "bottom" ? place.top >= bounds.top && place.top + size.height <= bounds.bottom : place.left >= bounds.left && place.left + size.width <= bounds.right);
    const places = [direction, ...OTHERS[direction]].map((one) => placeOf(box, size, one, variant, margin));
    const place = { ...(places.find(fits) || places[0]) };
    // never beyond the edge of where it may be, wherever its target is
    place.left = Math.max(bounds.left, Math.min(place.left, bounds.right - size.width));
    place.top = Math.max(bounds.top, Math.min(place.top, bounds.bottom - size.height));
    Object.assign(popper.style, { top: `${place.top}px`, left: `${place.left}px` });
    onPositioned?.(popper, place);
    return place;
}

/**
 * An element of the component stays beside a target while the page moves: `usePosition("menu", () => target, options)`, or
 * `usePosition(target, options)` for the element with `t-ref="popper"`.
 * @param {any} first @param {any} [second] @param {Options} [third]
 */
export function usePosition(first, second, third) {
    const isNamed = typeof first === "string";
    const options = (isNamed ? third : second) || {};
    const given = isNamed ? second : first;
    /** @type {{el: HTMLElement|null}} */
    const ref = useRef(isNamed ? first : options.popper || "popper");
    const component = useComponent();
    const place = () => {
        const target = typeof given === "function" ? given.call(component) : given?.el || given;
        if (ref.el && target?.isConnected) {
            placeBeside(ref.el, target, options);
        }
    };
    onMounted(place);
    onPatched(place);
    useExternalListener(window, "resize", place);
    useExternalListener(window, "scroll", place, { capture: true });
    let frame = 0;
    onWillUnmount(() => cancelAnimationFrame(frame));
    return {
        /** When something has changed that nobody tells. */
        unlock() {
            cancelAnimationFrame(frame);
            frame = requestAnimationFrame(place);
        },
    };
}
