/** Which arch does a model have for a kind of view: asked once, kept, with the views inside x2many fields. */
import { registry } from "@web/core/registry";
import { parseXML } from "@web/views/arch";
import { getSpecification } from "@web/model/specification";

/** @typedef {{views: Record<string, {arch: string, id: number|false, toolbar?: any, filters?: any[]}>, models: import("@web/views/arch").Models}} Loaded */

const KINDS_OF_LINES = ["list", "kanban"];

class ViewLoader {
    constructor(orm) {
        this.orm = orm;
        /** @type {Map<string, Promise<any>>} */
        this.answers = new Map();
        /** @type {Map<string, any>} */
        this.parsed = new Map();
    }

    /**
     * @param {string} resModel @param {[number|false, string][]} views @param {object} [context] @param {object} [options]
     * @returns {Promise<Loaded>}
     */
    load(resModel, views, context = {}, options = {}) {
        const key = JSON.stringify([resModel, views, context, options]);
        let answer = this.answers.get(key);
        if (!answer) {
            answer = this.orm.call(resModel, "get_views", [], { views, options: { toolbar: true, load_filters: true, ...options }, context });
            this.answers.set(key, answer);
            answer.catch(() => this.answers.delete(key));
        }
        return answer;
    }

    clear() {
        this.answers.clear();
        this.parsed.clear();
    }

    /**
     * The arch, read by the parser of its kind, with the views of its x2many fields read too.
     * @param {string} type @param {string} arch @param {string} resModel @param {import("@web/views/arch").Models} models
     * @returns {Promise<any>}
     */
    async parse(type, arch, resModel, models) {
        const key = `${type} ${resModel} ${arch}`;
        let info = this.parsed.get(key);
        if (!info) {
            info = await this.read(type, parseXML(arch), resModel, models);
            this.parsed.set(key, info);
        }
        return info;
    }

    async read(type, root, resModel, models) {
        const views = registry.category("views");
        const { parse } = { ...views.get(type), ...views.get(root.getAttribute("js_class") || "", {}) };
        const info = parse(root, models, resModel);
        await Promise.all((info.x2manyNodes || []).map(({ node, active }) => this.readSubviews(node, active, models[resModel].fields[active.name], models)));
        for (const { active } of info.x2manyNodes || []) {
            const shared = info.activeFields[active.name];
            shared.related = active.related;
            shared.subviews = active.subviews;
            shared.limit = active.limit;
            shared.order = active.order;
        }
        return info;
    }

    /** @param {Element} node @param {any} active @param {any} field @param {import("@web/views/arch").Models} models */
    async readSubviews(node, active, field, models) {
        active.subviews = {};
        active.modelTools = { getSpecification };
        const inline = Object.fromEntries([...node.children].map((child) => [child.tagName === "tree" ? "list" : child.tagName, child]));
        const mode = (active.attrs.mode || "list").split(",")[0].replace("tree", "list");
        const wanted = inline[mode] ? mode : KINDS_OF_LINES.find((kind) => inline[kind]) || mode;
        const lines = await this.readSubview(wanted, inline[wanted], field, models);
        active.subviews[wanted] = lines;
        // read when a line is opened: most never are
        active.subviews.form = { type: "form", element: inline.form, load: () => this.readSubview("form", inline.form, field, models) };
        active.related = { resModel: field.relation, fields: lines.fields, activeFields: lines.arch.activeFields };
        active.limit = active.limit || lines.arch.limit || undefined;
        active.order = lines.arch.defaultOrderText || undefined;
    }

    /** @param {string} type @param {Element|undefined} element @param {any} field @param {import("@web/views/arch").Models} models */
    async readSubview(type, element, field, models) {
        const relation = field.relation;
        if (element) {
            const known = { ...models };
            known[relation] ??= { fields: {} };
            return { type, fields: known[relation].fields, arch: await this.read(type, element, relation, known) };
        }
        const loaded = await this.load(relation, [[false, type]], {}, { load_filters: false });
        const arch = await this.parse(type, loaded.views[type].arch, relation, loaded.models);
        return { type, fields: loaded.models[relation].fields, arch };
    }
}

registry.category("services").add("view", { dependencies: ["orm"], start: (_env, { orm }) => new ViewLoader(orm) });
