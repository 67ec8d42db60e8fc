/**
 * The records a list or kanban shows: which filter, which order, which part of them, which are chosen, in which groups.
 */
import { Domain } from "@web/core/domain";
import { deletions } from "@web/model/deletions";
import { groupCount, groupLabel } from "@web/model/group_values";
import { getSpecification } from "@web/model/specification";

/** @typedef {import("@web/model/record").Record} Record */
/** @typedef {{name: string, asc: boolean}} OrderTerm */
/** @typedef {{domain: any[], context: object, groupBy: string[], orderBy?: OrderTerm[]}} Query */

const GROUP_LIMIT = 80;
/** Counting further takes the server longer than people want to wait; it is done when asked for. */
export const COUNTED = 10000;

/** @param {OrderTerm[]} terms */
export const orderToText = (terms) => terms.map((term) => `${term.name} ${term.asc ? "ASC" : "DESC"}`).join(", ");

/** @param {string|undefined} text @returns {OrderTerm[]} */
export function textToOrder(text) {
    return (text || "").split(",").filter((part) => part.trim()).map((part) => {
        const [name, direction = "asc"] = part.trim().split(/\s+/);
        return { name, asc: direction.toLowerCase() !== "desc" };
    });
}

/** One group of a grouped list: its name, how many, and a list of its own once it is open. */
export class Group {
    /** @param {RecordList} list @param {any} row of web_read_group @param {string} groupBy */
    constructor(list, row, groupBy) {
        this.parent = list;
        this.groupBy = groupBy;
        const name = groupBy.split(":")[0];
        this.field = list.fields[name];
        const value = row[groupBy] ?? row[name];
        this.value = Array.isArray(value) ? value[0] : value;
        this.name = groupLabel(this.field, value);
        this.count = groupCount(row, [groupBy]);
        this.domain = row.__domain || [];
        this.aggregates = row;
        this.isOpen = false;
        this.list = new RecordList(list.model, { resModel: list.resModel, fields: list.fields, activeFields: list.activeFields, limit: list.limit });
    }

    async toggle() {
        this.isOpen = !this.isOpen;
        if (this.isOpen && !this.list.isLoaded) {
            await this.load();
        }
        this.parent.model.notify();
    }

    async load() {
        const { context, groupBy, orderBy } = this.parent.query;
        await this.list.load({ domain: this.domain, context, groupBy: groupBy.slice(1), orderBy });
    }
}

export class RecordList {
    /** @param {import("@web/model/relational").RelationalModel} model @param {{resModel: string, fields: any, activeFields: any, limit?: number, defaultOrder?: OrderTerm[], openGroups?: boolean}} config */
    constructor(model, config) {
        this.model = model;
        this.resModel = config.resModel;
        this.fields = config.fields;
        this.activeFields = config.activeFields;
        this.limit = config.limit || 80;
        this.openGroups = config.openGroups || false;
        this.offset = 0;
        this.count = 0;
        /** @type {OrderTerm[]} */
        this.orderBy = config.defaultOrder || [];
        /** @type {Record[]} */
        this.records = [];
        /** @type {Group[]|null} */
        this.groups = null;
        /** @type {Query} */
        this.query = { domain: [], context: {}, groupBy: [] };
        this.isLoaded = false;
        /** False while `count` says only that there are more. */
        this.isCounted = true;
        this.isDomainSelected = false;
        this.request = 0;
    }

    get context() {
        return { ...this.model.context, ...this.query.context };
    }

    get isGrouped() {
        return this.groups !== null;
    }

    /** @param {Query} query @param {{offset?: number, limit?: number}} [options] */
    async load(query, { offset = 0, limit = this.limit } = {}) {
        const isCountKnown = this.isCounted && this.count > COUNTED && JSON.stringify(this.query.domain) === JSON.stringify(query.domain);
        this.query = query;
        this.limit = limit;
        if (query.orderBy?.length) {
            this.orderBy = query.orderBy;
        }
        this.offset = offset;
        // a slow answer to an older question must not replace a newer one
        const request = ++this.request;
        const isGrouped = query.groupBy.length > 0;
        const answer = isGrouped ? await this.readGroups() : await this.readRecords();
        if (request !== this.request) {
            return;
        }
        this.isDomainSelected = false;
        this.count = isCountKnown ? Math.max(this.count, answer.length) : answer.length;
        this.isCounted = isGrouped || isCountKnown || this.count <= COUNTED;
        if (isGrouped) {
            this.records = [];
            this.groups = answer.groups.map((row) => new Group(this, row, query.groupBy[0]));
            if (this.openGroups) {
                await Promise.all(this.groups.map(async (group) => {
                    group.isOpen = true;
                    await group.load();
                }));
            }
        } else {
            this.groups = null;
            this.records = answer.records.map((row) => this.makeRecord(row));
        }
        this.isLoaded = true;
        this.model.notify();
    }

    /** What is searched, without what is about to be deleted. */
    get domain() {
        const held = deletions.idsOf(this.resModel);
        return held.length ? Domain.and([this.query.domain, [["id", "not in", held]]]).toList() : this.query.domain;
    }

    readRecords() {
        return this.model.orm.webSearchRead(this.resModel, this.domain, {
            specification: getSpecification(this.activeFields, this.fields),
            limit: this.limit, offset: this.offset, order: orderToText(this.orderBy),
            context: { bin_size: true, ...this.context }, count_limit: COUNTED + 1,
        });
    }

    async countAll() {
        this.count = await this.model.orm.searchCount(this.resModel, new Domain(this.domain).toList(), { context: this.context });
        this.isCounted = true;
        this.model.notify();
    }

    readGroups() {
        const summed = Object.keys(this.activeFields).filter((name) => this.fields[name]?.aggregator && this.fields[name].store !== false);
        return this.model.orm.webReadGroup(this.resModel, this.domain, summed.map((name) => `${name}:${this.fields[name].aggregator}`), [this.query.groupBy[0]], {
            context: this.context, limit: GROUP_LIMIT, offset: this.offset, lazy: true,
        });
    }

    /** @param {any} row */
    makeRecord(row) {
        const record = this.model.makeRecord({ resModel: this.resModel, fields: this.fields, activeFields: this.activeFields, resId: row.id, context: this.query.context });
        record.setRaw(row);
        return record;
    }

    async reload() {
        await this.load(this.query, { offset: this.offset });
        if (!this.records.length && !this.isGrouped && this.offset) {
            await this.load(this.query, { offset: Math.max(0, this.offset - this.limit) });
        }
    }

    /** A press on a heading: ascending, then descending. @param {string} name */
    async sortBy(name) {
        const first = this.orderBy[0];
        const asc = first?.name === name ? !first.asc : true;
        this.orderBy = [{ name, asc }, ...this.orderBy.filter((term) => term.name !== name)].slice(0, 3);
        await this.load({ ...this.query, orderBy: this.orderBy });
    }

    // -- selection --------------------------------------------------------------------------------------------------

    /** @returns {Record[]} all records shown, those in open groups too */
    get shown() {
        return this.groups ? this.groups.filter((group) => group.isOpen).flatMap((group) => group.list.shown) : this.records;
    }

    get selection() {
        return this.shown.filter((record) => record.selected);
    }

    /** @param {boolean} isSelected */
    selectAll(isSelected) {
        this.shown.forEach((record) => {
            record.selected = isSelected;
        });
        this.isDomainSelected = false;
        this.model.notify();
    }

    /** @returns {Promise<number[]>} ids of what is chosen, also beyond this page */
    async selectedIds() {
        return this.isDomainSelected
            ? this.model.orm.search(this.resModel, new Domain(this.domain).toList(), { context: this.context })
            : this.selection.map((record) => /** @type {number} */ (record.resId));
    }
}
