/**
 * What do the records of one view share: the door to the server, the order of their changes, the news to the view.
 *
 * Changes are carried out one after the other (`exec`): a save waits for the onchange before it. After each, `bus` tells
 * "update" and the controller paints again.
 */
import { EventBus } from "@odoo/owl";
import { evaluateBoolean, EvaluationError } from "@web/core/python/evaluator";
import { ExpressionError } from "@web/core/python/tokens";
import { session } from "@web/core/session";
import { RecordList } from "@web/model/list";
import { Record } from "@web/model/record";
import { X2ManyList } from "@web/model/x2many";

/** Faulty expressions told already. @type {Set<string>} */
const warned = new Set();

export class RelationalModel {
    /** @param {Object<string, any>} services orm, dialog, notification @param {import("@web/core/context").Context} [context] of the action */
    constructor(services, context = {}) {
        this.orm = services.orm;
        this.dialog = services.dialog;
        this.notification = services.notification;
        this.context = context;
        this.bus = new EventBus();
        /** @type {Promise<any>} */
        this.last = Promise.resolve();
        /** The record or list the view shows. @type {any} */
        this.root = null;
        /** How the view saves its record, telling what comes of it; without it a record just saves itself. @type {(() => Promise<boolean>)|null} */
        this.saveRoot = null;
        /** Whether the view is gone: what comes late must not wait for it to be saved. */
        this.isClosed = false;
    }

    /** @param {import("@web/model/record").Config} config */
    makeRecord(config) {
        return new Record(this, config);
    }

    /** @param {Record} record @param {string} name of an x2many field */
    makeLines(record, name) {
        return new X2ManyList(record, name);
    }

    /** @param {any} config */
    makeList(config) {
        return new RecordList(this, config);
    }

    notify() {
        this.bus.trigger("update");
    }

    /**
     * Carry out `work` when everything before it is done; a failure is the caller's, it does not stop the next.
     * @template T @param {() => Promise<T>} work @returns {Promise<T>}
     */
    exec(work) {
        const result = this.last.then(work);
        this.last = result.catch(() => {});
        return result;
    }

    /**
     * Let every input hand over what is typed in it, then wait for what that sets off.
     * @param {{goesOn?: boolean}} [options] goesOn: whoever types was not asked and goes on
     */
    async commitInputs({ goesOn = false } = {}) {
        const promises = [];
        this.bus.trigger("NEED_LOCAL_CHANGES", { proms: promises, goesOn });
        await Promise.all(promises);
        for (let last; last !== this.last;) {
            last = this.last;
            await last;
        }
    }

    /** @param {string} expression @param {() => Object<string, any>} names asked only when the expression is not a constant */
    isTrue(expression, names) {
        if (expression === "1" || expression === "True") {
            return true;
        }
        return expression === "0" || expression === "False" ? false : Boolean(this.tolerate(expression, () => evaluateBoolean(expression, names())));
    }

    /**
     * A view with a faulty expression still shows everything else; the fault is told once, in the console.
     * @template T @param {string} expression @param {() => T} evaluate @returns {T|null}
     */
    tolerate(expression, evaluate) {
        try {
            return evaluate();
        } catch (error) {
            if (!(error instanceof EvaluationError || error instanceof ExpressionError)) {
                throw error;
            }
            if (!warned.has(expression)) {
                warned.add(expression);
                console.warn(error.message);
            }
            return null;
        }
    }

    /** Names every expression of a view may use. */
    get evalBase() {
        return { uid: session.uid, current_company_id: session.user_companies?.current_company, allowed_company_ids: session.user_context.allowed_company_ids || [] };
    }
}
