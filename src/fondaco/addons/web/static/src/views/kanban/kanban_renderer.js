/** Cards on the page: a grid of them, or one column for each group. */
import { Component, useRef, xml } from "@odoo/owl";
import { stepAlong } from "@web/core/i18n";
import { useService } from "@web/core/services";
import { Icon } from "@web/ui/icon/icon";
import { getKanbanRecord } from "@web/views/kanban/kanban_record";

export class KanbanRenderer extends Component {
    static template = xml`
        <div class="f-kanban" t-ref="root" t-att-class="{'f-kanban-grouped': props.list.isGrouped, 'f-kanban-in-form': props.isInForm}" t-on-keydown="onKeydown">
            <t t-if="props.list.isGrouped">
                <section t-foreach="props.list.groups" t-as="group" t-key="group_index" class="f-column" t-att-aria-label="group.name" t-on-dragover="(ev) => this.canDrop(group) and ev.preventDefault()" t-on-drop="(ev) => this.onDrop(ev, group)">
                    <h2 class="f-column-title"><button type="button" t-att-aria-expanded="group.isOpen ? 'true' : 'false'" t-on-click="() => group.toggle()"><Icon name="group.isOpen ? 'chevron-down' : 'chevron-right'"/><span t-esc="group.name"/></button><span class="f-count" t-esc="group.count"/></h2>
                    <t t-if="group.isOpen" t-foreach="group.list.records" t-as="record" t-key="record.id">
                        <article class="f-card" tabindex="0" t-att-draggable="canDrag ? 'true' : undefined" t-att-data-id="record.id" t-on-dragstart="() => this.dragged = { record, group }" t-on-click="(ev) => this.onClick(ev, record)"><t t-component="Card" record="record" arch="props.arch" onAction="(info, record) => this.onAction(info, record)"/></article>
                    </t>
                </section>
            </t>
            <article t-else="" t-foreach="props.list.records" t-as="record" t-key="record.id" class="f-card" tabindex="0" t-att-data-id="record.id" t-on-click="(ev) => this.onClick(ev, record)">
                <t t-component="Card" record="record" arch="props.arch" onAction="(info, record) => this.onAction(info, record)"/>
            </article>
        </div>`;
    static components = { Icon };
    static props = ["list", "arch", "openRecord?", "removeLine?", "isInForm?", "*"];

    setup() {
        this.deletion = useService("record_deletion");
        this.root = useRef("root");
        /** @type {{record: any, group: any}|null} */
        this.dragged = null;
    }

    get Card() {
        return getKanbanRecord(this.props.arch.template);
    }

    get canDrag() {
        return this.canDrop(this.props.list.groups[0]);
    }

    canDrop(group) {
        return Boolean(group?.field) && !group.field.readonly && ["many2one", "selection"].includes(group.field.type);
    }

    async onDrop(event, group) {
        event.preventDefault();
        const dragged = this.dragged;
        this.dragged = null;
        if (!dragged || dragged.group === group) {
            return;
        }
        const { list } = this.props;
        await list.model.orm.write(list.resModel, [dragged.record.resId], { [group.groupBy]: group.value }, { context: list.context });
        await list.reload();
    }

    /** @param {MouseEvent} event @param {any} record */
    onClick(event, record) {
        if (!/** @type {Element} */ (event.target).closest("a, button, input")) {
            this.props.openRecord?.(record);
        }
    }

    async onAction(info, record) {
        if (info.type === "open" || info.type === "edit") {
            this.props.openRecord?.(record);
        } else if (info.type === "delete") {
            await (this.props.isInForm ? this.props.removeLine?.(record) : this.deleteCard(record));
        } else {
            await this.env.onClickViewButton({ info, record });
        }
    }

    /** @param {any} record */
    async deleteCard(record) {
        const { list } = this.props;
        if (await this.deletion.ask({ resModel: list.resModel, ids: [record.resId], name: record.data.display_name || record.data.name, context: list.context })) {
            await list.reload();
        }
    }

    /** @param {KeyboardEvent} event */
    onKeydown(event) {
        const card = /** @type {HTMLElement} */ (event.target);
        if (!card.matches(".f-card")) {
            return;
        }
        const cards = /** @type {HTMLElement[]} */ ([...this.root.el.querySelectorAll(".f-card")]);
        const at = cards.indexOf(card);
        const step = stepAlong(event.key) || { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step) {
            event.preventDefault();
            cards[at + step]?.focus();
        } else if (event.key === "Enter") {
            card.click();
        }
    }
}
