/** How does the client read and change records: the public methods of models, over `rpc`. */
import { registry } from "@web/core/registry";
import { rpc } from "@web/core/rpc";
import { session } from "@web/core/session";

/** @typedef {any[]} DomainList */
/** @typedef {Record<string, {fields?: Specification, limit?: number, order?: string, context?: object}>} Specification */

export class ORM {
    /** @param {{silent?: boolean}} [options] */
    constructor(options = {}) {
        this.options = options;
    }

    /** The same, without showing progress. */
    get silent() {
        return new ORM({ silent: true });
    }

    /**
     * @param {string} model
     * @param {string} method
     * @param {any[]} [args]
     * @param {Record<string, any>} [kwargs]
     * @returns {Promise<any>}
     */
    call(model, method, args = [], kwargs = {}) {
        const context = { ...session.user_context, ...(kwargs.context || {}) };
        const params = { model, method, args, kwargs: { ...kwargs, context } };
        return rpc(`/web/dataset/call_kw/${model}/${method}`, params, this.options);
    }

    /** @param {string} model @param {number[]} ids @param {string[]} fields @param {object} [kwargs] */
    read(model, ids, fields, kwargs = {}) {
        return ids.length ? this.call(model, "read", [ids, fields], kwargs) : Promise.resolve([]);
    }

    /** @param {string} model @param {DomainList} domain @param {object} [kwargs] */
    search(model, domain, kwargs = {}) {
        return this.call(model, "search", [domain], kwargs);
    }

    /** @param {string} model @param {DomainList} domain @param {string[]} fields @param {object} [kwargs] */
    searchRead(model, domain, fields, kwargs = {}) {
        return this.call(model, "search_read", [], { ...kwargs, domain, fields });
    }

    /** @param {string} model @param {DomainList} domain @param {object} [kwargs] */
    searchCount(model, domain, kwargs = {}) {
        return this.call(model, "search_count", [domain], kwargs);
    }

    /** @param {string} model @param {object[]} records @param {object} [kwargs] */
    create(model, records, kwargs = {}) {
        return this.call(model, "create", [records], kwargs);
    }

    /** @param {string} model @param {number[]} ids @param {object} values @param {object} [kwargs] */
    write(model, ids, values, kwargs = {}) {
        return this.call(model, "write", [ids, values], kwargs);
    }

    /** @param {string} model @param {number[]} ids @param {object} [kwargs] */
    unlink(model, ids, kwargs = {}) {
        return this.call(model, "unlink", [ids], kwargs);
    }

    /** @param {string} model @param {number[]} ids @param {{specification: Specification, context?: object}} kwargs */
    webRead(model, ids, kwargs) {
        return this.call(model, "web_read", [ids], kwargs);
    }

    /**
     * @param {string} model
     * @param {DomainList} domain
     * @param {{specification: Specification, limit?: number, offset?: number, order?: string, context?: object, count_limit?: number}} kwargs
     * @returns {Promise<{length: number, records: any[]}>}
     */
    webSearchRead(model, domain, kwargs) {
        return this.call(model, "web_search_read", [], { ...kwargs, domain });
    }

    /** @param {string} model @param {number[]} ids @param {object} values @param {object} kwargs */
    webSave(model, ids, values, kwargs) {
        return this.call(model, "web_save", [ids, values], kwargs);
    }

    /** @param {string} model @param {DomainList} domain @param {string[]} fields @param {string[]} groupby @param {object} [kwargs] */
    readGroup(model, domain, fields, groupby, kwargs = {}) {
        return this.call(model, "read_group", [], { ...kwargs, domain, fields, groupby });
    }

    /** Number records in the order of their ids. @param {string} model @param {number[]} ids @param {{field?: string, offset?: number, context?: object}} options */
    resequence(model, ids, { field = "sequence", offset = 0, context }) {
        return rpc("/web/dataset/resequence", { model, ids, field, offset, context: { ...session.user_context, ...context } }, this.options);
    }

    /** @param {string} model @param {DomainList} domain @param {string[]} fields @param {string[]} groupby @param {object} [kwargs] */
    webReadGroup(model, domain, fields, groupby, kwargs = {}) {
        return this.call(model, "web_read_group", [], { ...kwargs, domain, fields, groupby });
    }
}

export const ormService = { start: () => new ORM() };

registry.category("services").add("orm", ormService);
