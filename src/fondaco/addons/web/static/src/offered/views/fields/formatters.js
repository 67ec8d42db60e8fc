/** How is a value written for people? Days and moments may be texts, as records have them here, or a `DateTime`. */
import { formatFloat as writeFloat, formatInteger as writeInteger, formatMany2one, formatMonetary as writeMonetary, formatValue } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { formatFloat as writeWithOptions, humanNumber } from "@web/core/utils/numbers";

export { formatDate, formatDateTime, formatFloatTime, formatMany2one, formatPercentage, formatSelection, formatX2many } from "@web/core/formats";

/** @param {any} value */
const isNothing = (value) => value === false || value === null || value === undefined;

/** @param {string} text @param {any} options */
const hidden = (text, { isPassword = false } = {}) => (isPassword ? "*".repeat(text.length) : text);

/** @param {any} value @param {any} [options] */
export const formatChar = (value, options) => hidden(isNothing(value) ? "" : String(value), options);
/** @param {any} value */
export const formatText = (value) => (isNothing(value) ? "" : String(value));
/** @param {any} value */
export const formatHtml = (value) => formatValue({ type: "html" }, value);
/** @param {any} value */
export const formatBoolean = (value) => (value ? _t("Yes") : _t("No"));
/** @param {any} value */
export const formatBinary = (value) => formatValue({ type: "binary" }, value);
/** @param {any} value */
export const formatJson = (value) => (isNothing(value) ? "" : JSON.stringify(value));
/** @param {any} value @param {any} [options] */
export const formatInteger = (value, options = {}) => (isNothing(value) ? "" : hidden(options.humanReadable ? humanNumber(Number(value), options) : writeInteger(value), options));
/** @param {any} value @param {any} [options] */
export function formatFloat(value, options = {}) {
    const digits = options.digits || options.field?.digits;
    const isPlain = ["humanReadable", "trailingZeros", "noTrailingZeros", "thousandsSep", "decimalPoint"].every((name) => options[name] === undefined);
    return isNothing(value) ? "" : isPlain ? writeFloat(value, { digits }) : writeWithOptions(Number(value), { ...options, digits });
}
/** @param {any} value @param {{factor?: number, digits?: [number, number]}} [options] */
export const formatFloatFactor = (value, options = {}) => (isNothing(value) ? "" : formatFloat(value * (options.factor ?? 1), options));
/** @param {any} value @param {any} [options] */
export const formatMonetary = (value, options = {}) => (isNothing(value) || !options.humanReadable ? writeMonetary(value, options) : humanNumber(Number(value), options));
/** @param {any} value */
export const formatReference = (value) => (value?.displayName !== undefined ? value.displayName : formatMany2one(value));
/** @param {any} value */
export const formatMany2oneReference = (value) => (value ? value.displayName || writeInteger(value.resId ?? value) : "");
