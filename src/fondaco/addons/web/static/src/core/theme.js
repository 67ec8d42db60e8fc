/** Light or dark: what the system says, unless the user chose otherwise on this device. */

/** @typedef {"system"|"light"|"dark"} Theme */
const KEY = "fondaco.theme";

/** @returns {Theme} */
export const getTheme = () => /** @type {Theme} */ (window.localStorage.getItem(KEY) || "system");

/** @param {Theme} theme */
export function setTheme(theme) {
    if (theme === "system") {
        window.localStorage.removeItem(KEY);
    } else {
        window.localStorage.setItem(KEY, theme);
    }
    applyTheme();
}

export function applyTheme() {
    const theme = getTheme();
    if (theme === "system") {
        delete document.documentElement.dataset.theme;
    } else {
        document.documentElement.dataset.theme = theme;
    }
}
