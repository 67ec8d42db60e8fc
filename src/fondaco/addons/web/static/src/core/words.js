/** What is typed and what is looked for in, both without case, accents and what else few people type. */

/** Letters that are more than a letter with a mark, and the Arabic ones that are typed for one another. */
const LIKE = { œ: "oe", æ: "ae", ß: "ss", ø: "o", ł: "l", đ: "d", ı: "i", "’": "'", "ٱ": "ا", "ى": "ي", "ة": "ه", "ـ": "" };
const OTHERS = new RegExp(`[${Object.keys(LIKE).join("")}]`, "g");

/** "Société" and "societe" are the same. @param {string} text */
export function plain(text) {
    return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(OTHERS, (letter) => LIKE[letter]);
}

/** @param {string} text @returns {string[]} the words of it, each `plain` */
export const plainWords = (text) => plain(text).split(/\s+/).filter(Boolean);
