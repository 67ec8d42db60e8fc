/** What is wrong with which row: to read, to take along as a file, or to leave out. */
import { Component, xml } from "@odoo/owl";
import { download } from "@web/core/download";
import { formatInteger } from "@web/core/formats";
import { _n, _t } from "@web/core/i18n";
import { Icon } from "@web/ui/icon/icon";

const SHOWN = 100;

export class ImportProblems extends Component {
    static template = xml`
        <section class="f-import-problems" role="alert" t-att-aria-label="texts.problems">
            <div class="f-import-problems-head">
                <Icon name="'warning'"/><h2 t-esc="heading"/>
                <button t-if="job.faultyCount" type="button" class="f-button f-button-small" t-on-click="() => this.download()"><Icon name="'download'"/><span t-esc="texts.download"/></button>
            </div>
            <p t-if="job.faultyCount" class="f-muted" t-esc="texts.hint"/>
            <ul t-if="general.length"><li t-foreach="general" t-as="problem" t-key="problem_index" t-esc="problem.sentence"/></ul>
            <table t-if="byRow.length">
                <thead><tr><th scope="col" class="f-number" t-esc="texts.row"/><th scope="col" t-esc="texts.column"/><th scope="col" t-esc="texts.problem"/></tr></thead>
                <tbody><tr t-foreach="byRow.slice(0, shown)" t-as="problem" t-key="problem_index"><td class="f-number" t-esc="job.lineOf(problem)"/><td t-esc="problem.column"/><td><t t-esc="problem.sentence"/></td></tr></tbody>
            </table>
            <p t-if="unseen gt 0" class="f-muted" t-esc="more"/>
        </section>`;
    static components = { Icon };
    static props = ["job"];

    setup() {
        this.shown = SHOWN;
        this.texts = {
            problems: _t("Problems"), row: _t("Line"), column: _t("Field"), problem: _t("Problem"), download: _t("Rows with problems"),
            hint: _t("Take these rows along as a file, put them right there, and import that file; or correct your own file and choose it again."),
        };
    }

    get job() {
        return this.props.job;
    }

    get general() {
        return this.job.problems.filter(({ row }) => row === null);
    }

    get byRow() {
        return this.job.problems.filter(({ row }) => row !== null);
    }

    get heading() {
        const count = this.job.faultyCount;
        return count === 0 ? _t("Something to know") : _n("%s row cannot be imported", "%s rows cannot be imported", count, formatInteger(count));
    }

    /** The server tells the first of them; the file has them all. */
    get unseen() {
        return Math.max(this.byRow.length, this.job.faultyCount) - Math.min(this.byRow.length, SHOWN);
    }

    get more() {
        return _t("and %s more: the file has them all.", formatInteger(this.unseen));
    }

    async download() {
        const { id, options, problems, inBackground } = this.job;
        if (inBackground) {
            await download("/base_import/faulty_rows", { data: JSON.stringify({ id }) });
            return;
        }
        const told = problems.filter(({ isError, row }) => isError && row !== null).map(({ row, column, sentence }) => [row, column ? `${column}: ${sentence}` : sentence]);
        await download("/base_import/faulty_rows", { data: JSON.stringify({ id, options, problems: told }) });
    }
}
