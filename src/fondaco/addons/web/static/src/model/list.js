/**
 * The records a list or kanban shows: which filter, which order, which part of them, which are chosen, in which groups.
 */
import { Domain } from "@web/core/domain";
import { deletions } from "@web/model/deletions";
import { readHeads } from "@web/model/group_heads";
import { groupCount, groupLabel } from "@web/model/group_values";
import { isAscending, reordered, spanToNumber } from "@web/model/sequence";
import { getSpecification } from "@web/model/specification";

/** @typedef {import("@web/model/record").Record} Record */
/** @typedef {{name: string, asc: boolean}} OrderTerm */
/** @typedef {{domain: any[], context: object, groupBy: string[], orderBy?: OrderTerm[]}} Query */

const GROUP_LIMIT = 80;
/** Groups that open by themselves where all are asked for; each asks the server once. */
const MOST_OPEN = 12;
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

/** How `read_progress_bar` names a group: as Python writes its value. @param {any} value */
const progressKey = (value) => (value === false ? "False" : value === true ? "True" : String(value));

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
        /** Whether the server would rather have it closed. */
        this.isFolded = Boolean(row.__fold);
        /** How many records have which value of the field that the progress bar tells apart. @type {{[value: string]: number}} */
        this.progress = {};
        /** The only value of that field whose records are shown. @type {any} */
        this.shownValue = undefined;
        /** The record it stands for, where its head has buttons. @type {Record|null} */
        this.record = null;
        this.list = new RecordList(list.model, { resModel: list.resModel, fields: list.fields, activeFields: list.activeFields, limit: list.limit, groupsLimit: list.groupsLimit, groupHeads: list.groupHeads });
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
        const { progressBar } = this.parent;
        const domain = progressBar && this.shownValue !== undefined ? Domain.and([this.domain, [[progressBar.field, "=", this.shownValue]]]).toList() : this.domain;
        await this.list.load({ domain, context, groupBy: groupBy.slice(1), orderBy });
    }

    /** Show only the records of one part of the progress bar; chosen again, all. @param {any} value */
    async showOnly(value) {
        this.shownValue = this.shownValue === value ? undefined : value;
        this.isOpen = true;
        await this.load();
        this.parent.model.notify();
    }

    /** The value that a record made in this group has, for its context. */
    get defaults() {
        return { [`default_${this.groupBy.split(":")[0]}`]: this.value };
    }
}

export class RecordList {
    /** @param {import("@web/model/relational").RelationalModel} model @param {{resModel: string, fields: any, activeFields: any, limit?: number, groupsLimit?: number, defaultOrder?: OrderTerm[], openGroups?: boolean, progressBar?: any, hasEmptyGroups?: boolean, groupHeads?: {[name: string]: import("@web/model/group_heads").GroupHead}}} config */
    constructor(model, config) {
        this.model = model;
        this.resModel = config.resModel;
        this.fields = config.fields;
        this.activeFields = config.activeFields;
        this.limit = config.limit || 80;
        this.groupsLimit = config.groupsLimit || GROUP_LIMIT;
        this.openGroups = config.openGroups || false;
        /** `{field, colors, sumField}` of a kanban. */
        this.progressBar = config.progressBar || null;
        /** Groups without records are asked for, where the field knows them. */
        this.hasEmptyGroups = config.hasEmptyGroups || false;
        /** What stands on heads of groups, by the many2one that is grouped by. */
        this.groupHeads = config.groupHeads || {};
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

    /** How many are on a page: of groups, or of records. */
    get pageLimit() {
        return this.isGrouped ? this.groupsLimit : this.limit;
    }

    /** Whether there are others than those of this page. */
    get hasMore() {
        return this.count > (this.groups || this.records).length;
    }

    /** @param {Query} query @param {{offset?: number, limit?: number}} [options] */
    async load(query, { offset = 0, limit } = {}) {
        const isCountKnown = this.isCounted && this.count > COUNTED && JSON.stringify(this.query.domain) === JSON.stringify(query.domain);
        this.query = query;
        const isGrouped = query.groupBy.length > 0;
        if (limit) {
            this[isGrouped ? "groupsLimit" : "limit"] = limit;
        }
        if (query.orderBy?.length) {
            this.orderBy = query.orderBy;
        }
        this.offset = offset;
        // a slow answer to an older question must not replace a newer one
        const request = ++this.request;
        const answer = isGrouped ? await this.readGroups() : await this.readRecords();
        if (request !== this.request) {
            return;
        }
        this.isDomainSelected = false;
        this.count = isCountKnown ? Math.max(this.count, answer.length) : answer.length;
        this.isCounted = isGrouped || isCountKnown || this.count <= COUNTED;
        if (isGrouped) {
            this.records = [];
            const former = this.groups || [];
            this.groups = answer.groups.map((row) => new Group(this, row, query.groupBy[0]));
            const opened = this.groups.filter((group, place) => this.opensFirst(group, place, former));
            await Promise.all([readHeads(this, this.groups), this.openGroups && this.readProgress(this.groups), ...opened.map(async (group) => {
                group.isOpen = true;
                await group.load();
            })]);
            if (request !== this.request) {
                return;
            }
        } else {
            this.groups = null;
            this.records = answer.records.map((row) => this.makeRecord(row));
        }
        this.isLoaded = true;
        this.model.notify();
    }

    /** What was open stays open, what was closed stays closed. @param {Group} group @param {number} place @param {Group[]} former */
    opensFirst(group, place, former) {
        const same = former.find((known) => known.groupBy === group.groupBy && known.value === group.value);
        group.shownValue = same?.shownValue;
        return same ? same.isOpen : this.openGroups && !group.isFolded && (place < MOST_OPEN || !this.hasEmptyGroups);
    }

    /** @param {Group[]} groups */
    async readProgress(groups) {
        const { field, colors } = this.progressBar || {};
        if (!this.fields[field]) {
            return;
        }
        const found = await this.model.orm.call(this.resModel, "read_progress_bar", [], { domain: this.domain, group_by: this.query.groupBy[0], progress_bar: { field, colors }, context: this.context });
        for (const group of groups) {
            group.progress = found[progressKey(group.value)] || {};
        }
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
        const canBeEmpty = ["many2one", "selection"].includes(this.fields[this.query.groupBy[0].split(":")[0]]?.type);
        return this.model.orm.webReadGroup(this.resModel, this.domain, summed.map((name) => `${name}:${this.fields[name].aggregator}`), [this.query.groupBy[0]], {
            // the server names groups without records only to who asks for all
            context: this.context, limit: this.hasEmptyGroups && canBeEmpty ? undefined : this.groupsLimit, offset: this.offset, lazy: true,
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
        if (!(this.groups || this.records).length && this.offset) {
            await this.load(this.query, { offset: Math.max(0, this.offset - this.pageLimit) });
        }
    }

    /** A press on a heading: ascending, then descending. @param {string} name */
    async sortBy(name) {
        const first = this.orderBy[0];
        const asc = first?.name === name ? !first.asc : true;
        this.orderBy = [{ name, asc }, ...this.orderBy.filter((term) => term.name !== name)].slice(0, 3);
        await this.load({ ...this.query, orderBy: this.orderBy });
    }

    /** Whether the order shown is that of this field, so that moving a record means something. @param {string} name */
    isOrderedBy(name) {
        const [first] = this.orderBy;
        return !first || (first.name === name && first.asc);
    }

    /** Put a record elsewhere on this page. @param {Record} record @param {number} place @param {string} name of the field with the order */
    async move(record, place, name) {
        const from = this.records.indexOf(record);
        if (from < 0) {
            return;
        }
        const numbers = this.records.map((known) => Number(known.data[name]) || 0);
        const { start, end, first } = spanToNumber(numbers, from, place, this.offset > 0);
        this.records = reordered(this.records, from, place);
        this.model.notify();
        const ids = this.records.slice(start, end + 1).map((known) => /** @type {number} */ (known.resId));
        try {
            await deletions.settle();
            const behind = isAscending(numbers) ? [] : await this.idsBehind();
            await this.model.orm.resequence(this.resModel, [...ids, ...behind], { field: name, offset: first, context: this.context });
        } finally {
            await this.reload();
        }
    }

    /** @returns {Promise<number[]>} ids of the records after this page */
    async idsBehind() {
        if (this.offset + this.records.length >= this.count) {
            return [];
        }
        const shown = new Set(this.records.map(({ resId }) => resId));
        const ids = await this.model.orm.search(this.resModel, new Domain(this.domain).toList(), { offset: this.offset, order: orderToText(this.orderBy), context: this.context });
        return ids.filter((id) => !shown.has(id));
    }

    /** Let a record go that was never saved. @param {Record} record */
    async forget(record) {
        this.records = this.records.filter((known) => known !== record);
        this.count -= 1;
        this.model.notify();
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
