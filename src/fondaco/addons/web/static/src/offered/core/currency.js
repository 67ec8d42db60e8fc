/** Amounts of money, for addons. */
import { formatMonetary, getCurrency } from "@web/core/formats";

export { getCurrency };

/** @param {number} amount @param {number} currencyId @param {{noSymbol?: boolean, digits?: [number, number]}} [options] */
export const formatCurrency = (amount, currencyId, options = {}) => formatMonetary(amount, { ...options, currencyId });
