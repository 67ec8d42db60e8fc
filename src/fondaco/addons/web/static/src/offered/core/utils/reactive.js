/** Objects that tell who reads them when they change. */
import { reactive } from "@odoo/owl";

/** Whose instances are observed. */
export class Reactive {
    constructor() {
        return reactive(this);
    }
}

/** Call `work` with observed objects now and whenever one of what it read has changed. @template {any[]} T @param {(...targets: T) => void} work @param {T} targets */
export function effect(work, targets) {
    const run = () => work(.../** @type {T} */ (observed));
    const observed = targets.map((target) => reactive(target, run));
    run();
}

/** Give an observed object properties that are computed of others. @param {any} object observed @param {any[]} sources @param {Record<string, (...sources: any[]) => any>} properties */
export function withComputedProperties(object, sources, properties) {
    for (const [name, compute] of Object.entries(properties)) {
        effect((target, ...others) => {
            target[name] = compute.call(target, ...others);
        }, [object, ...sources]);
    }
    return object;
}
