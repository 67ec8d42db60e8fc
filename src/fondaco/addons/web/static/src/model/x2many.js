/**
 * The lines of a one2many or many2many field of a record being edited, and the commands that tell the server what changed.
 *
 * A line is a Record, or only an id as long as it lies beyond the part that was read.
 */
import { matchLines } from "@web/model/line_matching";
import { isAscending, reordered, spanToNumber } from "@web/model/sequence";
import { getSpecification, isX2many } from "@web/model/specification";
import { parseServerValue, serializeValue } from "@web/model/values";

const DEFAULT_LIMIT = 40;

/** @typedef {import("@web/model/record").Record} Record */
/** @typedef {{id: number|string, record: Record|null, isLinked: boolean}} Item isLinked: it was not among the server's lines */

export class X2ManyList {
    /** @param {Record} parent @param {string} name of the field */
    constructor(parent, name) {
        const active = parent.activeFields[name];
        this.parent = parent;
        this.name = name;
        this.model = parent.model;
        this.field = parent.fields[name];
        this.resModel = this.field.relation;
        this.fields = active?.related?.fields || { display_name: { type: "char", string: "Name", readonly: true } };
        this.activeFields = active?.related?.activeFields || {};
        this.limit = active?.limit || DEFAULT_LIMIT;
        this.offset = 0;
        /** @type {Item[]} */
        this.items = [];
        /** Ids of lines the server had and that are gone. @type {Map<number, 2|3>} */
        this.removed = new Map();
    }

    get count() {
        return this.items.length;
    }

    /** So many lines have to be read for those shown to be among them. */
    get reach() {
        return this.offset + this.limit;
    }

    /** @returns {Record[]} the lines of the part shown */
    get records() {
        return this.items.slice(this.offset, this.offset + this.limit).flatMap((item) => (item.record ? [item.record] : []));
    }

    /** @returns {Record[]} the lines shown, and those behind them as far as they were read */
    get knownFromHere() {
        return this.items.slice(this.offset).flatMap((item) => (item.record ? [item.record] : []));
    }

    get currentIds() {
        return this.items.map((item) => (item.record?.isNew ? item.record.virtualId : item.id));
    }

    get resIds() {
        return this.items.flatMap((item) => (typeof item.id === "number" ? [item.id] : []));
    }

    get context() {
        return this.parent.readContext(this.parent.activeFields[this.name]?.context);
    }

    /**
     * @param {any[]} values ids, or values with an id
     * @param {{isSaved?: boolean}} [options] isSaved: they answer a save; each line stays the object it is, somebody may
     * be typing in it
     */
    setRaw(values, { isSaved = false } = {}) {
        const known = isSaved ? this.knownRecords(values) : undefined;
        const isWhole = this.items.length <= this.offset + this.limit;
        this.removed.clear();
        this.items = values.map((value) => this.makeItem(value, false, known));
        if (isSaved && isWhole && this.items.every(({ record }) => record)) {
            // lines the server made push none of them out of sight
            this.limit = Math.max(this.limit, this.items.length - this.offset);
        }
        const shown = this.items.slice(this.offset, this.offset + this.limit);
        this.offset = isSaved && shown.length && shown.every(({ record }) => record) ? this.offset : 0;
    }

    /** Lines by their ids, also those that got one just now: ids are given in the order of the lines. @param {any[]} values @returns {Map<any, Record|null>} */
    knownRecords(values) {
        const known = new Map(this.items.map(({ id, record }) => [id, record]));
        const given = values.map((value) => (typeof value === "object" ? value : { id: value })).filter(({ id }) => !known.has(id)).sort((one, other) => one.id - other.id);
        const made = this.items.flatMap(({ record }) => (record?.isNew ? [record] : []));
        const places = matchLines(made.length, given.length, (line, place) => this.countSame(made[line], given[place]));
        made.forEach((record, line) => places[line] >= 0 && known.set(given[places[line]].id, record));
        return known;
    }

    /** How many fields of a line are the same in what the server says. @param {Record} record @param {any} values */
    countSame({ data }, values) {
        const names = Object.keys(this.activeFields).filter((name) => name in values && name in data && !isX2many(this.fields[name]));
        const textOf = (name, value) => JSON.stringify(serializeValue(this.fields[name], value));
        return names.filter((name) => textOf(name, data[name]) === textOf(name, parseServerValue(this.fields[name], values[name]))).length;
    }

    /** @param {any} value @param {boolean} isLinked @param {Map<any, Record|null>} [known] @returns {Item} */
    makeItem(value, isLinked, known) {
        const values = typeof value === "object" ? value : { id: value };
        const isRead = Object.keys(values).length > 1 || !Object.keys(this.activeFields).length;
        const before = known?.get(values.id);
        if (isRead && before) {
            // a dialog may have given it more fields than the answer has
            Object.assign(before, { fields: this.fields, activeFields: this.activeFields });
            before.setRaw(values, { isSaved: true });
            return { id: values.id, record: before, isLinked };
        }
        return { id: values.id, record: isRead ? this.makeRecord(values) : null, isLinked };
    }

    /** @param {any} raw @param {string} [virtualId] */
    makeRecord(raw, virtualId) {
        const record = this.model.makeRecord({
            resModel: this.resModel, fields: this.fields, activeFields: this.activeFields, resId: raw.id,
            context: this.context, parent: this.parent, parentField: this.name, virtualId,
        });
        record.setRaw(raw);
        return record;
    }

    /** Read the lines of another part. @param {number} offset */
    async setOffset(offset) {
        this.offset = offset;
        await this.readItems(this.items.slice(offset, offset + this.limit));
        this.model.notify();
    }

    /** @param {Item[]} items those of them that were not read yet */
    async readItems(items) {
        const unread = items.filter((item) => !item.record);
        if (unread.length) {
            const specification = getSpecification(this.activeFields, this.fields);
            const rows = await this.model.orm.webRead(this.resModel, unread.map((item) => item.id), { specification, context: this.context });
            for (const row of rows) {
                const item = this.items.find((candidate) => candidate.id === row.id);
                if (item) {
                    item.record = this.makeRecord(row);
                }
            }
        }
    }

    // -- changes ----------------------------------------------------------------------------------------------------

    /**
     * Change lines and tell the parent, after what is under way: the answer to a save that was sent before knows nothing
     * of it.
     * @param {() => void} work
     */
    async change(work) {
        await this.model.exec(() => {
            work();
            this.parent.changed.add(this.name);
            this.parent.missing.delete(this.name);
            this.model.notify();
            return this.parent.fieldsChanged([this.name]);
        });
        this.model.notify();
    }

    /** @param {{context?: object, position?: "top"|"bottom"}} [options] @returns {Promise<Record>} a new line with its defaults */
    async addNew({ context = {}, position = "bottom" } = {}) {
        const record = await this.prepareNew(context);
        await this.insert(record, position);
        return record;
    }

    /** @param {object} [context] @param {{fields: any, activeFields: any}} [other] fields of a form, when they are more than the list's */
    async prepareNew(context = {}, other) {
        const record = this.model.makeRecord({
            resModel: this.resModel, fields: other?.fields || this.fields, activeFields: other?.activeFields || this.activeFields,
            context: { ...this.context, ...context }, parent: this.parent, parentField: this.name,
        });
        return record.loadDefaults();
    }

    /** @param {Record} record @param {"top"|"bottom"} [position] */
    async insert(record, position = "bottom") {
        const item = { id: record.id, record, isLinked: true };
        await this.change(() => {
            if (position === "top") {
                this.items.unshift(item);
            } else {
                this.numberAsLast(record);
                this.items.push(item);
                this.limit = Math.max(this.limit, this.items.length - this.offset);
            }
        });
    }

    isOrderedBy() {
        return true;
    }

    /** Put a line elsewhere in the part shown. @param {Record} record @param {number} place @param {string} name of the field with the order */
    async move(record, place, name) {
        const numbersOf = (lines) => lines.map((line) => Number(line.data[name]) || 0);
        if (!isAscending(numbersOf(this.knownFromHere))) {
            await this.readItems(this.items.slice(this.offset));
        }
        await this.change(() => {
            const { offset } = this;
            const from = this.records.indexOf(record);
            if (from < 0) {
                return;
            }
            const { start, end, first } = spanToNumber(numbersOf(this.knownFromHere), from, place, offset > 0);
            this.items = reordered(this.items, offset + from, offset + place);
            this.knownFromHere.slice(start, end + 1).forEach((line, step) => {
                if (line.data[name] !== first + step) {
                    line.data[name] = first + step;
                    line.changed.add(name);
                }
            });
        });
    }

    /** A line put at the end stays there when the lines are read again. @param {Record} record */
    numberAsLast(record) {
        const name = /** @type {any} */ (this.parent.activeFields[this.name])?.subviews?.list?.arch.handleField;
        const last = this.records.at(-1);
        if (name && last && name in record.data && Number(record.data[name]) <= Number(last.data[name])) {
            record.data[name] = Number(last.data[name]) + 1;
        }
    }

    /** Link records that exist. @param {any[]} values with id and what is shown */
    async link(values) {
        await this.change(() => {
            for (const value of values) {
                if (!this.items.some((item) => item.id === value.id)) {
                    const wasRemoved = this.removed.delete(value.id);
                    this.items.push({ ...this.makeItem(value, !wasRemoved), record: this.makeRecord(value) });
                }
            }
        });
    }

    /** @param {Record} record */
    async remove(record) {
        await this.change(() => this.drop(record.id, this.field.type === "one2many" ? 2 : 3));
    }

    async forget(record) {
        return this.remove(record);
    }

    /** @param {number|string} id @param {2|3} command */
    drop(id, command) {
        const index = this.items.findIndex((item) => item.id === id || item.record?.virtualId === id);
        if (index >= 0) {
            const [item] = this.items.splice(index, 1);
            if (!item.isLinked && typeof item.id === "number") {
                this.removed.set(item.id, command);
            }
        }
    }

    /** Exactly these ids. @param {number[]} ids */
    replaceWith(ids) {
        for (const id of this.resIds) {
            if (!ids.includes(id)) {
                this.drop(id, 3);
            }
        }
        for (const id of ids) {
            if (!this.resIds.includes(id)) {
                this.items.push(this.makeItem({ id }, !this.removed.delete(id)));
            }
        }
    }

    // -- the server's commands --------------------------------------------------------------------------------------

    /** @param {any[][]} commands as an onchange gives them: [code, id, values] */
    applyCommands(commands) {
        for (const [code, id, values] of commands) {
            if (code === 0) {
                const record = this.makeRecord({}, id || undefined);
                record.applyServerValues(values);
                this.items.push({ id: record.id, record, isLinked: true });
            } else if (code === 1) {
                const item = this.items.find((candidate) => candidate.id === id || candidate.record?.virtualId === id);
                if (item) {
                    item.record ??= this.makeRecord({ id });
                    item.record.applyServerValues(values);
                }
            } else if (code === 2 || code === 3) {
                this.drop(id, code);
            } else if (code === 4) {
                const known = this.items.find((item) => item.id === id);
                if (!known) {
                    this.items.push({ ...this.makeItem({ ...values, id }, !this.removed.delete(id)), record: this.makeRecord({ ...values, id }) });
                } else if (values && known.record) {
                    this.refresh(known.record, values);
                }
            } else if (code === 5) {
                this.resIds.forEach((known) => this.drop(known, this.field.type === "one2many" ? 2 : 3));
                this.items = [];
            } else if (code === 6) {
                this.replaceWith(values || []);
            }
        }
    }

    /** @param {Record} record @param {Object<string, any>} values */
    refresh(record, values) {
        for (const [name, value] of Object.entries(values)) {
            if (record.fields[name] && name in record.data && !record.changed.has(name) && typeof value !== "object") {
                record.data[name] = parseServerValue(record.fields[name], value);
            }
        }
    }

    /** @param {{forOnchange?: boolean}} [options] @returns {any[][]} what changed since the server was asked */
    getCommands({ forOnchange = false } = {}) {
        const commands = [];
        for (const { id, record, isLinked } of this.items) {
            if (record?.isNew) {
                commands.push([0, record.virtualId, record.getChanges({ forOnchange })]);
                continue;
            }
            if (isLinked) {
                commands.push([4, id]);
            }
            const values = record?.dirty ? record.getChanges({ forOnchange }) : {};
            if (Object.keys(values).length) {
                commands.push([1, id, values]);
            }
        }
        for (const [id, code] of this.removed) {
            commands.push([code, id]);
        }
        return commands;
    }
}
