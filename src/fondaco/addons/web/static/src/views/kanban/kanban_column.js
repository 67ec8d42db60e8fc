/** One column of a grouped kanban: its name, its bar, what is begun in it, its cards. */
import { Component, useState, xml } from "@odoo/owl";
import { formatValue } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { Icon } from "@web/ui/icon/icon";
import { ColumnMenu } from "@web/views/kanban/column_menu";
import { QuickCreate } from "@web/views/kanban/quick_create";

export class KanbanColumn extends Component {
    static template = xml`
        <section class="f-column" t-att-class="{'f-column-folded': !group.isOpen, 'f-drop-here': state.isOver}" t-att-aria-label="group.name" t-att-data-value="group.value"
                 t-on-dragover="(ev) => this.onDragOver(ev)" t-on-dragleave="(ev) => this.onDragLeave(ev)" t-on-drop="(ev) => this.onDrop(ev)">
            <div class="f-column-head" t-att-draggable="props.move.isPossible(group) ? 'true' : undefined" t-on-dragstart="() => props.move.lift(group)" t-on-dragend="() => props.move.letGo()">
            <h2 class="f-column-title">
                <button type="button" t-att-aria-expanded="group.isOpen ? 'true' : 'false'" t-on-click="() => group.toggle()"><Icon name="group.isOpen ? 'chevron-down' : 'chevron-right'"/><span t-esc="group.name"/></button>
                <span class="f-count" t-esc="total"/>
                <button t-if="props.quickCreate and group.isOpen" type="button" class="f-column-add" name="quick_create" t-att-title="addText" t-att-aria-label="addText" t-on-click="() => props.quickCreate(group)"><Icon name="'plus'"/></button>
            </h2>
            <ColumnMenu t-if="group.isOpen and !props.isInForm" group="group" arch="props.arch" rights="props.rights" move="props.move"/>
            </div>
            <div t-if="parts.length and group.isOpen" class="f-column-bar" role="group" t-att-aria-label="barText">
                <button t-foreach="parts" t-as="part" t-key="part.value" type="button" t-attf-class="f-bar-{{part.tone}}" t-attf-style="flex-grow:{{part.count}}" t-att-aria-pressed="part.isShown ? 'true' : 'false'"
                        t-att-title="part.text" t-att-aria-label="part.text" t-on-click="() => group.showOnly(part.value)"/>
            </div>
            <QuickCreate t-if="props.isCreating and group.isOpen" group="group" close="props.closeQuickCreate" created="props.created"/>
            <t t-if="group.isOpen" t-slot="default"/>
            <button t-if="group.isOpen and left gt 0" type="button" class="f-button f-button-link" t-on-click="() => this.showMore()" t-esc="moreText"/>
        </section>`;
    static components = { ColumnMenu, Icon, QuickCreate };
    static props = ["group", "arch", "rights", "move", "isInForm?", "canDrop", "drop", "quickCreate?", "isCreating?", "closeQuickCreate?", "created?", "slots"];

    setup() {
        this.state = useState({ isOver: false });
        this.barText = _t("Show only a part");
    }

    get group() {
        return this.props.group;
    }

    get addText() {
        return _t("New in %s", this.group.name);
    }

    /** The sum that the bar names, else how many. */
    get total() {
        const name = this.props.arch.progressBar?.sumField;
        const value = name && this.group.aggregates[name];
        return typeof value === "number" ? formatValue(this.group.list.fields[name], value) : this.group.count;
    }

    /** @returns {{value: string, tone: string, count: number, text: string, isShown: boolean}[]} parts of the bar that have records */
    get parts() {
        const { progressBar } = this.props.arch;
        const field = progressBar && this.group.list.fields[progressBar.field];
        if (!field) {
            return [];
        }
        const labels = new Map(field.selection || []);
        const counted = Object.entries(progressBar.tones).filter(([value]) => this.group.progress[value]);
        return counted.map(([value, tone]) => {
            const count = this.group.progress[value];
            return { value, tone, count, text: `${labels.get(value) || value}: ${count}`, isShown: this.group.shownValue === value };
        });
    }

    get left() {
        return this.group.list.count - this.group.list.records.length;
    }

    get moreText() {
        return _t("Show more");
    }

    async showMore() {
        const { list } = this.group;
        await list.load(list.query, { limit: list.limit + 80 });
    }

    /** @param {DragEvent} event */
    onDragOver(event) {
        if (this.props.canDrop(this.group)) {
            event.preventDefault();
            this.state.isOver = true;
        }
    }

    /** @param {DragEvent} event */
    onDragLeave(event) {
        this.state.isOver = /** @type {Element} */ (event.currentTarget).contains(/** @type {Node|null} */ (event.relatedTarget));
    }

    /** @param {DragEvent} event */
    onDrop(event) {
        event.preventDefault();
        this.state.isOver = false;
        this.props.drop(this.group);
    }
}
