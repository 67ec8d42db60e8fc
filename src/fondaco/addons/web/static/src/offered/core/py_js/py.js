/** Expressions of archs, for addons. */
import { evaluateBoolean, evaluateExpression } from "@web/core/python/evaluator";

export { evaluateExpression };

/** @param {string} expression @param {Record<string, any>} [names] @returns {any} */
export const evaluateExpr = (expression, names = {}) => evaluateExpression(expression, names);

/** @param {string} expression @param {Record<string, any>} [names] @returns {boolean} */
export const evaluateBooleanExpr = (expression, names = {}) => evaluateBoolean(expression, names);
