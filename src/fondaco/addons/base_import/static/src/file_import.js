/**
 * One file on its way into one model: what its columns are, a trial, the import itself in parts, what went wrong.
 *
 * The server keeps the file and the row reached (`imported_to`, written with the rows themselves), so an import that was
 * interrupted goes on exactly where it stopped. No DOM; the calls are given.
 */
import { ParseError } from "@web/core/formats";
import { _t } from "@web/core/i18n";

/** Rows sent to the database together: all of them, or none. */
export const PART = 1000;

/** @typedef {{path: string, label: string, isRequired: boolean, depth: number}} FieldChoice */
/** @typedef {{row: number|null, column: string, value: string, sentence: string, isError: boolean}} ImportProblem */
/** @typedef {{call: (method: string, args: any[]) => Promise<any>, create: (values: object) => Promise<number>, upload: (id: number, file: File) => Promise<void>, reached: (id: number) => Promise<{imported_to: number, imported_count: number}>, now: () => number, onProgress?: (job: FileImport) => void}} ImportDoors */

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
        /** @type {string[][]} */
        this.samples = [];
        /** @type {string[]} the field of each column; "" where it is left out */
        this.paths = [];
        /** @type {FieldChoice[]} */
        this.choices = [];
        /** @type {Record<string, any>} */
        this.options = { has_headers: true, separator: "", quoting: '"', encoding: "", date_format: "", datetime_format: "", float_thousand_separator: ",", float_decimal_separator: ".", leave_out: [] };
        /** @type {ImportProblem[]} */
        this.problems = [];
        this.isTrial = false;
        this.isTried = false;
        this.isStopped = false;
        this.at = 0;
        this.startedAt = 0;
        this.startedFrom = 0;
        this.imported = 0;
        /** @type {number[]} */
        this.ids = [];
    }

    // -- the file ---------------------------------------------------------------------------------------------------

    /** @param {File} file */
    async take(file) {
        this.error = "";
        this.id = await this.doors.create({ res_model: this.resModel });
        await this.doors.upload(this.id, file);
        this.fileName = file.name;
        Object.assign(this.options, { separator: "", encoding: "", sheet: undefined, sheets: undefined, leave_out: [] });
        await this.preview();
    }

    /** Read the file again, as the options say now. */
    async preview() {
        const preview = await this.doors.call("parse_preview", [[this.id], { ...this.options, limit: PART }]);
        this.problems = [];
        this.isTried = false;
        this.error = preview.error || "";
        if (this.error) {
            return;
        }
        const { separator, encoding, sheet, sheets } = preview.options;
        Object.assign(this.options, { separator, encoding, sheet, sheets, column_formats: preview.column_formats });
        this.rows = preview.file_length;
        this.samples = preview.preview;
        this.headers = preview.headers.length ? preview.headers : this.samples.map((_values, index) => _t("Column %s", index + 1));
        this.choices = fieldChoices(preview.fields);
        this.paths = this.samples.map((_values, index) => (preview.matches[index] || []).join("/"));
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

    /** Fields by what was typed, first those that begin so; without a text those of the record itself. @param {string} text @returns {FieldChoice[]} */
    find(text) {
        const words = text.toLowerCase().split(/\s+/).filter(Boolean);
        if (!words.length) {
            return this.choices.filter(({ depth }) => depth === 0);
        }
        const found = this.choices.filter(({ label, path }) => words.every((word) => label.toLowerCase().includes(word)) || path === text);
        const rank = ({ label, depth }) => depth + (label.toLowerCase().startsWith(words[0]) ? 0 : 1);
        return [...found].sort((left, right) => rank(left) - rank(right));
    }

    get hasColumns() {
        return this.paths.some(Boolean);
    }

    // -- trial and import -------------------------------------------------------------------------------------------

    /** Try every row and keep none. */
    async try() {
        this.options.leave_out = [];
        await this.run(true, 0);
        if (!this.isStopped) {
            this.isTried = true;
        }
        this.step = "columns";
    }

    /** Import from the beginning, or from the row where an interrupted import stopped. */
    async import() {
        const { imported_to: start, imported_count } = await this.doors.reached(this.id);
        this.imported = imported_count;
        await this.run(false, start);
        const isWhole = this.at >= this.rows && !this.problems.some(({ isError }) => isError);
        this.step = isWhole ? "done" : this.at ? "paused" : "columns";
    }

    /** @param {boolean} isTrial @param {number} start */
    async run(isTrial, start) {
        Object.assign(this, { step: "running", isTrial, isStopped: false, problems: [], at: start, startedFrom: start, startedAt: this.doors.now() });
        try {
            while (!this.isStopped) {
                this.doors.onProgress?.(this);
                if (!(await this.runPart(isTrial))) {
                    return;
                }
            }
        } catch (error) {
            this.step = isTrial ? "columns" : "paused";
            throw error;
        }
    }

    /** @param {boolean} isTrial @returns {Promise<boolean>} whether there is more to do */
    async runPart(isTrial) {
        const options = { ...this.options, skip: this.at, limit: PART, with_tried_to: true };
        const paths = this.paths.map((path) => path || false);
        const answer = await this.doors.call("execute_import", [[this.id], paths, this.headers, options, isTrial]);
        const problems = answer.messages.map((message) => this.problemOf(message));
        this.problems.push(...problems);
        const isRefused = problems.some(({ isError }) => isError);
        if (isRefused && !isTrial) {
            return false;
        }
        if (!isTrial) {
            this.imported += (answer.ids || []).length;
            this.ids.push(...(answer.ids || []));
        }
        this.at = answer.tried_to ?? this.rows;
        return this.at < this.rows;
    }

    stop() {
        this.isStopped = true;
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
        return { row: message.rows ? message.rows.from : null, column, value: message.value ?? "", sentence: message.message, isError: message.type === "error" };
    }

    /** What stands beside a row for the eye of who has the file open: titles are the first line. @param {ImportProblem} problem */
    lineOf({ row }) {
        return row === null ? "" : row + (this.options.has_headers ? 2 : 1);
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
        const { id, resModel, title, context, fileName, rows, headers, paths, options, imported } = this;
        return { id, resModel, title, context, fileName, rows, headers, paths, options, imported };
    }

    /** @param {Record<string, any>} memory */
    recall(memory) {
        Object.assign(this, memory, { step: "paused" });
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
            choices.push({ path: steps.join("/"), label: names.join(" / "), isRequired: Boolean(node.required), depth: above.length });
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
