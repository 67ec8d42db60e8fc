/**
 * What is chosen beside the records, the domain it comes to, and which values there are to choose from. No DOM.
 *
 * Values are asked of the server; what is chosen of one field does not narrow the values of that field. A chosen value stays
 * in sight when the search leaves no record of it.
 */
import { EventBus } from "@odoo/owl";
import { Domain } from "@web/core/domain";

/** @typedef {import("@web/views/search/search_panel_arch").PanelArch} PanelArch */
/** @typedef {import("@web/views/search/search_panel_arch").PanelSection} PanelSection */
/** @typedef {{id: any, display_name: string, __count?: number, group_id?: any, group_name?: string} & Record<string, any>} PanelValue */
/** @typedef {{value: PanelValue, name: string, level: number, hasChildren: boolean, isOpen: boolean}} PanelRow */
/** @typedef {{chosen: Record<string, any>, isFolded: boolean, open: Record<string, any[]>}} PanelState chosen: an id, or a list of ids, by field */

const DEFAULT_KEY = "searchpanel_default_";

export class SearchPanelModel extends EventBus {
    /** @param {any} search the SearchModel beside it @param {PanelArch} arch @param {any} orm */
    constructor(search, arch, orm) {
        super();
        this.search = search;
        this.orm = orm.silent;
        this.className = arch.className;
        this.sections = arch.sections;
        this.viewTypes = arch.viewTypes;
        this.isFolded = false;
        /** @type {Record<string, any>} */
        this.chosen = Object.fromEntries(this.sections.flatMap((section) => this.defaultOf(section, search.baseContext[DEFAULT_KEY + section.name])));
        /** Which values of a tree show those below them, by field. @type {Record<string, any[]>} */
        this.open = {};
        /** What the server offers, by field. @type {Record<string, {values: PanelValue[], parentField?: string|false, problem?: string, asked: string}>} */
        this.offers = {};
    }

    /** @param {PanelSection} section @param {any} value of the context @returns {[string, any][]} */
    defaultOf({ name, isMulti }, value) {
        if (value === undefined || value === false || value === null) {
            return [];
        }
        const [first] = [value].flat();
        return isMulti ? [[name, [value].flat()]] : first === undefined ? [] : [[name, first]];
    }

    /** @returns {PanelState} */
    exportState() {
        return { chosen: { ...this.chosen }, isFolded: this.isFolded, open: { ...this.open } };
    }

    /** @param {PanelState} state of the panel beside another kind of view */
    takeOver({ chosen, isFolded, open }) {
        Object.assign(this, { chosen: { ...chosen }, isFolded, open: { ...open } });
    }

    // -- what a person does -----------------------------------------------------------------------------------------

    /** @param {PanelSection} section @param {any} id false: all */
    choose(section, id) {
        if (id === false) {
            delete this.chosen[section.name];
        } else {
            this.chosen[section.name] = id;
        }
        // values that depend on this one may not be offered any more
        for (const other of this.sections) {
            if (other.domain && new RegExp(`\\b${section.name}\\b`).test(other.domain)) {
                delete this.chosen[other.name];
            }
        }
        this.search.changed();
    }

    /** @param {PanelSection} section @param {any[]} ids @param {boolean} isWanted */
    mark(section, ids, isWanted) {
        const rest = this.idsOf(section).filter((id) => !ids.includes(id));
        this.chosen[section.name] = isWanted ? [...rest, ...ids] : rest;
        if (!this.chosen[section.name].length) {
            delete this.chosen[section.name];
        }
        this.search.changed();
    }

    clear() {
        this.chosen = {};
        this.search.changed();
    }

    /** @param {PanelSection} section @param {PanelRow} row @param {boolean} isOpen */
    unfold(section, row, isOpen) {
        const rest = this.openOf(section).filter((id) => id !== row.value.id);
        this.open[section.name] = isOpen ? [...rest, row.value.id] : rest;
        this.trigger("update");
    }

    fold() {
        this.isFolded = !this.isFolded;
        this.trigger("update");
    }

    // -- what it comes to -------------------------------------------------------------------------------------------

    /** @param {PanelSection} section @returns {any[]} */
    idsOf(section) {
        const chosen = this.chosen[section.name];
        return chosen === undefined ? [] : [chosen].flat();
    }

    /** @returns {string[]} the names of what is chosen, in the order of the panel */
    get labels() {
        return this.sections.flatMap((section) => this.idsOf(section).flatMap((id) => this.offers[section.name]?.values.find((value) => value.id === id)?.display_name ?? []));
    }

    /** @returns {any[]} */
    get domain() {
        return this.domainOf(this.sections);
    }

    /** @param {PanelSection[]} sections */
    domainOf(sections) {
        return Domain.and(sections.map((section) => (section.isMulti ? this.filterDomain(section) : this.categoryDomain(section)))).toList();
    }

    /** @param {PanelSection} section @returns {any[]} */
    categoryDomain({ name }) {
        const isTree = Boolean(this.offers[name]?.parentField);
        return this.chosen[name] === undefined ? [] : [[name, isTree ? "child_of" : "=", this.chosen[name]]];
    }

    /** Values of one group are joined by OR, groups of several tags by AND: red or blue, and large. @param {PanelSection} section @returns {any[]} */
    filterDomain(section) {
        const ids = this.idsOf(section);
        if (!section.groupBy || section.field.type !== "many2many") {
            return ids.length ? [[section.name, "in", ids]] : [];
        }
        const groups = this.groupsOf(section).map(({ values }) => values.map(({ id }) => id).filter((id) => ids.includes(id)));
        return Domain.and(groups.map((chosen) => (chosen.length ? [[section.name, "in", chosen]] : []))).toList();
    }

    // -- what is offered --------------------------------------------------------------------------------------------

    /** Ask for the values. @returns {Promise<void>|undefined} of what must be known before records are asked for */
    start() {
        const isAwaited = this.sections.some(({ name, isTree, groupBy }) => this.chosen[name] !== undefined && (isTree || groupBy));
        const loaded = this.load();
        return isAwaited ? loaded : undefined;
    }

    async load() {
        const before = JSON.stringify(this.chosen);
        // whether a chosen value means those below it too is known of its answer alone, and the others count by it
        const isUnknown = ({ name, isTree }) => isTree && this.chosen[name] !== undefined && this.offers[name]?.parentField === undefined;
        await Promise.all(this.sections.filter(isUnknown).map((section) => this.loadSection(section)));
        await Promise.all(this.sections.map((section) => this.loadSection(section)));
        this.trigger("update");
        if (JSON.stringify(this.chosen) !== before) {
            this.search.changed();
        }
    }

    /** @param {PanelSection} section */
    async loadSection(section) {
        const { name } = section;
        const question = this.questionOf(section);
        const asked = JSON.stringify(question);
        const before = this.offers[name];
        if (before?.asked === asked) {
            return;
        }
        this.offers[name] = { values: [], ...before, asked };
        const answer = await this.ask(section, question);
        if (this.offers[name].asked !== asked) {
            return;
        }
        const values = answer.values || [];
        const missing = this.idsOf(section).filter((id) => !values.some((value) => value.id === id));
        const kept = await this.known(section, missing, before?.values || []);
        if (this.offers[name].asked === asked) {
            this.offers[name] = { asked, values: [...values, ...kept], parentField: answer.parent_field, problem: answer.error_msg };
            const gone = missing.filter((id) => !kept.some((value) => value.id === id));
            if (gone.length) {
                this.forget(section, gone);
            }
        }
    }

    /** @param {PanelSection} section @param {Record<string, any>} question */
    async ask({ name, isMulti }, question) {
        try {
            return await this.orm.call(this.search.resModel, isMulti ? "search_panel_select_multi_range" : "search_panel_select_range", [name], { ...question, context: this.context });
        } catch (error) {
            // the next search asks again
            this.offers[name].asked = "";
            throw error;
        }
    }

    /** What a chosen value that is not offered is called; none where it is gone. @param {PanelSection} section @param {any[]} ids @param {PanelValue[]} before @returns {Promise<PanelValue[]>} */
    async known({ field, isCounted }, ids, before) {
        const found = before.filter(({ id }) => ids.includes(id)).map((value) => (isCounted ? { ...value, __count: 0 } : value));
        const rest = ids.filter((id) => !found.some((value) => value.id === id));
        if (field.type === "selection") {
            return [...found, ...field.selection.filter(([id]) => rest.includes(id)).map(([id, label]) => ({ id, display_name: label }))];
        }
        return rest.length ? [...found, ...(await this.orm.searchRead(field.relation, [["id", "in", rest]], ["display_name"], { context: this.context }))] : found;
    }

    /** @param {PanelSection} section @param {any[]} gone */
    forget(section, gone) {
        const rest = this.idsOf(section).filter((id) => !gone.includes(id));
        if (section.isMulti && rest.length) {
            this.chosen[section.name] = rest;
        } else {
            delete this.chosen[section.name];
        }
    }

    /** @param {PanelSection} section @returns {Record<string, any>} what the server is asked */
    questionOf(section) {
        const others = this.sections.filter((other) => other !== section);
        const [filters, categories] = [others.filter(({ isMulti }) => isMulti), others.filter(({ isMulti }) => !isMulti)];
        // what may be chosen in such a filter depends on the categories, which its choice cannot be counted in
        const isCounted = section.isCounted && (section.isMulti || !filters.some(({ domain }) => domain));
        const depends = isCounted || !section.isExpanded;
        const question = {
            search_domain: depends ? this.search.searchedDomain : [], category_domain: depends ? this.domainOf(categories) : [], filter_domain: depends ? this.domainOf(filters) : [],
            enable_counters: isCounted, expand: section.isExpanded, limit: section.limit || null,
        };
        if (!section.isMulti) {
            return { ...question, hierarchize: section.isTree };
        }
        const values = Object.fromEntries(categories.map(({ name }) => [name, this.chosen[name] ?? false]));
        return { ...question, comodel_domain: new Domain(section.domain).toList({ ...this.search.names, ...values }), group_by: section.groupBy || false };
    }

    get context() {
        return Object.fromEntries(Object.entries(this.search.baseContext).filter(([key]) => !key.startsWith("search_default_") && !key.startsWith(DEFAULT_KEY)));
    }

    /** @param {PanelSection} section @returns {string|undefined} why nothing is offered */
    problemOf({ name }) {
        return this.offers[name]?.problem;
    }

    /** Values in their groups, in the order in which the server names them. @param {PanelSection} section @returns {{id: any, name: string, values: PanelValue[]}[]} */
    groupsOf({ name, groupBy }) {
        const groups = new Map();
        for (const value of this.offers[name]?.values || []) {
            const id = groupBy ? value.group_id ?? false : false;
            if (!groups.has(id)) {
                groups.set(id, { id, name: (groupBy && value.group_name) || "", values: [] });
            }
            groups.get(id).values.push(value);
        }
        return [...groups.values()];
    }

    /** @param {PanelSection} section @returns {any[]} ids of values that show those below them: as a person left them, at first to the depth of the view, and above what is chosen */
    openOf(section) {
        const { values = [], parentField } = this.offers[section.name] || {};
        if (this.open[section.name] || !parentField) {
            return this.open[section.name] || [];
        }
        const parents = new Map(values.map((value) => [value.id, value[parentField]]));
        const above = (id) => {
            const path = [];
            for (let at = parents.get(id); at && parents.has(at) && !path.includes(at); at = parents.get(at)) {
                path.push(at);
            }
            return path;
        };
        const shallow = [...parents.keys()].filter((id) => above(id).length < section.depth);
        return [...new Set([...shallow, ...this.idsOf(section).flatMap(above)])];
    }

    /** Values of a category in the order of the tree, those in sight. @param {PanelSection} section @returns {PanelRow[]} */
    rowsOf(section) {
        const { values = [], parentField } = this.offers[section.name] || {};
        const ids = new Set(values.map(({ id }) => id));
        /** @type {Map<any, PanelValue[]>} */
        const below = new Map();
        for (const value of values) {
            const parent = parentField && ids.has(value[parentField]) ? value[parentField] : false;
            below.set(parent, [...(below.get(parent) || []), value]);
        }
        const open = this.openOf(section);
        /** @type {PanelRow[]} */
        const rows = [];
        const add = (parent, level) => {
            for (const value of below.get(parent ? parent.id : false) || []) {
                const isOpen = open.includes(value.id);
                const hasChildren = below.has(value.id);
                rows.push({ value, name: nameBelow(value, parent), level, hasChildren, isOpen });
                if (isOpen && hasChildren) {
                    add(value, level + 1);
                }
            }
        };
        add(null, 0);
        return rows;
    }
}

/** Below its parent a value need not be called by the parent's name as well. @param {PanelValue} value @param {PanelValue|null} parent */
function nameBelow({ display_name: name }, parent) {
    const above = parent && `${parent.display_name} / `;
    return above && name.startsWith(above) ? name.slice(above.length) : name;
}
