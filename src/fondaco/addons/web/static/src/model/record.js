/**
 * One record being looked at or edited: what the server said, the changes since, and both together.
 *
 * `update` is the only way in; `save` sends the changes; `discard` forgets them. No DOM, no painting.
 */
import { makeContext } from "@web/core/context";
import { Domain } from "@web/core/domain";
import { _t } from "@web/core/i18n";
import { EvaluationError } from "@web/core/python/evaluator";
import { ConnectionLostError } from "@web/core/rpc";
import { valueAround } from "@web/model/around";
import { seenValues } from "@web/model/conflict";
import { deletions } from "@web/model/deletions";
import { getSpecification, isX2many } from "@web/model/specification";
import { emptyValue, evalValue, isFilled, parseServerValue, serializeValue } from "@web/model/values";

/** @typedef {import("@web/model/specification").ActiveFields} ActiveFields */
/** @typedef {import("@web/model/specification").Fields} Fields */
/** @typedef {{resModel: string, fields: Fields, activeFields: ActiveFields, resId?: number|false, context?: object, parent?: Record|null, parentField?: string, virtualId?: string}} Config */

/** Some fields are not as they must be; `fields` are their names, `message` is the sentence for the user. */
export class InvalidRecordError extends Error {
    /** @param {string} message @param {string[]} fields */
    constructor(message, fields) {
        super(message);
        this.fields = fields;
    }
}

/** The record asked for is not there, or not for this user. */
export class MissingRecordError extends Error {}

let lastVirtual = 0;
/** 128 random bits; `randomUUID` is not there on pages without TLS. */
const makeKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export class Record {
    /** @param {import("@web/model/relational").RelationalModel} model @param {Config} config */
    constructor(model, config) {
        this.model = model;
        this.resModel = config.resModel;
        this.fields = config.fields;
        this.activeFields = config.activeFields;
        /** @type {number|false} */
        this.resId = config.resId || false;
        this.context = config.context || {};
        this.parent = config.parent || null;
        this.parentField = config.parentField || "";
        this.virtualId = config.virtualId || `virtual_${++lastVirtual}`;
        /** What a row that shows it is known by; it stays when a new record is saved. @type {number|string} */
        this.key = this.id;
        /** What the server said, as it said it. @type {Object<string, any>} */
        this.raw = {};
        /** What a view shows: the server's values with the changes in. @type {Object<string, any>} */
        this.data = {};
        /** Names of the fields changed since. @type {Set<string>} */
        this.changed = new Set();
        /** Sentences about fields whose text could not be read. @type {Map<string, string>} */
        this.invalid = new Map();
        /** Required fields found empty at the last attempt to save. @type {Set<string>} */
        this.missing = new Set();
        /** The name of a save whose answer has not come: the server does nothing twice under the same one. */
        this.saveKey = "";
        /** Fields the server has not been asked about yet. @type {Set<string>} */
        this.unasked = new Set();
        /** Fields changed by hand while the server was still to be asked: its late answer does not hold for them. @type {Set<string>} */
        this.changedSince = new Set();
        this.selected = false;
    }

    /** @returns {number|string} */
    get id() {
        return this.resId || this.virtualId;
    }

    get isNew() {
        return !this.resId;
    }

    get dirty() {
        return this.changed.size > 0 || [this, ...this.lines].some((record) => record.invalid.size > 0);
    }

    async isDirty() {
        await this.model.commitInputs();
        return this.dirty;
    }

    get specification() {
        return getSpecification(this.activeFields, this.fields, (text) => this.readContext(text), (name) => this.data[name]?.reach);
    }

    /** @param {string|undefined} text @returns {object} */
    readContext(text) {
        return text ? this.model.tolerate(text, () => makeContext([text], this.evalContext)) || {} : {};
    }

    /**
     * A domain with this record's values in it. What the view did not read is taken as empty: the domain of a field may
     * name fields that its view does not show.
     * @param {any} source text or list @returns {any[]}
     */
    readDomain(source) {
        const names = this.evalContext;
        for (;;) {
            try {
                return new Domain(source || []).toList(names);
            } catch (error) {
                if (!(error instanceof EvaluationError && error.unknownName)) {
                    throw error;
                }
                names[error.unknownName] = false;
            }
        }
    }

    /** What expressions of the view may name. */
    get evalContext() {
        const names = this.model.evalBase;
        for (const name of Object.keys(this.fields)) {
            names[name] = name in this.data ? evalValue(this.fields[name], this.data[name]) : false;
        }
        const { resId } = this;
        Object.assign(names, { id: resId, active_id: resId, active_ids: resId ? [resId] : [], active_model: this.resModel });
        names.context = { ...this.model.context, ...this.context };
        if (this.parent) {
            names.parent = this.parent.evalContext;
        }
        return names;
    }

    /** @param {string|undefined} expression @returns {boolean} */
    isTrue(expression) {
        return expression ? this.model.isTrue(expression, () => this.evalContext) : false;
    }

    /** @param {string} name */
    isInvisible(name) {
        return this.isTrue(this.activeFields[name]?.invisible);
    }

    /** @param {string} name */
    isReadonly(name) {
        const expression = this.activeFields[name]?.readonly;
        return expression === undefined ? Boolean(this.fields[name]?.readonly) : this.isTrue(expression);
    }

    /** @param {string} name */
    isRequired(name) {
        const expression = this.activeFields[name]?.required;
        return expression === undefined ? Boolean(this.fields[name]?.required) : this.isTrue(expression);
    }

    /** @param {string} name */
    isFieldInvalid(name) {
        return this.invalid.has(name) || this.missing.has(name);
    }

    /** @param {string} name */
    async setInvalidField(name, message = _t("This value cannot be read.")) {
        this.invalid.set(name, message);
        this.model.notify();
    }

    /** @param {string} name */
    resetFieldValidity(name) {
        this.invalid.delete(name);
        this.missing.delete(name);
        this.model.notify();
    }

    // -- values in --------------------------------------------------------------------------------------------------

    /**
     * Take what the server said as the truth; changes are gone.
     * @param {Object<string, any>} raw @param {{isSaved?: boolean}} [options] isSaved: it answers a save; lines stay the
     * objects they are, and texts that could not be read came after it
     */
    setRaw(raw, { isSaved = false } = {}) {
        const before = isSaved ? this.data : {};
        this.raw = raw;
        this.saveKey = "";
        this.unasked.clear();
        this.changedSince.clear();
        this.resId = raw.id || this.resId;
        this.data = {};
        this.changed.clear();
        this.missing.clear();
        if (!isSaved) {
            this.invalid.clear();
        }
        for (const name of Object.keys(this.activeFields)) {
            const field = this.fields[name];
            if (field && isX2many(field)) {
                this.data[name] = before[name] || this.model.makeLines(this, name);
                this.data[name].setRaw(raw[name] || [], { isSaved });
            } else if (field) {
                this.data[name] = name in raw ? parseServerValue(field, raw[name]) : emptyValue(field);
            }
        }
        if (raw.id) {
            this.data.id = raw.id;
        }
    }

    /** Values an onchange or the defaults gave; x2many values are commands. @param {Object<string, any>} values */
    applyServerValues(values) {
        for (const [name, value] of Object.entries(values)) {
            const field = this.fields[name];
            if (!field || !(name in this.activeFields) || this.changedSince.has(name)) {
                continue;
            }
            if (isX2many(field)) {
                this.data[name].applyCommands(value || []);
            } else {
                this.data[name] = parseServerValue(field, value);
                this.missing.delete(name);
                this.invalid.delete(name);
            }
            this.changed.add(name);
        }
    }

    /**
     * Start as a new record: the defaults of the server, with its onchanges run. An empty record asks for them: as long
     * as they have not come, this one is what it was.
     */
    async loadDefaults() {
        const { resModel, fields, activeFields, context, parent, parentField } = this;
        const empty = this.model.makeRecord({ resModel, fields, activeFields, context, parent, parentField });
        empty.setRaw({});
        const answer = await empty.callOnchange({}, []);
        this.resId = false;
        this.setRaw({});
        this.applyServerValues(answer.value || {});
        this.changed.clear();
        this.raw = {};
        return this;
    }

    /** @param {number|false} resId @returns {Promise<Object<string, any>>} what the server has of it */
    async read(resId) {
        const context = { bin_size: true, ...this.model.context, ...this.context };
        const [values] = await this.model.orm.webRead(this.resModel, [resId], { specification: this.specification, context });
        if (!values) {
            throw new MissingRecordError(_t("This record does not exist any more, or you may not see it."));
        }
        return values;
    }

    /** Read it, or become another record once that is read. @param {number|false} [resId] */
    async load(resId = this.resId) {
        this.setRaw(await this.read(resId));
        return this;
    }

    // -- changes ----------------------------------------------------------------------------------------------------

    /**
     * Change fields; where the server wants to know, it is asked what else changes.
     * @param {Object<string, any>} changes values as `data` holds them
     * @param {{save?: boolean}} [options]
     */
    async update(changes, { save = false } = {}) {
        await this.model.exec(() => this.applyChanges(changes));
        if (save) {
            await (this === this.model.root && this.model.saveRoot ? this.model.saveRoot() : this.save());
        }
    }

    /** @param {Object<string, any>} changes */
    async applyChanges(changes) {
        const names = Object.keys(changes);
        const before = { ...this.data };
        const isLate = this.isUnasked;
        for (const name of names) {
            if (isLate) {
                this.changedSince.add(name);
            }
            if (isX2many(this.fields[name])) {
                this.data[name].replaceWith(changes[name]);
            } else {
                this.data[name] = changes[name];
            }
            this.changed.add(name);
            this.invalid.delete(name);
            this.missing.delete(name);
        }
        this.model.notify();
        try {
            await this.fieldsChanged(names);
        } catch (error) {
            // the server refused: a plain value goes back, so that the form shows what is true; what it never heard of stays
            for (const name of error instanceof ConnectionLostError ? [] : names) {
                if (!isX2many(this.fields[name])) {
                    this.data[name] = before[name];
                }
            }
            throw error;
        } finally {
            this.model.notify();
        }
    }

    /** Whether the server is still to be asked what follows from a change, here or above. @returns {boolean} */
    get isUnasked() {
        return this.unasked.size > 0 || Boolean(this.parent?.isUnasked);
    }

    /** Ask the server what follows from a change here, and the parent what follows from it there. @param {string[]} names */
    async fieldsChanged(names) {
        const asked = [...new Set([...this.unasked, ...names])].filter((name) => this.activeFields[name]?.onChange);
        if (asked.length) {
            this.unasked.clear();
            const answer = await this.callOnchange(this.getChanges({ forOnchange: true }), asked).catch((error) => {
                this.unasked = new Set(error instanceof ConnectionLostError ? asked : []);
                this.settleChanges();
                throw error;
            });
            this.applyServerValues(answer.value || {});
            this.showWarning(answer.warning);
        }
        this.settleChanges();
        if (this.parent) {
            this.parent.changed.add(this.parentField);
            this.parent.missing.delete(this.parentField);
            await this.parent.fieldsChanged([this.parentField]);
        }
    }

    /** Nothing is to be asked any more: answers hold for every field again. */
    settleChanges() {
        if (!this.isUnasked) {
            [this, ...this.lines].forEach((record) => record.changedSince.clear());
        }
    }

    /** The records of its x2many fields. @returns {Record[]} */
    get lines() {
        return Object.keys(this.data).filter((name) => isX2many(this.fields[name])).flatMap((name) => this.data[name].records);
    }

    /** Ask what could not be asked while the server was away. */
    async askAgain() {
        for (const record of [...this.lines, this]) {
            if (record.unasked.size) {
                await record.fieldsChanged([]);
            }
        }
    }

    /** @param {object} values @param {string[]} names */
    async callOnchange(values, names) {
        if (this.parent && names.length) {
            values = { ...values, ...(await valueAround(this)) };
        }
        const context = { ...this.model.context, ...this.context, ...(names.length === 1 ? this.readContext(this.activeFields[names[0]]?.context) : {}) };
        return (await this.model.orm.call(this.resModel, "onchange", [this.resId ? [this.resId] : [], values, names, this.specification], { context })) || {};
    }

    showWarning(warning) {
        if (warning) {
            this.model.notification.add(warning.message, { title: warning.title, type: "warning", sticky: true });
        }
    }

    /** @param {{forOnchange?: boolean, except?: string}} [options] @returns {Object<string, any>} */
    getChanges({ forOnchange = false, except = "" } = {}) {
        /** @type {Object<string, any>} */
        const values = {};
        for (const name of Object.keys(this.activeFields)) {
            const field = this.fields[name];
            if (!field || name === "id" || name === except || (!this.isNew && !this.changed.has(name))) {
                continue;
            }
            if (!forOnchange && this.isReadonly(name) && !this.activeFields[name].forceSave) {
                continue;
            }
            if (isX2many(field)) {
                const commands = this.data[name].getCommands({ forOnchange });
                if (commands.length) {
                    values[name] = commands;
                }
            } else {
                values[name] = serializeValue(field, this.data[name]);
            }
        }
        return values;
    }

    // -- save -------------------------------------------------------------------------------------------------------

    /** @returns {string[]} names of the fields that keep the record from being saved */
    findInvalidFields() {
        this.missing.clear();
        for (const name of Object.keys(this.activeFields)) {
            const field = this.fields[name];
            if (!field) {
                continue;
            }
            if (isX2many(field) && this.data[name].records.some((record) => record.dirty && record.findInvalidFields().length)) {
                this.missing.add(name);
            }
            if (!isFilled(field, this.data[name]) && this.isRequired(name) && !this.isInvisible(name)) {
                this.missing.add(name);
            }
        }
        return [...new Set([...this.invalid.keys(), ...this.missing])];
    }

    /** @param {string} name of a field, or of a property: field/property */
    labelOf(name) {
        const [field, key] = name.split("/");
        const property = key && this.data[field]?.find((/** @type {any} */ each) => each.name === key);
        return property?.string || this.activeFields[field]?.string || this.fields[field]?.string || name;
    }

    checkValidity() {
        const names = this.findInvalidFields();
        if (!names.length) {
            return;
        }
        const linesOf = (name) => (isX2many(this.fields[name]) ? this.data[name].records : []);
        const faultsOf = (name) => [this.invalid.get(name), ...linesOf(name).flatMap((line) => [...line.invalid.values()])].filter(Boolean);
        const empty = names.filter((name) => !faultsOf(name).length).map((name) => this.labelOf(name));
        const sentences = names.flatMap((name) => faultsOf(name).map((fault) => `${this.labelOf(name)}: ${fault}`));
        if (empty.length) {
            sentences.unshift(empty.length === 1 ? _t("Please fill in “%s”.", empty[0]) : _t("Please fill in these fields: %s.", empty.map((label) => `“${label}”`).join(", ")));
        }
        this.model.notify();
        throw new InvalidRecordError(sentences.join(" "), names);
    }

    /** Send the changes. `InvalidRecordError` when a field is not as it must be; what the server refuses arrives as its
     * error. In both cases every change is still here. @param {{reload?: boolean}} [options] */
    async save({ reload = true } = {}) {
        await this.model.commitInputs();
        return this.model.exec(async () => {
            await this.askAgain();
            this.checkValidity();
            await deletions.settle();
            const values = this.getChanges();
            if (!this.isNew && !Object.keys(values).length) {
                this.changed.clear();
                this.model.notify();
                return true;
            }
            this.saveKey ||= makeKey();
            const [saved] = await this.model.orm.webSave(this.resModel, this.resId ? [this.resId] : [], values, {
                specification: reload ? this.specification : {},
                context: { bin_size: true, ...this.model.context, ...this.context, save_key: this.saveKey, ...(this.isNew ? {} : { seen_values: seenValues(this) }) },
            });
            if (reload) {
                this.setRaw(saved, { isSaved: true });
            } else {
                this.resId = saved.id;
                this.saveKey = "";
                this.changed.clear();
            }
            this.model.notify();
            return true;
        });
    }

    /** Forget the changes. */
    async discard() {
        await this.model.exec(async () => {
            if (this.isNew && !this.parent) {
                await this.loadDefaults();
            } else {
                this.setRaw(this.raw);
            }
        });
        this.model.notify();
    }

    // -- the whole record -------------------------------------------------------------------------------------------

    async delete() {
        await this.model.orm.unlink(this.resModel, [this.resId], { context: this.model.context });
    }

    /** @returns {Promise<number>} the id of the copy */
    async duplicate() {
        const ids = await this.model.orm.call(this.resModel, "copy", [[this.resId]], { context: this.model.context });
        return Array.isArray(ids) ? ids[0] : ids;
    }

    async archive() {
        await this.model.orm.call(this.resModel, "action_archive", [[this.resId]], { context: this.model.context });
    }

    async unarchive() {
        await this.model.orm.call(this.resModel, "action_unarchive", [[this.resId]], { context: this.model.context });
    }
}
