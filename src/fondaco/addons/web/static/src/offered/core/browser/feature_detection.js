/** Which browser on which machine? What the page can do is better asked of the browser itself. */
import { browser } from "@web/core/browser";

/** @param {RegExp} pattern */
const says = (pattern) => pattern.test(browser.navigator.userAgent);

export const isBrowserChrome = () => says(/Chrome|CriOS/i);
export const isBrowserFirefox = () => says(/Firefox|FxiOS/i);
export const isBrowserMicrosoftEdge = () => says(/Edg/i);
/** Chromium names Safari too. */
export const isBrowserSafari = () => !isBrowserChrome() && says(/Safari/i);
export const isAndroid = () => says(/Android/i);
/** An iPad calls itself a Mac; a Mac has no screen to be touched. */
export const isIOS = () => says(/(iPad|iPhone|iPod)/i) || (says(/Macintosh/i) && maxTouchPoints() > 1);
export const isMacOS = () => says(/Mac/i) && !isIOS();
export const isOtherMobileOS = () => says(/(webOS|BlackBerry|Windows Phone)/i);
export const isMobileOS = () => isAndroid() || isIOS() || isOtherMobileOS();
export const isDisplayStandalone = () => window.matchMedia("(display-mode: standalone)").matches;
export const maxTouchPoints = () => browser.navigator.maxTouchPoints || 1;
export const hasTouch = () => "ontouchstart" in window || window.matchMedia("(any-pointer: coarse)").matches;
