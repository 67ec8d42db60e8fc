/** What are records called: asked once for each, many at a time. */
import { registry } from "@web/core/registry";

/** In place of a name: the record is gone, or not for this user. */
export const ERROR_INACCESSIBLE_OR_MISSING = Symbol("the record is gone, or not for this user");

class Names {
    constructor(orm) {
        this.orm = orm;
        /** @type {Map<string, Map<number, Promise<any>>>} by model */
        this.known = new Map();
    }

    /** @param {string} resModel */
    of(resModel) {
        return this.known.get(resModel) || this.known.set(resModel, new Map()).get(resModel);
    }

    /** @param {string} resModel @param {Record<number, string>} names */
    addDisplayNames(resModel, names) {
        Object.entries(names).forEach(([id, name]) => this.of(resModel).set(Number(id), Promise.resolve(name)));
    }

    clearCache() {
        this.known.clear();
    }

    /** @param {string} resModel @param {number[]} resIds @returns {Promise<Record<number, any>>} the name of each, or ERROR_INACCESSIBLE_OR_MISSING */
    async loadDisplayNames(resModel, resIds) {
        const wrong = resIds.find((id) => !(Number.isInteger(id) && id > 0));
        if (wrong !== undefined) {
            throw new Error(`loadDisplayNames of ${resModel}: ${JSON.stringify(wrong)} is no id; ids of records that are saved are expected`);
        }
        const known = this.of(resModel);
        const unknown = [...new Set(resIds)].filter((id) => !known.has(id));
        if (unknown.length) {
            const answer = this.orm.silent.searchRead(resModel, [["id", "in", unknown]], ["display_name"], { context: { active_test: false } });
            unknown.forEach((id) => known.set(id, answer.then((rows) => rows.find((row) => row.id === id)?.display_name ?? ERROR_INACCESSIBLE_OR_MISSING)));
            answer.catch(() => unknown.forEach((id) => known.delete(id)));
        }
        return Object.fromEntries(await Promise.all(resIds.map(async (id) => [id, await known.get(id)])));
    }
}

registry.category("services").add("name", { dependencies: ["orm"], async: ["loadDisplayNames"], start: (_env, { orm }) => new Names(orm) });
