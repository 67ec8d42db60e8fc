/** Answers kept by what was asked. */

export class Cache {
    /** @param {(...path: any[]) => any} getValue @param {(...path: any[]) => string} [getKey] */
    constructor(getValue, getKey = (...path) => JSON.stringify(path)) {
        this.getValue = getValue;
        this.getKey = getKey;
        /** @type {Map<string, any>} */
        this.cache = new Map();
    }

    /** @param {...any} path @returns {any} */
    read(...path) {
        const key = this.getKey(...path);
        if (!this.cache.has(key)) {
            this.cache.set(key, this.getValue(...path));
        }
        return this.cache.get(key);
    }

    /** @param {...any} path */
    clear(...path) {
        this.cache.delete(this.getKey(...path));
    }

    invalidate() {
        this.cache.clear();
    }
}
