/** A further column of a grouped kanban: a record of what the cards are grouped by. Whole sets of them come from examples. */
import { Component, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { Dialog } from "@web/ui/dialog/dialog";
import { Icon } from "@web/ui/icon/icon";
import { NameForm } from "@web/views/kanban/quick_create";

/**
 * Sets of columns that addons propose: `registry.category("kanban_examples").add("boats", { examples: [{ name, columns,
 * description? }] })`, named by `examples="boats"` in the arch.
 */
const kanbanExamples = registry.category("kanban_examples");

/** Sets of columns, one of which is taken. */
export class ExamplesDialog extends Component {
    static template = xml`
        <Dialog title="texts.title" size="'lg'" close="props.close">
            <ul class="f-examples">
                <li t-foreach="props.examples" t-as="example" t-key="example_index">
                    <h3 t-esc="example.name"/>
                    <p t-if="example.description" t-esc="example.description"/>
                    <ol><li t-foreach="example.columns" t-as="column" t-key="column_index" t-esc="column"/></ol>
                    <button type="button" class="f-button" t-on-click="() => this.take(example)" t-esc="texts.use"/>
                </li>
            </ul>
        </Dialog>`;
    static components = { Dialog };
    static props = ["examples", "take", "close"];

    setup() {
        this.texts = { title: _t("Examples of columns"), use: _t("Use these columns") };
    }

    take(example) {
        this.props.close();
        return this.props.take(example.columns);
    }
}

export class NewColumn extends Component {
    static template = xml`
        <section class="f-column f-column-new" t-att-aria-label="texts.add">
            <NameForm t-if="state.isOpen" label="texts.name" onName="(name) => this.create([name])" close="() => { state.isOpen = false; }"/>
            <button t-else="" type="button" class="f-button f-button-quiet" name="new_column" t-on-click="() => { state.isOpen = true; }"><Icon name="'plus'"/><span t-esc="texts.add"/></button>
            <button t-if="examples.length" type="button" class="f-button f-button-link" name="examples" t-on-click="() => this.showExamples()" t-esc="texts.examples"/>
        </section>`;
    static components = { Icon, NameForm };
    static props = ["list", "arch", "field"];

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.state = useState({ isOpen: false });
        this.texts = { add: _t("Add a column"), name: _t("Name of the column"), examples: _t("See examples") };
    }

    get examples() {
        return kanbanExamples.get(this.props.arch.examples, null)?.examples || [];
    }

    showExamples() {
        this.dialog.add(ExamplesDialog, { examples: this.examples, take: (columns) => this.create(columns) });
    }

    /** @param {string[]} names */
    async create(names) {
        const { list, field } = this.props;
        for (const name of names) {
            await this.orm.call(field.relation, "name_create", [name], { context: list.context });
        }
        await list.reload();
    }
}
