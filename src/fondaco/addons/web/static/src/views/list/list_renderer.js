/**
 * A list on the page: headings that sort, rows that open, lines edited in place, groups that unfold.
 *
 * It talks to the list of the model and asks its owner (a controller or an x2many field) for everything else.
 */
import { Component, onPatched, useRef, xml } from "@odoo/owl";
import { Once } from "@web/core/concurrency";
import { formatValue } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { useBus } from "@web/core/services";
import { Field } from "@web/fields/field";
import { restore, takeSnapshot } from "@web/model/snapshot";
import { Dropdown, DropdownItem } from "@web/ui/dropdown/dropdown";
import { Icon } from "@web/ui/icon/icon";
import { LineAdders } from "@web/views/line_adders";
import { ViewButton } from "@web/views/view_button";
import { useColumnHeadings } from "@web/views/list/column_headings";
import { arrange, ColumnLayout, keyOf } from "@web/views/list/column_layout";
import { GroupHead } from "@web/views/list/group_head";
import { LIST_TEMPLATE } from "@web/views/list/list_template";
import { useRowLeaver } from "@web/views/list/row_leaver";
import { useRowMover } from "@web/views/list/row_mover";
import { useRowWindow } from "@web/views/list/row_window";
import { spanOfName, totalOf, totalOfGroup } from "@web/views/list/totals";

const NAMES = new Set(["name", "display_name", "complete_name"]);

export class ListRenderer extends Component {
    static template = xml`${LIST_TEMPLATE}`;
    static components = { Field, Dropdown, DropdownItem, Icon, GroupHead, LineAdders, ViewButton };
    static props = ["list", "arch", "openRecord?", "urlOf?", "editable?", "readonly?", "isInForm?", "isSelectable?", "addLine?", "saveRow?", "removeLine?", "parent?", "above?", "empty?", "label?", "layoutKey?"];

    setup() {
        this.table = useRef("table");
        this.layout = new ColumnLayout(this.props.layoutKey || this.props.list.resModel, this.props.arch.columns);
        this.rowWindow = useRowWindow(this.table, () => this.render());
        this.headings = useColumnHeadings({ table: this.table, layout: this.layout, columns: () => this.columns, isLong: () => this.rowWindow.isLong, repaint: () => this.render() });
        this.mover = useRowMover({ table: this.table, mayMove: () => this.mayMove, put: (...place) => this.putRow(...place) });
        this.leaver = useRowLeaver({ finish: (isStaying) => this.finishRow(isStaying), isOutside: (target) => this.isOutside(target), isInside: () => Boolean(document.activeElement?.closest("tr.f-edited")) });
        this.said = "";
        /** The row that has the focus, or gets it with the next painting. */
        this.focusedKey = "";
        this.rowToFocus = "";
        this.editedRecord = null;
        /** What the edited row was before; null for one that began with this editing. @type {import("@web/model/snapshot").Snapshot|null} */
        this.before = null;
        this.toFocus = "";
        this.adding = new Once();
        this.texts = { all: _t("Select all"), columns: _t("Columns"), remove: _t("Remove line"), add: _t("Add a line"), open: _t("Open"), select: _t("Select"), actions: _t("Actions"), reset: _t("Columns as they were"), edge: _t("Pull to change the width; press twice to fit") };
        useBus(this.props.list.model.bus, "EDIT", (event) => this.edit(event.detail.record));
        useBus(this.props.list.model.bus, "LEAVE_ROW", ({ detail }) => {
            detail.told ||= this.leaver.told;
            detail.left.push(this.leaveRow());
        });
        onPatched(() => {
            this.giveFocus();
            this.giveRowFocus();
        });
    }

    // -- columns ----------------------------------------------------------------------------------------------------

    keyOf = keyOf;

    toggleColumn(column) {
        this.layout.toggle(column);
        this.render();
    }

    get optionalColumns() {
        return this.props.arch.columns.filter((column) => column.optional && !this.isColumnHidden(column));
    }

    get columns() {
        const shown = this.props.arch.columns.filter((column) => this.layout.isShown(column) && !this.isColumnHidden(column));
        return arrange(shown, this.layout.choice.order);
    }

    isColumnHidden(column) {
        return column.kind === "button" ? column.buttons.every(({ columnInvisible }) => this.isHiddenHere(columnInvisible)) : this.isHiddenHere(column.active.columnInvisible);
    }

    /** @param {string|undefined} expression for a column as a whole */
    isHiddenHere(expression) {
        const { parent, list } = this.props;
        return expression ? list.model.isTrue(expression, () => ({ ...list.model.evalBase, context: { ...list.model.context }, parent: parent ? parent.evalContext : {} })) : false;
    }

    get width() {
        return this.columns.length + (this.props.isSelectable ? 1 : 0) + (this.hasEndColumn ? 1 : 0);
    }

    get hasEndColumn() {
        return Boolean(this.props.removeLine) || this.hasColumnMenu || this.opensForm;
    }

    get opensForm() {
        const { arch, editable, openRecord } = this.props;
        return Boolean(arch.opensForm && editable && openRecord);
    }

    async openForm(record) {
        if (await this.leaveRow()) {
            this.props.openRecord(record);
        }
    }

    get hasColumnMenu() {
        return this.optionalColumns.length > 0 || this.layout.isChanged;
    }

    /** @param {any} column @returns {"ascending"|"descending"|"none"|undefined} */
    sortOf(column) {
        const first = this.props.list.orderBy?.[0];
        if (!this.canSort(column)) {
            return undefined;
        }
        return first?.name === column.name ? (first.asc ? "ascending" : "descending") : "none";
    }

    canSort(column) {
        return column.isSortable && Boolean(this.props.list.sortBy);
    }

    async sortBy(column) {
        if (await this.leaveRow()) {
            await this.props.list.sortBy(column.name);
        }
    }

    // -- rows -------------------------------------------------------------------------------------------------------

    /** Groups and records in the order they are painted. */
    get rows() {
        const rows = [];
        const walk = (list, level) => {
            for (const group of list.groups || []) {
                rows.push({ kind: "group", key: `${level} ${rows.length} ${group.name}`, place: rows.length, group, level });
                if (group.isOpen) {
                    walk(group.list, level + 1);
                }
            }
            for (const record of list.groups ? [] : list.records) {
                rows.push({ kind: "record", key: record.key, place: rows.length, record, level, list });
            }
        };
        walk(this.props.list, 0);
        return rows;
    }

    /** Those of a long list that are in sight, with gaps for the others. */
    get paintedRows() {
        return this.rowWindow.choose(this.rows, (row) => String(row.key) === this.focusedKey || Boolean(row.record && this.isEdited(row.record)));
    }

    get isAllSelected() {
        const { shown } = this.props.list;
        return shown.length > 0 && shown.every((record) => record.selected);
    }

    rowClass(record) {
        const tones = this.props.arch.decorations.filter(({ expression }) => record.isTrue(expression)).map(({ tone }) => `f-tone-${tone}`);
        return [...tones, record.selected ? "f-selected" : "", this.isEdited(record) ? "f-edited" : "", record.dirty ? "f-dirty" : ""].join(" ");
    }

    cellClass(column, record) {
        const tones = (column.decorations || []).filter(({ expression }) => record.isTrue(expression)).map(({ tone }) => `f-tone-${tone}`);
        return [column.isNumeric ? "f-number" : "", column.kind === "button" ? "f-cell-button" : `f-cell-${column.active.widget || column.field.type}`, ...tones].join(" ");
    }

    /**
     * What stands in a cell. Asked once: most cells are plain text, and each question of a template leaves a node there.
     * @param {any} column @param {any} record @param {boolean} hasLink @returns {"text"|"link"|"edited"|"widget"|"button"|"nothing"}
     */
    kindOf(column, record, hasLink) {
        if (column.kind === "button") {
            return "button";
        }
        if (record.isTrue(column.active.invisible)) {
            return "nothing";
        }
        return this.isCellEdited(column, record) ? "edited" : column.isWidget ? "widget" : hasLink ? "link" : "text";
    }

    buttonsOf(column, record) {
        return column.buttons.filter(({ invisible, columnInvisible }) => !record.isTrue(invisible) && !this.isHiddenHere(columnInvisible));
    }

    textOf(column, record) {
        return formatValue(column.field, record.data[column.name], { data: record.data, digits: column.active.options.digits });
    }

    urlOf(record) {
        return this.props.urlOf?.(record);
    }

    /** The name, or else the first column of text, carries the link to the record, for keyboard and screen reader. */
    get linkColumn() {
        const texts = this.columns.filter((column) => column.kind === "field" && !column.isWidget && !column.isNumeric);
        return (texts.find(({ name }) => NAMES.has(name)) || texts[0])?.id;
    }

    aggregateOf(column) {
        return totalOf(column, this.props.list.shown || this.props.list.records);
    }

    get hasAggregates() {
        return this.columns.some((column) => column.aggregate) && this.rows.length > 0;
    }

    get groupSpan() {
        return spanOfName(this.columns);
    }

    groupAggregate = totalOfGroup;

    // -- what people do ---------------------------------------------------------------------------------------------

    /**
     * Where in the rows something happened: one listener hears it for all of them, eighty records would have a thousand.
     * On a row itself, between its cells, it is in no column.
     * @param {Event} event @returns {{record?: any, column?: any, row?: any, isSelect?: boolean}}
     */
    placeOf(event) {
        const target = /** @type {Element} */ (event.target);
        const row = /** @type {HTMLTableRowElement|null} */ (target.closest("tr[data-id]"));
        const record = row && this.rows.find(({ key }) => String(key) === row.dataset.key)?.record;
        const before = this.props.isSelectable ? 1 : 0;
        const cell = row ? [...row.cells].findIndex((candidate) => candidate.contains(target)) : -1;
        return record ? { record, row, isSelect: cell >= 0 && cell < before, column: this.columns[cell - before] } : {};
    }

    /** @param {MouseEvent} event */
    async onBodyClick(event) {
        const { record, column, isSelect } = this.placeOf(event);
        if (isSelect && /** @type {Element} */ (event.target).tagName !== "INPUT") {
            this.toggleSelection(record);
        } else if (column) {
            await this.onCellClick(event, record, column);
        }
    }

    /** @param {Event} event */
    onBodyChange(event) {
        const { record, isSelect } = this.placeOf(event);
        if (isSelect) {
            this.toggleSelection(record);
        }
    }

    /** @param {KeyboardEvent} event */
    async onBodyKeydown(event) {
        const { record, row } = this.placeOf(event);
        if (record) {
            await this.onRowKeydown(event, record, row);
        }
    }

    /** @param {MouseEvent} event @param {any} record @param {any} column */
    async onCellClick(event, record, column) {
        if (window.getSelection()?.toString()) {
            return;
        }
        const target = /** @type {Element} */ (event.target);
        if (target.closest("button, input, select, textarea, label, .f-handle") || (target.closest("a") && (event.ctrlKey || event.metaKey))) {
            return;
        }
        event.preventDefault();
        if (this.props.editable) {
            await this.edit(record, column?.name);
        } else if (this.props.openRecord) {
            this.props.openRecord(record);
        }
    }

    isEdited(record) {
        return this.editedRecord === record;
    }

    isCellEdited(column, record) {
        return this.isEdited(record) && column.kind === "field" && !record.isTrue(column.active.readonly ?? (column.field.readonly ? "1" : ""));
    }

    /** @param {any} record @param {string} [name] of the field that gets the focus */
    async edit(record, name) {
        if (this.editedRecord === record || !(await this.leaveRow())) {
            return;
        }
        this.editedRecord = record;
        this.before = takeSnapshot(record);
        this.toFocus = name || "first";
        this.render();
    }

    /** @returns {Promise<boolean>} false when the row is not fit to be left */
    leaveRow() {
        return this.leaver.leave();
    }

    /** @param {boolean} isStaying the row is saved, and edited on */
    async finishRow(isStaying) {
        const record = this.editedRecord;
        if (!record) {
            return true;
        }
        await record.model.commitInputs();
        const isUntouchedLine = record.isNew && !record.dirty;
        if (record.findInvalidFields().length) {
            if (isUntouchedLine) {
                this.editedRecord = null;
                await this.props.list.forget(record);
                return true;
            }
            record.model.notify();
            return false;
        }
        if (!this.props.isInForm && record.dirty) {
            await (this.props.saveRow ? this.props.saveRow(record) : record.save());
        }
        if (isStaying) {
            this.before = takeSnapshot(record);
        } else {
            this.editedRecord = null;
        }
        this.render();
        return true;
    }

    /** @param {Element} target of a press, which leaves the row */
    isOutside(target) {
        return Boolean(this.editedRecord && this.table.el && !this.table.el.contains(target) && !target.closest("dialog, .f-notifications"));
    }

    /** @param {object|string} [context] */
    addLine(context) {
        return this.adding.exec(async () => {
            const record = (await this.leaveRow()) && (await this.props.addLine(context));
            if (record && this.props.editable) {
                this.editedRecord = record;
                this.before = null;
                this.toFocus = "first";
                this.render();
            }
        });
    }

    async removeLine(record) {
        if (this.editedRecord === record) {
            this.editedRecord = null;
        }
        await this.props.removeLine(record);
    }

    giveFocus() {
        if (!this.toFocus || !this.table.el) {
            return;
        }
        const row = this.table.el.querySelector("tr.f-edited");
        const inputs = "input:not([type='hidden']):not([hidden]), select, textarea, [contenteditable='true']";
        const cell = this.toFocus === "first" ? row : row?.querySelector(`[data-name="${this.toFocus}"]`);
        const input = /** @type {HTMLElement|null|undefined} */ (cell?.querySelector(inputs) || row?.querySelector(inputs));
        if (input) {
            this.toFocus = "";
            input.focus();
            if (input instanceof HTMLInputElement && input.type === "text") {
                input.select();
            }
        }
    }

    /** The row so many below gets the focus, or the last one there is. @param {any} record @param {number} step */
    focusRow(record, step) {
        const rows = this.rows.filter(({ kind }) => kind === "record");
        const at = rows.findIndex((row) => row.record === record);
        this.focusedKey = String(rows[Math.max(0, Math.min(rows.length - 1, at + step))].key);
        this.rowToFocus = this.focusedKey;
        this.giveRowFocus();
        if (this.rowToFocus) {
            this.render();
        }
    }

    giveRowFocus() {
        const row = /** @type {HTMLElement|null|""} */ (this.rowToFocus && this.table.el?.querySelector(`tr[data-key="${CSS.escape(this.rowToFocus)}"]`));
        if (row) {
            this.rowToFocus = "";
            row.focus();
        }
    }

    // -- the order of rows ------------------------------------------------------------------------------------------

    get mayMove() {
        const { arch, list, readonly, isInForm, isSelectable } = this.props;
        const column = this.columns.find(({ name }) => name && name === arch.handleField);
        return Boolean(column) && !readonly && (isInForm || (isSelectable && arch.activeActions.edit)) && !column.field.readonly && list.isOrderedBy(arch.handleField);
    }

    /** @param {string} key of a row @param {string} otherKey of the one it comes to @param {boolean} isAfter */
    async putRow(key, otherKey, isAfter) {
        const find = (wanted) => this.rows.find((row) => String(row.key) === wanted);
        const [row, other] = [find(key), find(otherKey)];
        if (!row || !other || row.list !== other.list) {
            return;
        }
        const from = row.list.records.indexOf(row.record);
        const to = row.list.records.indexOf(other.record);
        await this.moveRow(row, to + (isAfter ? 1 : 0) - (to > from ? 1 : 0));
    }

    /** @param {any} row @param {number} place in its list */
    async moveRow({ list, record }, place) {
        const count = list.records.length;
        if (!this.mayMove || place < 0 || place >= count || place === list.records.indexOf(record) || !(await this.leaveRow())) {
            return;
        }
        this.said = _t("Line %(place)s of %(count)s", { place: place + 1, count });
        this.focusedKey = this.rowToFocus = String(record.key);
        await list.move(record, place, this.props.arch.handleField);
    }

    /** @param {FocusEvent} event */
    onFocusin(event) {
        const row = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("tr[data-key]"));
        this.focusedKey = row?.dataset.key || this.focusedKey;
    }

    /** @param {KeyboardEvent} event @param {any} record @param {HTMLElement} row */
    async onRowKeydown(event, record, row) {
        if (this.isEdited(record)) {
            return this.onEditedKeydown(event, record);
        }
        const isUpOrDown = event.key === "ArrowDown" || event.key === "ArrowUp";
        if (isUpOrDown && (event.ctrlKey || event.metaKey) && this.mayMove) {
            event.preventDefault();
            const found = this.rows.find((known) => known.record === record);
            await this.moveRow(found, found.list.records.indexOf(record) + (event.key === "ArrowDown" ? 1 : -1));
            return;
        }
        const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -Infinity, End: Infinity }[event.key];
        if (event.target !== row && !isUpOrDown) {
            return;
        }
        if (step) {
            event.preventDefault();
            this.focusRow(record, step);
        } else if (event.key === "Enter") {
            event.preventDefault();
            if (this.props.editable) {
                await this.edit(record);
            } else {
                this.props.openRecord?.(record);
            }
        } else if (event.key === " " && this.props.isSelectable) {
            event.preventDefault();
            this.toggleSelection(record);
        }
    }

    /** @param {KeyboardEvent} event @param {any} record */
    async onEditedKeydown(event, record) {
        if (event.key === "Escape") {
            event.preventDefault();
            event.stopPropagation();
            this.editedRecord = null;
            // an input that goes would hand over what is typed in it
            record.invalid.clear();
            record.model.bus.trigger("FORGET_LOCAL_CHANGES", { record });
            if (record.isNew && !this.props.isInForm) {
                await this.props.list.reload();
            } else if (this.before) {
                await restore(record, this.before);
            } else {
                await (record.isNew ? this.props.list.forget(record) : record.discard());
            }
            this.render();
        } else if (event.key === "Enter" && !/** @type {Element} */ (event.target).matches("textarea, [contenteditable='true']")) {
            event.preventDefault();
            event.stopPropagation();
            const records = this.props.list.records;
            const next = records[records.indexOf(record) + 1];
            if (!(await this.leaveRow())) {
                return;
            }
            if (next) {
                await this.edit(next);
            } else if (this.props.addLine) {
                await this.addLine();
            }
        }
    }

    toggleSelection(record) {
        record.selected = !record.selected;
        this.props.list.isDomainSelected = false;
        this.props.list.model.notify();
    }
}
