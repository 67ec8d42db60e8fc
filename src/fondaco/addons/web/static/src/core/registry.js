/**
 * Where does one part of the client find what another part offers, under which name.
 *
 * A registry is an ordered table of key to value, with sub-registries ("categories"): fields, views, actions, services,
 * systray, ... An addon adds to it; the client reads it. Lower `sequence` comes first.
 */
import { EventBus } from "@odoo/owl";

/** The key asked for is not there (or is there already). */
export class KeyNotFoundError extends Error {}
export class DuplicatedKeyError extends Error {}

const DEFAULT_SEQUENCE = 50;

/** Dispatches "UPDATE" with `{operation, key, value}` on each change. */
export class Registry extends EventBus {
    /** @param {string} [name] */
    constructor(name = "") {
        super();
        this.name = name;
        /** @type {Record<string, [number, any]>} */
        this.content = {};
        /** @type {Record<string, Registry>} */
        this.subRegistries = {};
    }

    /**
     * @param {string} key
     * @param {any} value
     * @param {{force?: boolean, sequence?: number}} [options]
     */
    add(key, value, { force, sequence } = {}) {
        if (!force && key in this.content) {
            throw new DuplicatedKeyError(`'${key}' is already in the registry '${this.name}'; use {force: true} to replace it`);
        }
        const previous = force ? this.content[key]?.[0] : undefined;
        this.content[key] = [sequence ?? previous ?? DEFAULT_SEQUENCE, value];
        this.trigger("UPDATE", { operation: "add", key, value });
        return this;
    }

    /** @param {string} key @param {...any} fallback */
    get(key, ...fallback) {
        if (!(key in this.content)) {
            if (fallback.length) {
                return fallback[0];
            }
            throw new KeyNotFoundError(`'${key}' is not in the registry '${this.name}'`);
        }
        return this.content[key][1];
    }

    /** @param {string} key */
    contains(key) {
        return key in this.content;
    }

    /** @returns {[string, any][]} in the order of their sequence */
    getEntries() {
        return Object.entries(this.content)
            .sort((left, right) => left[1][0] - right[1][0])
            .map(([key, [, value]]) => [key, value]);
    }

    getAll() {
        return this.getEntries().map(([, value]) => value);
    }

    /** @param {string} key */
    remove(key) {
        const value = this.content[key]?.[1];
        delete this.content[key];
        this.trigger("UPDATE", { operation: "delete", key, value });
    }

    /** @param {string} name @returns {Registry} */
    category(name) {
        this.subRegistries[name] ??= new Registry(name);
        return this.subRegistries[name];
    }
}

export const registry = new Registry("main");
