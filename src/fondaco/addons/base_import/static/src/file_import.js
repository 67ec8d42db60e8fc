/**
 * One file on its way into one model: what its columns are, a trial, the import itself, what went wrong.
 *
 * A small file is imported by one call, all rows or none. A large one, or one whose rows with problems are to be left out,
 * is work of the server: this begins it and `follow`s what is told of it. No DOM; the calls are given.
 */
import { ParseError } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { plain, plainWords } from "@web/core/words";

/** A file of more rows is imported in the background. */
export const SMALL = 1000;

const EXAMPLES = { ".": "1,234.50", ",": "1.234,50" };
const PARTS = { Y: "2026", m: "12", d: "31", H: "13", M: "45", S: "00" };

/** @typedef {{path: string, label: string, type: string, isRequired: boolean, depth: number}} FieldChoice */
/** @typedef {{row: number|null, line?: number, column: string, value: string, sentence: string, isError: boolean}} ImportProblem */
/** @typedef {{call: (method: string, args: any[], kwargs?: object) => Promise<any>, create: (values: object) => Promise<number>, upload: (id: number, file: File) => Promise<void>, reached: (id: number) => Promise<{imported_to: number, imported_count: number}>, now: () => number}} ImportDoors */

export class FileImport {
    /** @param {{resModel: string, title: string, context?: object}} target @param {ImportDoors} doors */
    constructor({ resModel, title, context = {} }, doors) {
        this.doors = doors;
        this.resModel = resModel;
        this.title = title;
        this.context = context;
        this.id = 0;
        this.fileName = "";
        /** @type {"file"|"columns"|"running"|"paused"|"done"} */
        this.step = "file";
        this.error = "";
        this.rows = 0;
        /** @type {string[]} */
        this.headers = [];
        /** What the first line names no field by, where another seems to be the headings: how many lines are above it. */
        this.linesAbove = 0;
        /** @type {string[]} */
        this.likelyHeadings = [];
        this.isUnnamed = false;
        /** @type {string[][]} */
        this.samples = [];
        /** @type {string[]} the field of each column; "" where it is left out */
        this.paths = [];
        /** @type {FieldChoice[]} */
        this.choices = [];
        /** @type {Record<string, any>} */
        this.options = { has_headers: true, separator: "", quoting: '"', encoding: "", date_format: "", datetime_format: "", float_thousand_separator: "", float_decimal_separator: "", lines_above: 0, leave_out: [] };
        /** @type {ImportProblem[]} */
        this.problems = [];
        this.isTrial = false;
        this.isTried = false;
        this.skipsFaulty = false;
        this.inBackground = false;
        this.isWaiting = false;
        this.faulty = 0;
        this.at = 0;
        this.startedAt = 0;
        this.startedFrom = 0;
        this.imported = 0;
        /** @type {number[]} */
        this.ids = [];
        /** Another one whenever the server is told to do something, and when it has answered: what it was asked before is out of date. */
        this.turn = 0;
    }

    // -- the file ---------------------------------------------------------------------------------------------------

    /** @param {File} file */
    async take(file) {
        this.error = "";
        this.id = await this.doors.create({ res_model: this.resModel });
        await this.doors.upload(this.id, file);
        this.fileName = file.name;
        Object.assign(this.options, { separator: "", encoding: "", sheet: undefined, sheets: undefined, lines_above: 0, leave_out: [] });
        await this.preview();
    }

    /** Read the file again, as the options say now. */
    async preview() {
        const preview = await this.doors.call("parse_preview", [[this.id], { ...this.options, limit: SMALL }]);
        this.problems = [];
        this.isTried = false;
        this.error = preview.error || "";
        if (this.error) {
            return;
        }
        const { separator, encoding, sheet, sheets } = preview.options;
        Object.assign(this.options, { separator, encoding, sheet, sheets, column_formats: preview.column_formats });
        this.rows = preview.file_length;
        this.skipsFaulty = this.isLarge;
        this.samples = preview.preview;
        this.headers = preview.headers.length ? preview.headers : this.samples.map((_values, index) => _t("Column %s", index + 1));
        this.choices = fieldChoices(preview.fields);
        this.paths = this.samples.map((_values, index) => (preview.matches[index] || []).join("/"));
        this.linesAbove = preview.lines_above;
        this.likelyHeadings = preview.likely_headings.filter(Boolean);
        this.isUnnamed = preview.headers.length > 0 && !this.hasColumns;
        this.step = "columns";
    }

    /** @param {object} options */
    async setOptions(options) {
        Object.assign(this.options, options);
        await this.preview();
    }

    /** Only how values are read: the columns stay as they were chosen. @param {object} options */
    setReading(options) {
        Object.assign(this.options, options);
        this.isTried = false;
    }

    // -- the columns ------------------------------------------------------------------------------------------------

    /** @param {number} index @param {string} path "": the column is left out */
    setPath(index, path) {
        // two columns cannot fill one field
        this.paths = this.paths.map((other, at) => (at === index ? path : path && other === path ? "" : other));
        this.problems = [];
        this.isTried = false;
    }

    /** @param {string} path @returns {string} */
    labelOf(path) {
        return this.choices.find((choice) => choice.path === path)?.label || path;
    }

    /** How the values of a column are read, as an example, where they can be read in more than one way. @param {number} index @returns {string} */
    readingOf(index) {
        const type = this.choices.find(({ path }) => path === this.paths[index])?.type || "";
        const found = this.options.column_formats?.[index] || {};
        const option = { date: "date_format", datetime: "datetime_format", float: "float_decimal_separator", monetary: "float_decimal_separator", integer: "float_decimal_separator" }[type];
        const chosen = option ? this.options[option] || found[option] || (type === "datetime" && found.date_format) : "";
        return chosen ? EXAMPLES[chosen] || chosen.replace(/%([YmdHMS])/g, (_all, part) => PARTS[part]) : "";
    }

    /** Fields by what was typed, first those that begin so; without a text those of the record itself. @param {string} text @returns {FieldChoice[]} */
    find(text) {
        const words = plainWords(text);
        if (!words.length) {
            return this.choices.filter(({ depth }) => depth === 0);
        }
        const found = this.choices.filter(({ label, path }) => words.every((word) => plain(label).includes(word)) || path === text);
        const rank = ({ label, depth }) => depth + (plain(label).startsWith(words[0]) ? 0 : 1);
        return [...found].sort((left, right) => rank(left) - rank(right));
    }

    get hasColumns() {
        return this.paths.some(Boolean);
    }

    // -- trial and import -------------------------------------------------------------------------------------------

    get isLarge() {
        return this.rows > SMALL;
    }

    /** Try every row and keep none. */
    async try() {
        this.options.leave_out = [];
        if (this.isLarge) {
            await this.start(true);
            return;
        }
        await this.run(true);
        this.isTried = true;
        this.step = "columns";
    }

    async import() {
        if (this.isLarge || this.skipsFaulty) {
            await this.start(false);
            return;
        }
        await this.run(false);
        this.step = this.problems.some(({ isError }) => isError) ? "columns" : "done";
    }

    /** All rows by one call. @param {boolean} isTrial */
    async run(isTrial) {
        this.begin(isTrial, false);
        try {
            const [ids, fields, columns, options] = this.wanted;
            const answer = await this.doors.call("execute_import", [ids, fields, columns, { ...options, once: true }, isTrial]);
            this.problems = answer.messages.map((message) => this.problemOf(message));
            this.ids = (!isTrial && answer.ids) || [];
            this.imported = this.ids.length;
            if (!isTrial && !this.imported && !this.problems.length) {
                // a repetition: the first answer was lost on its way
                this.imported = (await this.doors.reached(this.id)).imported_count;
            }
            this.at = this.rows;
        } catch (error) {
            this.step = isTrial ? "columns" : "paused";
            throw error;
        }
    }

    /** @returns {any[]} what the server is told to do */
    get wanted() {
        return [[this.id], this.paths.map((path) => path || false), this.headers, this.options];
    }

    /** @param {boolean} isTrial @param {boolean} inBackground */
    begin(isTrial, inBackground) {
        this.turn += 1;
        Object.assign(this, { step: "running", isTrial, inBackground, error: "", problems: [], at: 0, faulty: 0, startedFrom: 0, startedAt: this.doors.now() });
    }

    // -- work of the server -----------------------------------------------------------------------------------------

    /** @param {boolean} isTrial */
    async start(isTrial) {
        const { step, title } = this;
        this.begin(isTrial, true);
        try {
            await this.order("start_import", this.wanted, { dryrun: isTrial, skips_faulty: this.skipsFaulty, title });
        } catch (error) {
            this.step = step;
            throw error;
        }
    }

    async stop() {
        await this.order("stop_import", [[this.id]]);
    }

    /** @param {boolean} [skipsFaulty] */
    async continue(skipsFaulty) {
        const options = skipsFaulty === undefined ? {} : { skips_faulty: skipsFaulty };
        Object.assign(this, { startedFrom: this.at, startedAt: this.doors.now() });
        await this.order("continue_import", [[this.id]], options);
    }

    /** Tell the server to do something. @param {string} method @param {any[]} args @param {object} [options] */
    async order(method, args, options) {
        this.turn += 1;
        const told = await this.doors.call(method, args, options);
        this.turn += 1;
        this.follow(told);
    }

    /** How far it is now; whether that was still asked for when the answer came. @returns {Promise<boolean>} */
    async refresh() {
        const { turn } = this;
        const told = await this.doors.call("import_status", [[this.id]]);
        if (turn !== this.turn) {
            return false;
        }
        this.follow(told);
        return true;
    }

    /** What the server says of it: progress, and with `problems` the whole status. @param {any} told */
    follow(told) {
        const steps = { running: "running", paused: told.is_trial ? "columns" : "paused", done: told.is_trial ? "columns" : "done", failed: told.is_trial ? "columns" : "paused" };
        const { at, imported, faulty } = told;
        Object.assign(this, { inBackground: true, isTrial: told.is_trial, isWaiting: told.is_waiting, skipsFaulty: told.skips_faulty, at, imported, faulty, rows: told.rows || this.rows });
        if (told.state !== "running" && !told.problems) {
            return; // the whole status is asked for
        }
        this.step = steps[told.state];
        this.isTried = told.is_trial && told.state === "done";
        this.error = told.error || "";
        this.problems = (told.problems || []).map(([row, path, sentence, line]) => ({ row, line: line || undefined, column: path && this.labelOf(path), value: "", sentence, isError: true }));
    }

    /** @returns {number} seconds, as far as one can tell */
    get secondsLeft() {
        const done = this.at - this.startedFrom;
        return done ? ((this.doors.now() - this.startedAt) / 1000 / done) * (this.rows - this.at) : 0;
    }

    // -- what went wrong --------------------------------------------------------------------------------------------

    /** @param {any} message @returns {ImportProblem} */
    problemOf(message) {
        const column = message.field ? this.labelOf((message.field_path || [message.field]).join("/")) : "";
        return { row: message.rows ? message.rows.from : null, line: message.line, column, value: message.value ?? "", sentence: message.message, isError: message.type === "error" };
    }

    /** What stands beside a row for the eye of who has the file open: titles are the first line. The server knows of empty ones. @param {ImportProblem} problem */
    lineOf({ row, line }) {
        return row === null ? "" : line || row + (this.options.lines_above || 0) + (this.options.has_headers ? 2 : 1);
    }

    /** How many rows cannot be imported; only the first of them are told. */
    get faultyCount() {
        return this.inBackground ? this.faulty : this.faultyRows.length;
    }

    /** @returns {number[]} rows, each once */
    get faultyRows() {
        return [...new Set(this.problems.filter(({ isError, row }) => isError && row !== null).map(({ row }) => /** @type {number} */ (row)))];
    }

    /** The rows with problems are passed over by the next import. */
    leaveOutFaulty() {
        this.options.leave_out = [...new Set([...this.options.leave_out, ...this.faultyRows])];
    }

    // -- over a reload ----------------------------------------------------------------------------------------------

    /** What is needed to go on later. @returns {Record<string, any>} */
    get memory() {
        const { id, resModel, title, context, fileName, rows, headers, paths, options, inBackground } = this;
        return { id, resModel, title, context, fileName, rows, headers, paths, options, inBackground };
    }

    /** @param {Record<string, any>} memory */
    recall(memory) {
        Object.assign(this, memory, { step: memory.inBackground ? "running" : "paused" });
    }

    /** One that was begun elsewhere. @param {any} status */
    adopt(status) {
        const { fields, columns, options } = status.plan;
        Object.assign(this, { id: status.id, fileName: status.file_name, paths: fields.map((path) => path || ""), headers: columns, options });
        this.follow(status);
    }
}

/** The tree of fields as a list, with the names of what is above. @param {any[]} tree @returns {FieldChoice[]} */
export function fieldChoices(tree) {
    /** @type {FieldChoice[]} */
    const choices = [];
    const walk = (nodes, above, labels) => {
        for (const node of nodes) {
            const steps = [...above, node.name];
            const names = [...labels, node.string];
            choices.push({ path: steps.join("/"), label: names.join(" / "), type: node.type, isRequired: Boolean(node.required), depth: above.length });
            walk(node.fields || [], steps, names);
        }
    };
    walk(tree, [], []);
    return choices;
}

/** @param {FileImport} job @param {string} text a label or a path typed whole @returns {string} */
export function readPath(job, text) {
    const like = text.trim().toLowerCase();
    const found = job.choices.find(({ label, path }) => label.toLowerCase() === like || path === like);
    if (like && !found) {
        throw new ParseError(_t("There is no field “%s”.", text));
    }
    return found?.path || "";
}
