/** What fields does a model have, and to which does a path lead? Asked once. */
import { registry } from "@web/core/registry";

class FieldDefinitions {
    constructor(orm) {
        this.orm = orm;
        /** @type {Map<string, Promise<any>>} */
        this.answers = new Map();
    }

    /** @param {string} resModel @param {{fieldNames?: string[]|false, attributes?: string[]}} [options] @returns {Promise<Record<string, any>>} */
    loadFields(resModel, { fieldNames = false, attributes } = {}) {
        if (typeof resModel !== "string" || !resModel) {
            throw new Error(`loadFields: ${JSON.stringify(resModel)} is no model; a name such as "res.partner" is expected`);
        }
        const key = JSON.stringify([resModel, fieldNames, attributes]);
        let answer = this.answers.get(key);
        if (!answer) {
            answer = this.orm.silent.call(resModel, "fields_get", [fieldNames], attributes ? { attributes } : {});
            this.answers.set(key, answer);
            answer.catch(() => this.answers.delete(key));
        }
        return answer;
    }

    /**
     * @param {string} resModel @param {string} [path] "partner_id.country_id"; "*": all fields of the model
     * @returns {Promise<{names: string[], modelsInfo: {resModel: string, fieldDefs: Record<string, any>}[], isInvalid?: "path"}>}
     */
    async loadPath(resModel, path = "*") {
        const names = path.split(".");
        const modelsInfo = [];
        let model = resModel;
        for (const name of names) {
            const fieldDefs = model ? await this.loadFields(model) : null;
            if (!fieldDefs || (name !== "*" && !fieldDefs[name])) {
                return { names, modelsInfo: fieldDefs ? [...modelsInfo, { resModel: model, fieldDefs }] : modelsInfo, isInvalid: "path" };
            }
            modelsInfo.push({ resModel: model, fieldDefs });
            model = fieldDefs[name]?.relation;
        }
        return { names, modelsInfo };
    }

    /** @param {string} resModel @param {string} path @returns {Promise<{resModel: string|null, fieldDef: any}>} the field at its end */
    async loadFieldInfo(resModel, path) {
        const { names, modelsInfo, isInvalid } = await this.loadPath(resModel, String(path));
        const last = modelsInfo[modelsInfo.length - 1];
        return isInvalid ? { resModel: null, fieldDef: null } : { resModel: last.resModel, fieldDef: last.fieldDefs[names[names.length - 1]] || null };
    }
}

registry.category("services").add("field", { dependencies: ["orm"], async: ["loadFields", "loadPath", "loadFieldInfo"], start: (_env, { orm }) => new FieldDefinitions(orm) });
