/** What a person wants from a list: find, order, choose, open, begin, archive, delete, change. */
import { Component, onWillStart, onWillUnmount, useExternalListener, useSubEnv, xml } from "@odoo/owl";
import { Once } from "@web/core/concurrency";
import { Domain } from "@web/core/domain";
import { formatInteger } from "@web/core/formats";
import { _n, _t } from "@web/core/i18n";
import { ConnectionLostError, RPCError } from "@web/core/rpc";
import { useBus, useService } from "@web/core/services";
import { user } from "@web/core/user";
import { deletions } from "@web/model/deletions";
import { COUNTED } from "@web/model/list";
import { RelationalModel } from "@web/model/relational";
import { ConfirmationDialog } from "@web/ui/dialog/dialog";
import { Dropdown, DropdownItem } from "@web/ui/dropdown/dropdown";
import { Icon } from "@web/ui/icon/icon";
import { Pager } from "@web/ui/pager/pager";
import { useViewButtons } from "@web/views/button_action";
import { CogMenu } from "@web/views/cog_menu";
import { ExportDialog } from "@web/views/export/export_dialog";
import { Layout } from "@web/views/layout";
import { askToDiscard } from "@web/views/leaving";
import { NoContent } from "@web/views/no_content";
import { SearchBar } from "@web/views/search/search_bar";
import { ViewButton } from "@web/views/view_button";

/** What list and kanban have in common: one RecordList, searched. */
export class MultiRecordController extends Component {
    static props = ["*"];

    setup() {
        this.action = useService("action");
        this.deletion = useService("record_deletion");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.orm = useService("orm");
        this.texts = { new: _t("New"), actions: _t("Actions"), export: _t("Export"), selectAll: _t("Select all %s"), unselect: _t("Clear selection") };
        this.mayExport = /** @type {boolean|undefined} */ (undefined);
        /** How many records the search finds, where all of them are chosen in a grouped list. */
        this.domainCount = 0;
        const { arch, resModel, fields, context, searchModel, limit } = this.props;
        this.model = new RelationalModel({ orm: this.orm, dialog: this.dialog, notification: this.notification }, this.plainContext(context));
        this.list = this.model.makeList({ resModel, fields, activeFields: arch.activeFields, limit: arch.limit || limit || 80, groupsLimit: arch.groupsLimit, defaultOrder: arch.defaultOrder, openGroups: arch.openGroups, progressBar: arch.progressBar, groupHeads: arch.groupHeads, hasEmptyGroups: arch.type === "kanban" });
        this.model.root = this.list;
        useSubEnv({ searchModel, canImport: this.canCreate && arch.activeActions.import });
        useBus(this.model.bus, "update", () => this.render(true));
        useBus(searchModel, "update", () => this.onSearch());
        useBus(deletions.bus, "BACK", ({ detail }) => detail.resModel === resModel && this.showAgain());
        useViewButtons({ resModel: this.props.resModel, selection: async () => ({ ids: await this.list.selectedIds(), context: this.list.context }), beforeCall: () => this.leaveRows(), afterCall: () => this.showAgain() });
        onWillStart(() => this.load());
        this.isTyping = false;
        useBus(this.model.bus, "FIELD_IS_DIRTY", ({ detail }) => {
            this.isTyping = detail;
        });
        useExternalListener(window, "beforeunload", (event) => {
            if (this.isDirty) {
                event.preventDefault();
            }
        });
        this.env.config?.setController?.({ beforeLeave: () => this.beforeLeave(), getState: () => ({ searchState: searchModel.exportState(), offset: this.list.offset, limit: this.list.pageLimit, orderBy: this.list.orderBy }), getIds: () => this.list.shown.map((record) => record.resId) });
        onWillUnmount(() => searchModel.destroy?.());
    }

    /**
     * Save a row that is being edited.
     * @param {{left: Promise<boolean>[], told: Error|null}} [detail] told: what was said already of why it cannot be saved
     * @returns {Promise<boolean>} false when it is not fit to be left
     */
    async leaveRows(detail = { left: [], told: null }) {
        this.model.bus.trigger("LEAVE_ROW", detail);
        const areLeft = (await Promise.all(detail.left)).every(Boolean);
        this.isTyping &&= !areLeft;
        return areLeft;
    }

    /** Asked before the list is left: a row that is being edited is saved; where that fails the person decides. @returns {Promise<boolean>} */
    async beforeLeave() {
        const detail = { left: [], told: /** @type {Error|null} */ (null) };
        try {
            return (await this.leaveRows(detail)) || (await askToDiscard(this.dialog, this.whyNotLeft(detail.told)));
        } catch (error) {
            // who is logged out is asked to log in, not to give up what is typed
            if (!(error instanceof ConnectionLostError || (error instanceof RPCError && !error.isSessionExpired))) {
                throw error;
            }
            return askToDiscard(this.dialog, error.message);
        }
    }

    /** A refusal was said in a dialog of its own: once is enough. @param {Error|null} told @returns {string} */
    whyNotLeft(told) {
        if (told instanceof ConnectionLostError) {
            return told.message;
        }
        return told ? _t("The row that is being edited could not be saved.") : _t("The row that is being edited is not as it must be: look at the fields that are marked.");
    }

    get isDirty() {
        return (this.isTyping && Boolean(document.querySelector("tr.f-edited"))) || this.list.shown.some(({ dirty }) => dirty);
    }

    /** What changed on the server, or is not deleted after all, is in the list again. */
    async showAgain() {
        if (await this.leaveRows()) {
            await this.list.reload();
        }
    }

    /** @param {number} offset @param {number} limit */
    async showPart(offset, limit) {
        if (await this.leaveRows()) {
            await this.list.load(this.query, { offset, limit });
        }
    }

    plainContext(context) {
        return Object.fromEntries(Object.entries(context || {}).filter(([key]) => !key.startsWith("search_default_")));
    }

    async load() {
        const state = this.props.state || {};
        if (state.orderBy) {
            this.list.orderBy = state.orderBy;
        }
        await this.list.load(this.query, { offset: state.offset || 0, limit: state.limit });
    }

    get query() {
        const { searchModel } = this.props;
        return { domain: searchModel.domain, context: searchModel.context, groupBy: this.groupBy, orderBy: this.list.orderBy };
    }

    get groupBy() {
        const { searchModel, arch } = this.props;
        return searchModel.groupBy.length ? searchModel.groupBy : arch.defaultGroupBy || [];
    }

    async onSearch() {
        if (await this.leaveRows()) {
            await this.list.load(this.query);
        }
    }

    get canCreate() {
        return this.props.arch.activeActions.create && this.props.context.create !== false;
    }

    get hasForm() {
        return (this.env.config?.viewTypes || []).includes("form") || Boolean(this.props.selectRecord);
    }

    create() {
        return this.action.switchView("form", { resId: false });
    }

    /** @param {any} record */
    openRecord(record) {
        if (this.props.selectRecord) {
            return this.props.selectRecord(record);
        }
        const { rowAction } = this.props.arch;
        if (rowAction) {
            return this.env.onClickViewButton({ info: rowAction, record });
        }
        return this.action.switchView("form", { resId: record.resId, resIds: this.list.shown.map((shown) => shown.resId) });
    }

    urlOf(record) {
        return this.env.config?.urlOf?.(record.resId);
    }

    /** Buttons above the records, those that are not hidden here: which records are chosen is no matter for that. */
    get headerButtons() {
        const names = () => ({ ...this.model.evalBase, context: this.list.context });
        return this.props.arch.headerButtons.filter(({ invisible }) => !invisible || !this.model.isTrue(invisible, names));
    }

    /** Those that need no record to be chosen. */
    get steadyButtons() {
        return this.headerButtons.filter(({ attrs }) => attrs.display === "always");
    }

    get pager() {
        const { offset, pageLimit: limit, count, isCounted, isGrouped, hasMore } = this.list;
        return { offset, limit, total: isCounted ? count : COUNTED, isCounted, isShown: isGrouped ? hasMore : count > 0 };
    }

    get isEmpty() {
        return this.list.isLoaded && this.list.count === 0 && !this.list.isGrouped;
    }

    // -- the selection ----------------------------------------------------------------------------------------------

    get selected() {
        const { isDomainSelected, isGrouped, count, selection } = this.list;
        return isDomainSelected ? (isGrouped ? this.domainCount : count) : selection.length;
    }

    get selectedText() {
        return _n("%s selected", "%s selected", this.selected, formatInteger(this.selected));
    }

    get canSelectDomain() {
        return !this.list.isDomainSelected && this.selected > 0 && this.selected === this.list.shown.length && this.total > this.selected;
    }

    /** How many records there are to choose from, as far as is known. */
    get total() {
        const { groups, count } = this.list;
        return groups ? groups.reduce((total, group) => total + group.count, 0) : count;
    }

    get selectAllText() {
        const { groups, count, isCounted } = this.list;
        const isWhole = groups ? groups.length >= count : isCounted;
        return this.texts.selectAll.replace("%s", `${groups || isCounted ? this.total : this.pager.total}${isWhole ? "" : "+"}`);
    }

    /**
     * What is selected, for something to be done to it. Saving the row that is being edited may read the list again, which
     * selects nothing.
     * @returns {Promise<number[]>} none when that row is not fit to be left
     */
    async takeSelected() {
        const ids = await this.list.selectedIds();
        return (await this.leaveRows()) ? ids : [];
    }

    async selectDomain() {
        const { list } = this;
        if (list.isGrouped) {
            // groups by several values count a record in each, and there may be more groups than are shown
            const { query } = list;
            const count = await this.orm.searchCount(list.resModel, new Domain(list.domain).toList(), { context: list.context });
            if (list.query !== query) {
                return;
            }
            this.domainCount = count;
        }
        list.isDomainSelected = true;
        this.render(true);
    }

    get hasActive() {
        return Boolean(this.props.fields.active || this.props.fields.x_active);
    }

    async deleteSelected() {
        const ids = await this.takeSelected();
        const { resModel } = this.props;
        const archive = this.hasActive ? () => this.archiveSelected(true) : undefined;
        if (ids.length && (await this.deletion.ask({ resModel, ids, context: this.list.context, archive }))) {
            await this.list.reload();
        }
    }

    /** @param {boolean} isArchived */
    async archiveSelected(isArchived) {
        const ids = await this.takeSelected();
        if (!ids.length) {
            return;
        }
        const { resModel } = this.props;
        await this.orm.call(resModel, isArchived ? "action_archive" : "action_unarchive", [ids], { context: this.list.context });
        await this.list.reload();
        const undo = async () => {
            await this.orm.call(resModel, isArchived ? "action_unarchive" : "action_archive", [ids], { context: this.list.context });
            await this.list.reload();
        };
        this.notification.add(isArchived ? _n("%s record archived.", "%s records archived.", ids.length) : _n("%s record restored.", "%s records restored.", ids.length), { type: "success", buttons: [{ name: _t("Undo"), onClick: undo }] });
    }

    async duplicateSelected() {
        const ids = await this.takeSelected();
        if (!ids.length) {
            return;
        }
        await this.orm.call(this.props.resModel, "copy", [ids], { context: this.list.context });
        await this.list.reload();
    }

    /** Actions of the model bound to lists, as the server told them. */
    get boundActions() {
        return [...(this.props.toolbar.action || []), ...(this.props.toolbar.print || [])];
    }

    async runAction(action) {
        const ids = await this.takeSelected();
        if (!ids.length) {
            return;
        }
        await this.action.doAction(action.id, { additionalContext: { active_ids: ids, active_id: ids[0], active_model: this.props.resModel }, onClose: () => this.list.reload() });
    }
}

export class ListController extends MultiRecordController {
    static template = xml`
        <Layout class="'f-list-view'" contentClass="'f-content-flush'">
            <t t-set-slot="buttons">
                <t t-if="!selected">
                    <button t-if="canCreate and (hasForm or editable)" type="button" class="f-button f-button-primary" data-hotkey="c" t-on-click="() => this.create()"><Icon name="'plus'"/><span t-esc="texts.new"/></button>
                    <t t-foreach="steadyButtons" t-as="button" t-key="button_index"><ViewButton info="button"/></t>
                    <CogMenu t-if="!props.selectRecord"/>
                </t>
                <div t-else="" class="f-selection" role="status">
                    <span class="f-selection-count"><t t-esc="selectedText"/></span>
                    <button t-if="canSelectDomain" type="button" class="f-button f-button-link" t-on-click="() => this.selectDomain()" t-esc="selectAllText"/>
                    <t t-foreach="headerButtons" t-as="button" t-key="button_index"><ViewButton info="button"/></t>
                    <Dropdown label="texts.actions" hotkey="'u'" onOpened="() => this.askRights()">
                        <Icon name="'gear'"/><span t-esc="texts.actions"/>
                        <t t-set-slot="content">
                            <DropdownItem t-if="hasActive" onSelected="() => this.archiveSelected(true)"><Icon name="'archive'"/>Archive</DropdownItem>
                            <DropdownItem t-if="hasActive" onSelected="() => this.archiveSelected(false)"><Icon name="'undo'"/>Restore</DropdownItem>
                            <DropdownItem t-if="props.arch.activeActions.duplicate and canCreate" onSelected="() => this.duplicateSelected()"><Icon name="'copy'"/>Duplicate</DropdownItem>
                            <DropdownItem t-if="mayExport and props.arch.mayExport" onSelected="() => this.exportSelected()"><Icon name="'download'"/><t t-esc="texts.export"/></DropdownItem>
                            <DropdownItem t-foreach="boundActions" t-as="action" t-key="action.id" onSelected="() => this.runAction(action)"><Icon name="'gear'"/><t t-esc="action.name"/></DropdownItem>
                            <DropdownItem t-if="props.arch.activeActions.delete" class="'f-danger'" onSelected="() => this.deleteSelected()"><Icon name="'trash'"/>Delete</DropdownItem>
                        </t>
                    </Dropdown>
                    <button type="button" class="f-button f-button-quiet f-button-icon" t-att-title="texts.unselect" t-att-aria-label="texts.unselect" t-on-click="() => this.list.selectAll(false)"><Icon name="'close'"/></button>
                </div>
            </t>
            <t t-set-slot="search"><SearchBar/></t>
            <t t-set-slot="pager"><Pager t-if="pager.isShown" offset="pager.offset" limit="pager.limit" total="pager.total" isCounted="pager.isCounted" isFree="true" onUpdate="(offset, limit) => this.showPart(offset, limit)" onCount="() => this.list.countAll()"/></t>
            <NoContent t-if="isEmpty" help="props.noContentHelp" isFiltered="props.searchModel.isFiltered"/>
            <t t-else="" t-component="Renderer" list="list" arch="props.arch" isSelectable="!props.selectRecord" editable="editable" openRecord="(record) => this.openRecord(record)" urlOf="(record) => this.urlOf(record)" addLine="addLine" saveRow="(record) => this.saveRow(record)" label="env.config and env.config.displayName" layoutKey="layoutKey"/>
        </Layout>`;
    static components = { CogMenu, Layout, SearchBar, Pager, Icon, Dropdown, DropdownItem, NoContent, ViewButton };

    setup() {
        super.setup();
        this.adding = new Once();
    }

    /** Whether the user may take records along is asked when it matters. */
    async askRights() {
        this.mayExport ??= user.isAdmin || (await user.hasGroup("base.group_allow_export"));
        this.render();
    }

    exportSelected() {
        const { isDomainSelected, selection, query, context } = this.list;
        const ids = isDomainSelected ? false : selection.map(({ resId }) => resId);
        const names = this.props.arch.columns.filter(({ kind }) => kind === "field").map(({ name }) => name);
        this.dialog.add(ExportDialog, { resModel: this.props.resModel, ids, domain: query.domain, context, names, count: this.selected });
    }

    get layoutKey() {
        return `${this.props.resModel} ${this.props.viewId || ""}`;
    }

    get Renderer() {
        return this.props.viewDescription.Renderer;
    }

    get editable() {
        const { arch, selectRecord } = this.props;
        const isForAll = arch.isMultiEdit && this.list.selection.length > 1 && !this.list.isDomainSelected;
        return arch.activeActions.edit && !selectRecord ? arch.editable || (isForAll ? "bottom" : "") : "";
    }

    /** A row of several that are chosen stands for all of them. @param {any} record */
    async saveRow(record) {
        const { selection } = this.list;
        if (!record.selected || selection.length < 2) {
            return record.save();
        }
        const changes = record.getChanges();
        const asked = JSON.stringify([record.resId, changes, selection.map(({ resId }) => resId)]);
        // who has chosen, and lost the connection, is not asked again when it is back
        const choice = this.chosen?.asked === asked ? this.chosen.choice : await this.askForAll(record, changes);
        this.chosen = null;
        try {
            await this.carryOut(choice, record, changes);
        } catch (error) {
            this.chosen = error instanceof ConnectionLostError ? { asked, choice } : null;
            throw error;
        }
    }

    /** @param {"all"|"one"|"none"} choice @param {any} record @param {object} changes */
    async carryOut(choice, record, changes) {
        if (choice === "all") {
            await deletions.settle();
            await this.orm.write(this.props.resModel, this.list.selection.map(({ resId }) => resId), changes, { context: this.list.context });
            await this.list.reload();
        } else {
            await (choice === "one" ? record.save() : record.discard());
        }
    }

    /** @param {any} record @param {object} changes @returns {Promise<"all"|"one"|"none">} */
    askForAll(record, changes) {
        const { selection } = this.list;
        const labels = Object.keys(changes).map((name) => `“${record.labelOf(name)}”`).join(", ");
        return new Promise((resolve) => {
            this.dialog.add(ConfirmationDialog, {
                title: _t("Change several records"), body: _n("%(fields)s will be changed in %(count)s chosen record.", "%(fields)s will be changed in all %(count)s chosen records.", selection.length, { fields: labels, count: selection.length }),
                confirmLabel: _t("Change all"), confirm: () => resolve("all"), alternativeLabel: _t("Only this one"), alternative: () => resolve("one"), cancel: () => resolve("none"),
            });
        });
    }

    get addLine() {
        return this.editable && this.canCreate ? () => this.addRecord() : undefined;
    }

    create() {
        return this.editable ? this.addAndEdit() : super.create();
    }

    async addRecord() {
        const record = this.model.makeRecord({ resModel: this.props.resModel, fields: this.props.fields, activeFields: this.props.arch.activeFields, context: this.list.query.context });
        await record.loadDefaults();
        this.list.records[this.editable === "top" ? "unshift" : "push"](record);
        this.list.count += 1;
        return record;
    }

    addAndEdit() {
        return this.adding.exec(() => this.beginRow());
    }

    async beginRow() {
        if (!(await this.leaveRows())) {
            return;
        }
        const record = await this.addRecord();
        this.model.bus.trigger("EDIT", { record });
        this.model.notify();
    }
}
