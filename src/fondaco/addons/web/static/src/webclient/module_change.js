/** Installing, upgrading and removing apps: first what would happen, then, if that is wanted, how far it is. */
import { Component, onWillStart, useState, xml } from "@odoo/owl";
import { follow } from "@web/core/download";
import { formatInteger } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { Dialog } from "@web/ui/dialog/dialog";
import { Icon } from "@web/ui/icon/icon";

/** @typedef {"install"|"upgrade"|"uninstall"} Kind */

const SENTENCES = {
    install: { title: (name) => _t("Install %s", name), action: _t("Install"), done: (name) => _t("%s is installed.", name), running: _t("Installing"), others: _t("These come along:") },
    upgrade: { title: (name) => _t("Upgrade %s", name), action: _t("Upgrade"), done: (name) => _t("%s is upgraded.", name), running: _t("Upgrading"), others: _t("These are upgraded too, as they build on it:") },
    uninstall: { title: (name) => _t("Remove %s", name), action: _t("Remove"), done: (name) => _t("%s is removed.", name), running: _t("Removing"), others: _t("These go too, as they need it:") },
};

export class ModuleChangeDialog extends Component {
    static template = xml`
        <Dialog title="words.title(props.name)" size="'md'" close="() => this.close()" footer="!['planning', 'running'].includes(state.step)">
            <div class="f-change" aria-live="polite">
                <p t-if="state.step === 'planning'" class="f-muted" t-esc="texts.planning"/>
                <t t-elif="state.step === 'plan'">
                    <t t-if="others.length"><p t-esc="words.others"/>
                        <ul class="f-change-modules"><li t-foreach="others" t-as="step" t-key="step.name"><strong t-esc="step.label"/> <span class="f-muted" t-esc="step.why"/></li></ul>
                    </t>
                    <p t-else="" t-esc="texts.alone"/>
                    <div t-if="plan.lost.length" class="f-alert f-alert-danger"><Icon name="'warning'"/><span><t t-esc="texts.lost"/><ul><li t-foreach="plan.lost" t-as="lost" t-key="lost_index"><t t-esc="lost.label"/>: <strong t-esc="format(lost.count)"/></li></ul></span></div>
                    <details t-if="plan.tables.length or plan.records.length or plan.notes.length"><summary t-esc="texts.details"/>
                        <ul class="f-change-details">
                            <li t-foreach="plan.notes" t-as="note" t-key="'note' + note_index" t-esc="note"/>
                            <li t-foreach="plan.records" t-as="group" t-key="'records' + group_index"><t t-esc="group.label"/>: <t t-esc="group.count"/></li>
                            <li t-foreach="plan.tables" t-as="table" t-key="'table' + table_index" t-esc="table"/>
                        </ul>
                    </details>
                    <label t-if="plan.lost.length" class="f-radio"><input type="checkbox" class="f-checkbox" name="sure" t-model="state.isSure"/><span t-esc="texts.sure"/></label>
                </t>
                <t t-elif="state.step === 'running'">
                    <progress t-att-max="state.total or undefined" t-att-value="state.total ? state.done : undefined" t-att-aria-label="words.running"/>
                    <p><strong t-esc="words.running"/> <span class="f-muted" t-esc="state.text"/></p>
                    <p class="f-muted" t-esc="texts.wait"/>
                </t>
                <p t-elif="state.step === 'done'" class="f-change-done"><Icon name="'check'"/> <t t-esc="words.done(props.name)"/></p>
                <p t-else="" class="f-alert f-alert-danger" role="alert"><Icon name="'warning'"/><span t-esc="state.problem"/></p>
            </div>
            <t t-set-slot="footer">
                <t t-if="state.step === 'plan'">
                    <button type="button" class="f-button" t-att-class="props.kind === 'uninstall' ? 'f-button-danger' : 'f-button-primary'" t-att-disabled="plan.lost.length and !state.isSure" t-on-click="() => this.run()" t-esc="words.action"/>
                    <button type="button" class="f-button" t-on-click="() => this.close()" t-esc="texts.cancel"/>
                </t>
                <t t-elif="state.step === 'done'">
                    <button type="button" class="f-button f-button-primary" autofocus="autofocus" t-on-click="() => this.reload('/odoo')" t-esc="texts.home"/>
                    <button type="button" class="f-button" t-on-click="() => this.reload()" t-esc="texts.stay"/>
                </t>
                <button t-elif="state.step === 'failed'" type="button" class="f-button" t-on-click="() => this.close()" t-esc="texts.close"/>
            </t>
        </Dialog>`;
    static components = { Dialog, Icon };
    static props = ["id", "name", "kind", "close"];

    format = formatInteger;

    setup() {
        this.orm = useService("orm");
        this.words = SENTENCES[/** @type {Kind} */ (this.props.kind)];
        this.texts = {
            planning: _t("Looking what this would do…"), alone: _t("No other app is concerned."), lost: _t("This deletes for good:"), details: _t("What changes in the database"),
            sure: _t("I know that this cannot be undone"), cancel: _t("Cancel"), wait: _t("You may leave this page; it goes on."), home: _t("Go to the apps"), stay: _t("Stay here"), close: _t("Close"),
        };
        this.state = useState({ step: "planning", isSure: false, text: "", done: 0, total: 0, problem: "" });
        this.plan = { steps: [], tables: [], records: [], lost: [], notes: [] };
        onWillStart(() => {
            this.makePlan();
        });
    }

    async makePlan() {
        const { id, kind, close } = this.props;
        try {
            this.plan = await this.orm.call("ir.module.module", "change_plan", [[id], kind]);
            this.state.step = "plan";
        } catch (error) {
            close();
            throw error;
        }
    }

    get others() {
        return this.plan.steps.filter(({ label }) => label !== this.props.name);
    }

    async run() {
        const { id, kind } = this.props;
        this.state.step = "running";
        try {
            await follow("/web/apps/change", { data: JSON.stringify({ kind, ids: [id] }) }, (line) => this.hear(line));
        } catch (error) {
            this.hear({ error: error.message });
        }
        if (this.state.step === "running") {
            this.hear({ error: _t("The server stopped telling how far it is. Reload the page to see what it has done.") });
        }
    }

    /** @param {{text?: string, done?: number, total?: number, error?: string, result?: true}} line */
    hear({ text = "", done = 0, total = 0, error, result }) {
        if (error) {
            Object.assign(this.state, { step: "failed", problem: error });
        } else if (result) {
            this.state.step = "done";
        } else {
            Object.assign(this.state, { text, done, total });
        }
    }

    close() {
        if (this.state.step === "done" || this.state.step === "failed") {
            this.reload();
        } else {
            this.props.close();
        }
    }

    /** Apps bring their own code for the page. @param {string} [url] */
    reload(url) {
        if (url) {
            window.location.assign(url);
        } else {
            window.location.reload();
        }
    }
}

/** @param {Kind} kind */
const button = (kind) => (env, record) => env.services.dialog.add(ModuleChangeDialog, { id: record.resId, name: record.data.shortdesc, kind });

const buttons = registry.category("buttons");
buttons.add("ir.module.module.button_immediate_install", button("install"));
buttons.add("ir.module.module.button_immediate_upgrade", button("upgrade"));
buttons.add("ir.module.module.button_uninstall_wizard", button("uninstall"));
