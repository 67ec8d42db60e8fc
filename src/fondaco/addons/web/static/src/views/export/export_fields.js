/** Which columns can a file have, and which were chosen: a tree that is read as it is opened, and a list. No DOM. */
import { plain } from "@web/core/words";

/** @typedef {{id: string, string: string, value: string, children: boolean, params?: any, default_export?: boolean, below?: ExportNode[], isOpen?: boolean}} ExportNode */
/** @typedef {{name: string, label: string}} Column */

export class ExportFields {
    /** @param {(params: object) => Promise<ExportNode[]>} ask `/web/export/get_fields` @param {string} resModel @param {any[]} domain */
    constructor(ask, resModel, domain) {
        this.ask = ask;
        this.resModel = resModel;
        this.domain = domain;
        this.isCompatible = false;
        /** @type {ExportNode[]} */
        this.nodes = [];
        /** @type {Column[]} */
        this.columns = [];
    }

    /** Read the first level. @param {boolean} isCompatible to be imported again @param {string[]} names of the columns to begin with, as far as they exist */
    async start(isCompatible, names) {
        this.isCompatible = isCompatible;
        this.nodes = await this.ask({ model: this.resModel, domain: this.domain, import_compat: isCompatible });
        const byId = new Map(this.nodes.map((node) => [node.id, node]));
        const first = isCompatible ? this.nodes.filter((node) => node.default_export || node.id === "id") : names.flatMap((name) => byId.get(name) || []);
        this.columns = first.map(columnOf);
    }

    /** @param {ExportNode} node */
    async toggle(node) {
        node.isOpen = !node.isOpen;
        if (node.isOpen && !node.below) {
            const { model, prefix, name, parent_field } = node.params;
            node.below = await this.ask({
                model, prefix, parent_name: name, parent_field, domain: [], import_compat: this.isCompatible,
                parent_field_type: parent_field?.type, exclude: [parent_field?.relation_field].filter(Boolean),
            });
        }
    }

    /** @param {ExportNode} node */
    has(node) {
        return this.columns.some(({ name }) => name === columnOf(node).name);
    }

    /** @param {ExportNode} node */
    choose(node) {
        const column = columnOf(node);
        this.columns = this.has(node) ? this.columns.filter(({ name }) => name !== column.name) : [...this.columns, column];
    }

    /** @param {number} at @param {number} step -1 towards the front */
    move(at, step) {
        const to = at + step;
        if (to >= 0 && to < this.columns.length) {
            const columns = [...this.columns];
            [columns[at], columns[to]] = [columns[to], columns[at]];
            this.columns = columns;
        }
    }

    /** @param {number} at */
    remove(at) {
        this.columns = this.columns.filter((_column, index) => index !== at);
    }

    /** The nodes whose names contain the text, with their depth, among those that were read. @param {string} text @returns {{node: ExportNode, depth: number}[]} */
    shown(text) {
        const like = plain(text.trim());
        const walk = (nodes, depth) => nodes.flatMap((node) => {
            const below = (node.isOpen || like) && node.below ? walk(node.below, depth + 1) : [];
            return !like || plain(node.string).includes(like) || below.length ? [{ node, depth }, ...below] : [];
        });
        return walk(this.nodes, 0);
    }
}

/** @param {ExportNode} node @returns {Column} */
const columnOf = (node) => ({ name: node.value || node.id, label: node.string });
