/** Cards on the page: a grid of them, or one column for each group. */
import { Component, onWillStart, useRef, useState, xml } from "@odoo/owl";
import { _t, stepAlong } from "@web/core/i18n";
import { useBus, useService } from "@web/core/services";
import { ErrorBoundary } from "@web/ui/error_boundary";
import { Icon } from "@web/ui/icon/icon";
import { useCardLifter } from "@web/views/kanban/card_lifter";
import { ColumnMover } from "@web/views/kanban/column_mover";
import { KanbanColumn } from "@web/views/kanban/kanban_column";
import { getKanbanRecord } from "@web/views/kanban/kanban_record";
import { LineAdders } from "@web/views/line_adders";
import { NewColumn } from "@web/views/kanban/new_column";
import { openQuickForm } from "@web/views/kanban/quick_create";

/** So many colours have a number; the first is none. */
const COLORS = 12;
const NO_RIGHTS = { create: false, write: false, unlink: false };

export class KanbanRenderer extends Component {
    static template = xml`
        <div class="f-kanban" t-ref="root" t-att-class="{'f-kanban-grouped': props.list.isGrouped, 'f-kanban-in-form': props.isInForm}" t-on-keydown="onKeydown">
            <div t-if="props.isInForm and props.addLine" class="f-line-adders"><LineAdders adders="props.arch.adders" above="props.above" add="props.addLine" text="addText" look="'f-button f-button-small'" hasSign="true"/></div>
            <t t-if="props.list.isGrouped">
                <KanbanColumn t-foreach="props.list.groups" t-as="group" t-key="group.value" group="group" arch="props.arch" rights="state.rights" move="mover" isInForm="props.isInForm" canDrop="(group) => this.mover.carried ? this.mover.isGoal(group) : this.canDrop(group)" drop="(group) => this.drop(group)"
                              quickCreate="this.mayCreateIn(group) ? (group) => this.quickCreate(group) : undefined" isCreating="state.creatingIn === group.value" closeQuickCreate="() => this.closeQuickCreate()" created="() => props.list.reload()">
                    <t t-foreach="group.list.records" t-as="record" t-key="record.id">
                        <article class="f-card" tabindex="0" t-att-draggable="canDrop(group) ? 'true' : undefined" t-att-data-id="record.id" t-att-data-color="colorOf(record)" t-on-dragstart="() => { this.dragged = record; }" t-on-dragend="() => { this.dragged = null; }" t-on-click="(ev) => this.onClick(ev, record)"><ErrorBoundary onFailed="isFirstFailure"><t t-component="Card" record="record" arch="props.arch" readonly="props.readonly" onAction="(info, record) => this.onAction(info, record)"/><t t-set-slot="failed"><p role="alert" t-esc="failedText"/></t></ErrorBoundary></article>
                    </t>
                </KanbanColumn>
                <NewColumn t-if="state.rights.create and mayAddColumns" list="props.list" arch="props.arch" field="groupField"/>
            </t>
            <article t-else="" t-foreach="props.list.records" t-as="record" t-key="record.id" class="f-card" tabindex="0" t-att-data-id="record.id" t-att-data-color="colorOf(record)" t-on-click="(ev) => this.onClick(ev, record)">
                <ErrorBoundary onFailed="isFirstFailure"><t t-component="Card" record="record" arch="props.arch" readonly="props.readonly" onAction="(info, record) => this.onAction(info, record)"/><t t-set-slot="failed"><p role="alert" t-esc="failedText"/></t></ErrorBoundary>
            </article>
            <p t-if="props.list.isGrouped" class="f-ear" role="status" t-esc="state.said"/>
        </div>`;
    static components = { ErrorBoundary, Icon, KanbanColumn, LineAdders, NewColumn };
    static props = ["list", "arch", "openRecord?", "removeLine?", "isInForm?", "*"];

    setup() {
        this.deletion = useService("record_deletion");
        this.dialog = useService("dialog");
        this.orm = useService("orm");
        this.root = useRef("root");
        /** The record whose card the mouse carries. */
        this.dragged = null;
        this.addText = _t("Add");
        this.failedText = _t("This could not be shown.");
        // one template paints all: why a card fails is told once
        let hasFailed = false;
        this.isFirstFailure = () => !hasFailed && (hasFailed = true);
        useCardLifter({
            root: this.root,
            loadOf: (card) => {
                const { group, record } = this.placeOf(card.dataset.id);
                return this.canDrop(group) ? record : undefined;
            },
            goalOf: (column) => {
                const group = this.props.list.groups?.[column];
                return this.canDrop(group) ? group : undefined;
            },
            put: (record, group) => this.putCard(record, group),
        });
        this.mover = new ColumnMover(this.props.list, { mayMove: () => this.props.arch.mayDragGroups && this.state.rights.write, said: (said) => Object.assign(this.state, { said }) });
        /** The grouping whose rights are known. */
        this.askedFor = undefined;
        this.state = useState({ creatingIn: /** @type {any} */ (undefined), rights: NO_RIGHTS, said: "" });
        useBus(this.props.list.model.bus, "QUICK_CREATE", ({ detail }) => this.quickCreateOr(detail.otherwise));
        useBus(this.props.list.model.bus, "update", () => this.askRights());
        onWillStart(() => this.askRights());
    }

    get Card() {
        return getKanbanRecord(this.props.arch);
    }

    /** @param {any} record @returns {number|undefined} */
    colorOf(record) {
        const color = record.data[this.props.arch.colorField];
        return typeof color === "number" && color > 0 ? color % COLORS : undefined;
    }

    get groupField() {
        const { list } = this.props;
        return list.isGrouped ? list.fields[list.query.groupBy[0].split(":")[0]] : undefined;
    }

    /** Whether a record can be given the value that the group stands for. */
    isPlace(group) {
        return Boolean(group?.field) && !group.field.readonly && ["many2one", "selection"].includes(group.field.type);
    }

    canDrop(group) {
        return this.props.arch.mayDrag && this.isPlace(group);
    }

    // -- what is begun here -----------------------------------------------------------------------------------------

    /** What the user may do with what the columns stand for; asked once for each grouping. */
    async askRights() {
        const field = this.groupField;
        if (field === this.askedFor) {
            return;
        }
        this.askedFor = field;
        const isAsked = field?.type === "many2one" && !this.props.isInForm;
        const [create, write, unlink] = isAsked ? await Promise.all(["create", "write", "unlink"].map((right) => this.orm.call(field.relation, "has_access", [[], right]))) : [];
        this.state.rights = { create: Boolean(create), write: Boolean(write), unlink: Boolean(unlink) };
    }

    get mayAddColumns() {
        const { arch, list } = this.props;
        return Boolean(this.groupField) && !this.groupField.readonly && arch.mayCreateGroups && arch.defaultGroupBy[0] === list.query.groupBy[0];
    }

    mayCreateIn(group) {
        const { arch } = this.props;
        return this.isPlace(group) && arch.mayCreateQuickly && arch.activeActions.create;
    }

    /** @param {() => any} otherwise where no column takes it */
    quickCreateOr(otherwise) {
        const group = (this.props.list.groups || []).find((known) => known.isOpen && this.mayCreateIn(known));
        return group ? this.quickCreate(group) : otherwise();
    }

    /** @param {any} group */
    quickCreate(group) {
        const { arch, list } = this.props;
        if (arch.quickCreateView) {
            openQuickForm(this.dialog, group, { ...list.context, ...group.defaults }, arch.quickCreateView, () => list.reload());
        } else {
            this.state.creatingIn = group.value;
        }
    }

    closeQuickCreate() {
        this.state.creatingIn = undefined;
    }

    // -- cards that go elsewhere ------------------------------------------------------------------------------------

    async drop(group) {
        const { dragged, mover } = this;
        this.dragged = null;
        if (mover.carried) {
            await mover.put(group);
            return;
        }
        if (dragged) {
            await this.putCard(dragged, group);
        }
    }

    /** What was read again while the card was carried may be without it, or without the column: it stays then. @param {any} carried @param {any} goal */
    async putCard(carried, goal) {
        const { group, record } = this.placeOf(String(carried.id));
        const target = (this.props.list.groups || []).find(({ groupBy, value }) => groupBy === goal.groupBy && value === goal.value);
        if (record && target && target !== group) {
            await this.moveCard(record, target);
        }
    }

    /** @param {any} record @param {any} group */
    async moveCard(record, group) {
        const { list } = this.props;
        await list.model.orm.write(list.resModel, [record.resId], { [group.groupBy]: group.value }, { context: list.context });
        await list.reload();
        this.state.said = _t("Moved to %s", group.name);
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
            await (this.props.isInForm ? this.removeLine(record) : this.deleteCard(record));
        } else {
            await this.env.onClickViewButton({ info, record });
        }
    }

    /** @param {any} record */
    async removeLine(record) {
        const { arch, removeLine } = this.props;
        if (!record.isTrue(arch.keepsLine)) {
            await removeLine?.(record);
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
        if (event.ctrlKey || event.metaKey) {
            this.onMoveKey(event, card);
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

    /** The group a card stands in, and its record. @param {string|undefined} cardId */
    placeOf(cardId) {
        const find = (group) => group.list.records.find(({ id }) => String(id) === cardId);
        const group = (this.props.list.groups || []).find(find);
        return { group, record: group && find(group) };
    }

    /** Ctrl and an arrow put a card into the next column. @param {KeyboardEvent} event @param {HTMLElement} card */
    async onMoveKey(event, card) {
        const { groups } = this.props.list;
        const { group, record } = this.placeOf(card.dataset.id);
        const target = group && groups[groups.indexOf(group) + stepAlong(event.key)];
        if (!target || target === group || !this.canDrop(target)) {
            return;
        }
        event.preventDefault();
        await this.moveCard(record, target);
        /** @type {HTMLElement|null|undefined} */ (this.root.el?.querySelector(`.f-card[data-id="${record.resId}"]`))?.focus();
    }
}
