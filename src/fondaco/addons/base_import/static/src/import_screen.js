/** Importing, as one sees it: choose a file, say what its columns are, try, import. */
import { Component, onWillStart, useRef, useState, xml } from "@odoo/owl";
import { formatInteger } from "@web/core/formats";
import { _n, _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { session } from "@web/core/session";
import { Icon } from "@web/ui/icon/icon";
import { Layout } from "@web/views/layout";
import { ImportColumns } from "@base_import/import_columns";
import { ImportProblems } from "@base_import/import_problems";

const SEPARATORS = [["", _t("Found out")], [",", _t("Comma")], [";", _t("Semicolon")], ["\t", _t("Tab")], ["|", _t("Vertical bar")]];
const ENCODINGS = [["", _t("Found out")], ["utf-8", "UTF-8"], ["cp1252", "Windows-1252"], ["latin-1", "ISO 8859-1"], ["utf-16", "UTF-16"]];
const DATES = [["", _t("Found out")], ["%Y-%m-%d", "2026-12-31"], ["%d/%m/%Y", "31/12/2026"], ["%m/%d/%Y", "12/31/2026"], ["%d.%m.%Y", "31.12.2026"]];
const DECIMALS = [["", _t("Found out")], [".", "1,234.50"], [",", "1.234,50"]];
const LINES_ABOVE = Array.from({ length: 11 }, (_none, count) => [count, formatInteger(count)]);
/** Characters of a line that are enough to know it by. */
const QUOTED = 80;

export class ImportScreen extends Component {
    static template = xml`
        <Layout title="title" class="'f-import-view'">
            <t t-set-slot="buttons">
                <t t-if="job.step === 'columns'">
                    <button type="button" class="f-button" t-att-class="{'f-button-primary': !job.isTried}" data-hotkey="t" t-att-disabled="!job.hasColumns" t-on-click="() => this.imports.try()"><Icon name="'check'"/><span t-esc="texts.try"/></button>
                    <button t-if="canLeaveOut" type="button" class="f-button f-button-primary" t-on-click="() => this.imports.importWithout()" t-esc="withoutText"/>
                    <button t-else="" type="button" class="f-button" t-att-class="{'f-button-primary': job.isTried}" data-hotkey="s" t-att-disabled="!job.hasColumns or (job.isTried and !job.skipsFaulty and job.problems.some(p => p.isError))" t-on-click="() => this.imports.import()"><Icon name="'upload'"/><span t-esc="texts.import"/></button>
                    <button type="button" class="f-button" t-on-click="() => this.pick()" t-esc="texts.other"/>
                </t>
                <t t-elif="job.step === 'paused'">
                    <button type="button" class="f-button f-button-primary" t-on-click="() => this.imports.continue()"><Icon name="'upload'"/><span t-esc="texts.resume"/></button>
                    <button t-if="job.inBackground and job.faultyCount and !job.skipsFaulty" type="button" class="f-button" t-on-click="() => this.imports.continue(true)" t-esc="texts.goOnWithout"/>
                    <button type="button" class="f-button" t-on-click="() => this.begin()" t-esc="texts.giveUp"/>
                </t>
                <t t-elif="job.step === 'done'">
                    <button type="button" class="f-button f-button-primary" data-hotkey="s" t-on-click="() => this.show()" t-esc="texts.show"/>
                    <button type="button" class="f-button" t-on-click="() => this.begin()" t-esc="texts.another"/>
                </t>
            </t>
            <div class="f-import" t-on-dragover.prevent="() => this.state.isOver = true" t-on-dragleave="() => this.state.isOver = false" t-on-drop.prevent="onDrop">
                <input t-ref="file" type="file" hidden="hidden" accept=".csv,.tsv,.txt,.xlsx,.ods" t-on-change="(ev) => this.take(ev.target.files[0])"/>
                <p t-if="job.error" class="f-alert f-alert-danger" role="alert"><Icon name="'warning'"/><span t-esc="job.error"/></p>
                <section t-if="job.step === 'file'" class="f-drop" t-att-class="{'f-over': state.isOver}">
                    <Icon name="'upload'"/>
                    <h2 t-esc="texts.drop"/>
                    <button type="button" class="f-button f-button-primary" t-att-disabled="state.isUploading" t-on-click="() => this.pick()" t-esc="state.isUploading ? texts.uploading : texts.choose"/>
                    <p class="f-muted" t-esc="texts.kinds"/>
                    <p t-if="templates.length"><t t-foreach="templates" t-as="template" t-key="template_index"><a class="f-link" t-att-href="template.template" t-esc="template.label"/> </t></p>
                </section>
                <section t-elif="job.step === 'running'" class="f-import-progress" role="status">
                    <h2 t-esc="job.isTrial ? texts.trying : texts.importing"/>
                    <progress t-att-max="job.rows" t-att-value="job.at" t-att-aria-label="texts.progress"/>
                    <p t-esc="progressText"/>
                    <p t-if="job.inBackground and job.faulty" class="f-muted" t-esc="faultyText"/>
                    <t t-if="job.inBackground">
                        <p class="f-muted" t-esc="job.isWaiting ? texts.waiting : texts.background"/>
                        <button type="button" class="f-button" t-on-click="() => this.imports.stop()" t-esc="texts.stop"/>
                    </t>
                </section>
                <t t-elif="job.step === 'done'">
                    <section class="f-import-done" role="status">
                        <Icon name="'check'"/><h2 t-esc="doneText"/>
                        <p t-if="leftOut" class="f-muted" t-esc="leftOutText"/>
                    </section>
                    <ImportProblems t-if="job.problems.length" job="job"/>
                </t>
                <t t-elif="job.step === 'paused'"><p class="f-alert" role="status"><Icon name="'info'"/><span t-esc="pausedText"/></p><ImportProblems t-if="job.problems.length" job="job"/></t>
                <t t-else="">
                    <p t-if="job.isTried and !job.problems.length" class="f-alert f-alert-success" role="status"><Icon name="'check'"/><span t-esc="cleanText"/></p>
                    <p t-if="headingsText" class="f-alert f-import-headings" role="status"><Icon name="'info'"/><span t-esc="headingsText"/><button t-if="job.linesAbove" type="button" class="f-button" t-on-click="() => job.setOptions({ lines_above: job.linesAbove })" t-esc="texts.takeHeadings"/></p>
                    <ImportProblems t-if="job.problems.length" job="job"/>
                    <div class="f-import-file">
                        <p><strong t-esc="job.fileName"/> <span class="f-muted" t-esc="rowsText"/></p>
                        <details class="f-import-options"><summary t-esc="texts.options"/>
                            <div>
                                <label class="f-radio"><input type="checkbox" class="f-checkbox" name="has_headers" t-att-checked="job.options.has_headers" t-on-change="(ev) => job.setOptions({ has_headers: ev.target.checked })"/><span t-esc="texts.headers"/></label>
                                <label t-foreach="selects" t-as="choice" t-key="choice.name"><span t-esc="choice.label"/>
                                    <select class="f-input f-select" t-att-name="choice.name" t-on-change="(ev) => choice.set(ev.target.value)"><option t-foreach="choice.options" t-as="option" t-key="option[0]" t-att-value="option[0]" t-att-selected="option[0] === choice.value" t-esc="option[1]"/></select>
                                </label>
                            </div>
                        </details>
                    </div>
                    <label class="f-radio f-import-skips"><input type="checkbox" class="f-checkbox" name="skips_faulty" t-att-checked="job.skipsFaulty" t-on-change="(ev) => { job.skipsFaulty = ev.target.checked; }"/><span t-esc="texts.skips"/></label>
                    <ImportColumns job="job"/>
                </t>
            </div>
        </Layout>`;
    static components = { Layout, Icon, ImportColumns, ImportProblems };
    static props = ["*"];

    setup() {
        this.action = useService("action");
        this.imports = useService("import");
        this.notification = useService("notification");
        this.orm = useService("orm");
        /** @type {{el: any}} */
        this.file = useRef("file");
        this.state = useState({ isOver: false, isUploading: false });
        this.shared = useState(this.imports.state);
        this.templates = [];
        this.texts = {
            try: _t("Try"), import: _t("Import"), other: _t("Choose another file"), resume: _t("Go on"), giveUp: _t("Give up"), show: _t("Show the records"), another: _t("Import another file"),
            drop: _t("Drop a file here"), choose: _t("Choose a file"), uploading: _t("Uploading…"), kinds: _t("CSV, XLSX or ODS. The first line should name the columns."),
            trying: _t("Trying every row; nothing is kept"), importing: _t("Importing"), progress: _t("Rows done"), stop: _t("Stop"), background: _t("The server goes on with it by itself: you may work on meanwhile, or close the page and come back."),
            waiting: _t("It waits for its turn among the jobs of the server."), goOnWithout: _t("Leave them out and go on"),
            skips: _t("Leave out rows with problems and import all others; they come back as a file"),
            options: _t("How the file is read"), headers: _t("The first line names the columns"), takeHeadings: _t("Take that line"),
        };
        onWillStart(() => this.start());
    }

    /** The model comes with the action, or from what lies below in the breadcrumbs. */
    async start() {
        const { stack } = this.action;
        const below = stack[stack.length - 2]?.action;
        const params = this.props.action.params || {};
        const resModel = params.model || below?.res_model || this.imports.state.job?.resModel;
        if (!resModel) {
            await this.action.goHome();
            return;
        }
        const title = params.title || below?.name || resModel;
        await this.imports.jobFor({ resModel, title, context: params.context || {} });
        this.templates = await this.orm.silent.call(resModel, "get_import_templates");
    }

    /** @returns {import("@base_import/file_import").FileImport} */
    get job() {
        return this.shared.job;
    }

    get title() {
        return _t("Import: %s", this.job.title);
    }

    get canLeaveOut() {
        const { faultyCount, rows } = this.job;
        return faultyCount > 0 && faultyCount < rows;
    }

    get withoutText() {
        const { faultyCount } = this.job;
        return _n("Leave out %s row and import", "Leave out %s rows and import", faultyCount, formatInteger(faultyCount));
    }

    /** Why no column has a field, and what to do about it. */
    get headingsText() {
        const { headers, isUnnamed, hasColumns, linesAbove, likelyHeadings, rows } = this.job;
        if (!rows) {
            return _t("There is no row below the headings: nothing would be imported.");
        }
        if (isUnnamed && hasColumns) {
            return ""; // the user has chosen by now
        }
        const why = isUnnamed ? [_t("No column was recognised: the first line of the file is “%s”.", quoted(headers))] : [];
        if (linesAbove) {
            return [...why, _t("The headings seem to be in another line: “%s”.", quoted(likelyHeadings))].join(" ");
        }
        return [...why, ...(isUnnamed ? [_t("Choose the fields of the columns; or, if the headings are further down, say below “How the file is read” how many lines are above them.")] : [])].join(" ");
    }

    get rowsText() {
        return _n("%s row", "%s rows", this.job.rows, formatInteger(this.job.rows));
    }

    get cleanText() {
        return _n("The row can be imported.", "All %s rows can be imported.", this.job.rows, formatInteger(this.job.rows));
    }

    get progressText() {
        const { at, rows, secondsLeft } = this.job;
        const done = _t("%(done)s of %(all)s rows", { done: formatInteger(at), all: formatInteger(rows) });
        return secondsLeft < 1 ? done : `${done} · ${secondsLeft < 90 ? _n("about %s second left", "about %s seconds left", Math.ceil(secondsLeft)) : _n("about %s minute left", "about %s minutes left", Math.ceil(secondsLeft / 60))}`;
    }

    get doneText() {
        return _n("%s record imported", "%s records imported", this.job.imported, formatInteger(this.job.imported));
    }

    get leftOutText() {
        return _n("%s row with problems was left out.", "%s rows with problems were left out.", this.leftOut, formatInteger(this.leftOut));
    }

    get leftOut() {
        return this.job.inBackground ? this.job.faulty : this.job.options.leave_out.length;
    }

    get faultyText() {
        return _n("%s row with problems so far", "%s rows with problems so far", this.job.faulty, formatInteger(this.job.faulty));
    }

    get pausedText() {
        const { fileName, at, rows } = this.job;
        return _t("The import of %(file)s has stopped: %(done)s of %(all)s rows are in. It can go on where it stopped.", { file: fileName, done: formatInteger(at), all: formatInteger(rows) });
    }

    get selects() {
        const { job } = this;
        const { options } = job;
        const choices = [
            { name: "lines_above", label: _t("Filled lines above the headings"), options: LINES_ABOVE, value: options.lines_above, set: (value) => job.setOptions({ lines_above: Number(value) }) },
            { name: "date_format", label: _t("Dates"), options: DATES, value: options.date_format, set: (value) => job.setReading({ date_format: value }) },
            { name: "decimal", label: _t("Numbers"), options: DECIMALS, value: options.float_decimal_separator, set: (value) => job.setReading({ float_decimal_separator: value, float_thousand_separator: { ".": ",", ",": "." }[value] || "" }) },
        ];
        if (options.sheets) {
            return [{ name: "sheet", label: _t("Sheet"), options: options.sheets.map((sheet) => [sheet, sheet]), value: options.sheet, set: (value) => job.setOptions({ sheet: value }) }, ...choices];
        }
        return [
            { name: "separator", label: _t("Between columns"), options: SEPARATORS, value: options.separator, set: (value) => job.setOptions({ separator: value }) },
            { name: "encoding", label: _t("Characters"), options: ENCODINGS, value: options.encoding, set: (value) => job.setOptions({ encoding: value }) },
            ...choices,
        ];
    }

    pick() {
        this.file.el.click();
    }

    /** @param {DragEvent} event */
    onDrop(event) {
        this.state.isOver = false;
        this.take(event.dataTransfer?.files[0]);
    }

    /** @param {File|undefined} file */
    async take(file) {
        if (!file || this.job.step === "running") {
            return;
        }
        const limit = session.max_file_upload_size;
        if (limit && file.size > limit) {
            this.notification.add(_t("%(name)s is larger than the %(limit)s MB the server takes.", { name: file.name, limit: Math.floor(limit / 1e6) }), { type: "warning" });
            return;
        }
        this.begin();
        this.state.isUploading = true;
        try {
            await this.job.take(file);
        } finally {
            this.state.isUploading = false;
            this.file.el.value = "";
        }
    }

    /** A new import into the same model. */
    begin() {
        const { resModel, title, context } = this.job;
        this.imports.begin({ resModel, title, context });
    }

    async show() {
        const { id, resModel, ids, title, inBackground } = this.job;
        const domain = inBackground ? await this.orm.call("base_import.import", "imported_domain", [[id]]) : [["id", "in", ids]];
        await this.action.goBack();
        await this.action.doAction({ type: "ir.actions.act_window", res_model: resModel, name: _t("Imported: %s", title), domain, views: [[false, "list"], [false, "form"]] });
    }
}

/** A line of the file, as much as tells which. @param {string[]} cells @returns {string} */
function quoted(cells) {
    const text = cells.filter(Boolean).join(", ");
    return text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
}

registry.category("actions").add("import", ImportScreen);
