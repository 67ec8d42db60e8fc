/** Numbers: rounded, compared, written for people. */
import { formatFloat as writeFloat, formatInteger } from "@web/core/formats";
import { locale } from "@web/core/i18n";
import { intersperse } from "@web/core/utils/strings";

/** @param {number} value @param {number} least @param {number} most */
export const clamp = (value, least, most) => Math.max(least, Math.min(most, value));

/** @param {number} start @param {number} stop not in it @param {number} [step] @returns {number[]} */
export const range = (start, stop, step = 1) => Array.from({ length: Math.max(0, Math.ceil((stop - start) / step)) }, (_none, index) => start + index * step);

/** What a number cannot be told from in its last bits: 2.675 is meant where 2.67499… is held. @param {number} value */
const slack = (value) => Math.abs(value) * Number.EPSILON * 4;

/** @type {Record<string, (value: number) => number>} by the names of the server's float_round */
const METHODS = {
    "HALF-UP": (value) => Math.sign(value) * Math.floor(Math.abs(value) + slack(value) + 0.5),
    "HALF-DOWN": (value) => Math.sign(value) * Math.ceil(Math.abs(value) - slack(value) - 0.5),
    "HALF-EVEN": (value) => {
        const below = Math.floor(value);
        const distance = value - below;
        return Math.abs(distance - 0.5) <= slack(value) ? below + (below % 2 ? 1 : 0) : Math.round(value);
    },
    UP: (value) => Math.sign(value) * Math.ceil(Math.abs(value) - slack(value)),
    DOWN: (value) => Math.sign(value) * Math.floor(Math.abs(value) + slack(value)),
};

/** @param {number} value @param {number} precision to a whole number of these: 0.01, 0.05, 10 @param {"HALF-UP"|"HALF-DOWN"|"HALF-EVEN"|"UP"|"DOWN"} [method] */
export function roundPrecision(value, precision, method = "HALF-UP") {
    if (!precision || precision < 0) {
        return value;
    }
    // divided where that is exact: 0.01 has no exact double, 100 has
    const inverse = Math.round(1 / precision);
    const isInverse = precision < 1 && Math.abs(inverse * precision - 1) < 1e-9;
    const rounded = METHODS[method](isInverse ? value * inverse : value / precision);
    return (isInverse ? rounded / inverse : rounded * precision) || 0;
}

/** @param {number} value @param {number} decimals @param {"HALF-UP"|"HALF-DOWN"|"HALF-EVEN"|"UP"|"DOWN"} [method] */
export const roundDecimals = (value, decimals, method) => roundPrecision(value, 10 ** -decimals, method);

/** @param {number} value @param {number} decimals */
export const floatIsZero = (value, decimals) => roundDecimals(value, decimals) === 0;

/** @param {string} digits @param {string} [separator] @param {number[]} [grouping] */
export const insertThousandsSep = (digits, separator = locale.thousandsSep, grouping = locale.grouping) => intersperse(digits, grouping, separator);

/** 1500 as 1.5k: in thousands, millions, … once it has more digits than `minDigits` before that. @param {number} number @param {{decimals?: number, minDigits?: number}} [options] */
export function humanNumber(number, { decimals = 0, minDigits = 1 } = {}) {
    const signs = "kMGTPE";
    const rounded = Math.round(number);
    const digits = String(Math.abs(rounded)).length;
    const step = Math.min(Math.floor(Math.max(digits - minDigits, 0) / 3), signs.length);
    return step ? `${writeFloat(number / 1000 ** step, { digits: [16, decimals] })}${signs[step - 1]}` : writeFloat(number, { digits: [16, Number.isInteger(number) ? 0 : decimals] });
}

/**
 * @param {number|false} value
 * @param {{digits?: [number, number], humanReadable?: boolean, decimals?: number, minDigits?: number, trailingZeros?: boolean, noTrailingZeros?: boolean, decimalPoint?: string, thousandsSep?: string, grouping?: number[]}} [options]
 */
export function formatFloat(value, options = {}) {
    if (value === false) {
        return "";
    }
    if (options.humanReadable) {
        return humanNumber(value, options);
    }
    const places = options.digits ? options.digits[1] : 2;
    const [whole, fraction = ""] = Math.abs(roundDecimals(value, places)).toFixed(places).split(".");
    const kept = options.trailingZeros === false || options.noTrailingZeros ? fraction.replace(/0+$/, "") : fraction;
    const isNegative = value < 0 && /[1-9]/.test(whole + fraction);
    return `${isNegative ? "-" : ""}${insertThousandsSep(whole, options.thousandsSep, options.grouping)}${kept ? (options.decimalPoint ?? locale.decimalPoint) + kept : ""}`;
}

export { formatInteger };
