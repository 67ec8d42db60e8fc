/** What a person wants from a form: see, change, save, take back, go on to the next, copy, archive, delete. */
import { Component, onMounted, onWillStart, onWillUnmount, useExternalListener, useRef, useState, xml } from "@odoo/owl";
import { useHotkey } from "@web/core/hotkeys";
import { _t } from "@web/core/i18n";
import { ConnectionLostError, RPCError, rpcBus } from "@web/core/rpc";
import { useBus, useService } from "@web/core/services";
import { readAgain } from "@web/model/conflict";
import { InvalidRecordError } from "@web/model/record";
import { RelationalModel } from "@web/model/relational";
import { Dropdown, DropdownItem } from "@web/ui/dropdown/dropdown";
import { Icon } from "@web/ui/icon/icon";
import { Pager } from "@web/ui/pager/pager";
import { useViewButtons } from "@web/views/button_action";
import { useAutosave } from "@web/views/form/autosave";
import { ConflictDialog } from "@web/views/form/conflict_dialog";
import { getFormRenderer } from "@web/views/form/form_renderer";
import { Layout } from "@web/views/layout";
import { askToDiscard } from "@web/views/leaving";

export class FormController extends Component {
    static template = xml`
        <Layout class="'f-form-view'" title="title">
            <t t-set-slot="status">
                <span class="f-form-status" role="status">
                    <t t-if="state.isSaving"><span class="f-dot"/>Saving…<progress t-if="state.sent" max="100" t-att-value="state.sent" t-att-aria-label="texts.sent"/></t>
                    <t t-elif="state.isCutOff"><span class="f-dot f-dot-dirty"/><t t-esc="texts.cutOff"/></t>
                    <t t-elif="isDirty"><span class="f-dot f-dot-dirty"/>Unsaved changes</t>
                    <t t-elif="state.isSaved"><Icon name="'check'"/>Saved</t>
                </span>
            </t>
            <t t-set-slot="buttons">
                <t t-if="canEdit and (isDirty or record.isNew)">
                    <button type="button" class="f-button f-button-primary" name="save" data-hotkey="s" t-att-disabled="state.isSaving" t-on-click="() => this.save()" t-esc="texts.save"/>
                    <button type="button" class="f-button" name="discard" data-hotkey="j" t-att-disabled="state.isSaving" t-on-click="() => this.discard()" t-esc="texts.discard"/>
                </t>
                <button t-elif="canCreate" type="button" class="f-button" data-hotkey="c" t-on-click="() => this.create()"><Icon name="'plus'"/><span t-esc="texts.new"/></button>
                <Dropdown t-if="!record.isNew" togglerClass="'f-button f-button-quiet f-button-icon'" label="texts.actions" title="texts.actions" hotkey="'u'">
                    <Icon name="'gear'"/>
                    <t t-set-slot="content">
                        <DropdownItem t-if="canCreate and props.arch.activeActions.duplicate" onSelected="() => this.duplicate()"><Icon name="'copy'"/>Duplicate</DropdownItem>
                        <DropdownItem t-if="hasActive and isArchived" onSelected="() => this.archive(false)"><Icon name="'undo'"/>Restore</DropdownItem>
                        <DropdownItem t-elif="hasActive" onSelected="() => this.archive(true)"><Icon name="'archive'"/>Archive</DropdownItem>
                        <DropdownItem t-foreach="boundActions" t-as="action" t-key="action.id" onSelected="() => this.runAction(action)"><Icon name="'gear'"/><t t-esc="action.name"/></DropdownItem>
                        <DropdownItem t-if="canEdit and !env.isInDialog" checked="autosave.isOn" onSelected="() => this.toggleAutosave()"><t t-esc="texts.autosave"/></DropdownItem>
                        <DropdownItem t-if="props.arch.activeActions.delete" class="'f-danger'" onSelected="() => this.delete()"><Icon name="'trash'"/>Delete</DropdownItem>
                    </t>
                </Dropdown>
            </t>
            <t t-set-slot="pager"><Pager t-if="ids.length gt 1 and position >= 0" offset="position" limit="1" total="ids.length" onUpdate="(offset) => this.goTo(offset)"/></t>
            <div class="f-form-page" t-ref="root">
                <div t-if="state.problem" class="f-alert f-alert-danger" role="alert">
                    <Icon name="'warning'"/><span t-esc="state.problem"/>
                    <button type="button" class="f-button f-button-quiet f-button-icon" t-att-aria-label="texts.dismiss" t-on-click="() => this.state.problem = ''"><Icon name="'close'"/></button>
                </div>
                <p t-if="isArchived and !hasRibbon" class="f-ribbon" t-esc="texts.archived"/>
                <t t-component="Renderer" record="record" arch="props.arch" readonly="!canEdit"/>
                <div t-if="env.isInDialog and !hasFooter" class="f-form-footer">
                    <button type="button" class="f-button f-button-primary" name="save" t-att-disabled="state.isSaving" t-on-click="() => this.saveAndClose()" t-esc="texts.saveClose"/>
                    <button type="button" class="f-button" name="discard" t-on-click="() => props.close()" t-esc="texts.discard"/>
                </div>
            </div>
        </Layout>`;
    static components = { Layout, Icon, Dropdown, DropdownItem, Pager };
    static props = ["*"];

    setup() {
        this.action = useService("action");
        this.deletion = useService("record_deletion");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.orm = useService("orm");
        this.texts = { save: _t("Save"), discard: _t("Discard"), new: _t("New"), actions: _t("Actions"), dismiss: _t("Dismiss"), saveClose: _t("Save and close"), archived: _t("Archived"), autosave: _t("Save by itself"), cutOff: _t("Not saved yet: saved when the server is back"), sent: _t("Sent to the server") };
        this.root = useRef("root");
        const { arch, resModel, fields, context, resId } = this.props;
        this.model = new RelationalModel({ orm: this.orm, dialog: this.dialog, notification: this.notification }, Object.fromEntries(Object.entries(context).filter(([key]) => !key.startsWith("search_default_"))));
        this.record = this.model.makeRecord({ resModel, fields, activeFields: arch.activeFields, resId });
        this.model.root = this.record;
        this.model.saveRoot = () => this.save();
        this.ids = [...(this.props.resIds || [])];
        this.state = useState({ sent: 0, isCutOff: false, isSaving: false, isSaved: false, isTyping: false, problem: "" });
        useBus(this.model.bus, "update", () => this.render(true));
        useBus(rpcBus, "ONLINE", () => this.saveAgain());
        useBus(rpcBus, "RETRY", () => this.saveAgain());
        useBus(rpcBus, "SENDING", ({ detail }) => {
            this.state.sent = detail.percent;
        });
        /** Why no answer came to the last save. @type {ConnectionLostError|null} */
        this.lost = null;
        /** What was typed in last; as long as it has the focus, one is in the middle of it. @type {Element|null} */
        this.typedIn = null;
        useBus(this.model.bus, "FIELD_IS_DIRTY", ({ detail }) => {
            this.state.isTyping = detail;
            this.typedIn = detail ? document.activeElement : this.typedIn;
        });
        this.autosave = useAutosave(this.model, { isWanted: () => this.isAutosaveWanted, isBusy: () => this.isBusy, changes: () => this.record.getChanges(), save: () => this.save({ isAsked: false }) });
        this.buttons = useViewButtons({ beforeCall: () => this.saveBefore(), afterCall: () => this.reload(), close: this.props.close, onReplacedEnd: this.props.onReplacedEnd });
        useHotkey("control+s", () => (this.env.isInDialog ? this.saveAndClose() : this.save()), { global: true });
        useExternalListener(window, "beforeunload", (event) => {
            if (this.isDirty) {
                event.preventDefault();
            }
        });
        onWillStart(() => (resId ? this.record.load() : this.record.loadDefaults()));
        onMounted(() => {
            this.tellName();
            if (this.record.isNew) {
                this.focusFirst();
            }
        });
        onWillUnmount(() => {
            this.model.isClosed = true;
            this.model.bus.trigger("FORGET_LOCAL_CHANGES", { record: this.record });
        });
        this.env.config?.setController?.({ beforeLeave: () => this.beforeLeave(), getState: () => ({ resId: this.record.resId || "new", resIds: this.ids }) });
    }

    get Renderer() {
        return getFormRenderer(this.props.arch.template);
    }

    get hasRibbon() {
        return this.props.arch.widgets.some(({ name }) => name === "web_ribbon");
    }

    get hasFooter() {
        return this.props.arch.template.includes("f-form-footer");
    }

    /** A save whose answer was lost is not over, though nothing may have been changed in what it saves. */
    get isDirty() {
        return this.record.dirty || this.state.isTyping || this.state.isCutOff;
    }

    get title() {
        return this.record.isNew ? _t("New") : this.record.data.display_name || this.record.data.name || this.name || "";
    }

    get canEdit() {
        const { create, edit } = this.props.arch.activeActions;
        const isAllowed = this.record.isNew ? create && this.props.context.create !== false : edit && this.props.context.edit !== false;
        return isAllowed && !this.props.readonly;
    }

    get canCreate() {
        return this.props.arch.activeActions.create && this.props.context.create !== false;
    }

    get position() {
        return this.ids.indexOf(this.record.resId);
    }

    get hasActive() {
        return "active" in this.props.fields && "active" in this.record.data;
    }

    get isArchived() {
        return this.hasActive && this.record.data.active === false && !this.record.isNew;
    }

    get boundActions() {
        return [...(this.props.toolbar.action || []), ...(this.props.toolbar.print || [])];
    }

    /** In a new record one begins to type. */
    focusFirst() {
        const { hasAutofocus, focused } = this.props.arch;
        if (!focused && !hasAutofocus) {
            return;
        }
        const place = focused ? `.f-field[data-name="${focused}"]` : ".f-sheet";
        const input = /** @type {HTMLElement|null} */ (this.root.el?.querySelector(`${place} input:not([type='hidden'], [type='file'], [type='checkbox'], [type='radio']), ${place} textarea`));
        // a dialog that is opened just now gives the focus to what wants it
        input?.toggleAttribute("autofocus", Boolean(this.env.isInDialog));
        input?.focus({ preventScroll: true });
    }

    /** The crumb and the address follow the record. */
    async tellName() {
        if (!this.record.isNew && !("display_name" in this.record.data) && !this.record.data.name) {
            const [row] = await this.orm.silent.read(this.props.resModel, [this.record.resId], ["display_name"]);
            this.name = row?.display_name || "";
            this.render(true);
        }
        this.env.config?.setCurrent?.({ resId: this.record.resId || "new", resIds: this.ids, name: String(this.title) });
    }

    // -- saving -----------------------------------------------------------------------------------------------------

    /**
     * @param {{isAsked?: boolean}} [options] isAsked: somebody waits for it
     * @returns {Promise<boolean>} false when the record could not be saved; why is on the page, and nothing is lost
     */
    async save({ isAsked = true } = {}) {
        const wasNew = this.record.isNew;
        this.state.isSaving = true;
        this.state.sent = 0;
        this.state.isCutOff = false;
        this.lost = null;
        this.state.problem = "";
        // the inputs hand over what is typed so far; what is typed from here on is not part of this save
        this.state.isTyping = false;
        try {
            await this.model.commitInputs();
            const changes = this.record.getChanges();
            if ((await this.onWillSaveRecord(this.record, changes)) === false) {
                return false;
            }
            await this.record.save();
            if (wasNew || Object.keys(changes).length) {
                await this.onRecordSaved(this.record, changes);
            }
        } catch (error) {
            return this.showProblem(error, isAsked);
        } finally {
            this.state.isSaving = false;
        }
        this.state.isSaved = true;
        if (wasNew && !this.ids.includes(this.record.resId)) {
            this.ids.push(this.record.resId);
        }
        await this.tellName();
        return true;
    }

    /**
     * For classes that extend this one: the record is about to be saved. False keeps it as it is.
     * @param {import("@web/model/record").Record} _record @param {object} _changes what the server will be sent @returns {Promise<boolean|void>|boolean|void}
     */
    onWillSaveRecord(_record, _changes) {}

    /** The same: it is saved. @param {import("@web/model/record").Record} _record @param {object} _changes @returns {Promise<void>|void} */
    onRecordSaved(_record, _changes) {}

    /** A button wants what is typed saved. Where no answer came that is the button's failure too. @returns {Promise<boolean>} */
    async saveBefore() {
        const isSaved = await this.save();
        if (!isSaved && this.lost) {
            throw this.lost;
        }
        return isSaved;
    }

    /** The server is there again; it knows the save by its key and does nothing twice. */
    saveAgain() {
        if (this.state.isCutOff) {
            this.save();
        }
    }

    /** A new record is nobody's draft: it is made when somebody says so. */
    get isAutosaveWanted() {
        return this.record.dirty && !this.record.isNew && this.canEdit && !this.env.isInDialog;
    }

    /** Whether a save is under way, or somebody is in the middle of a field, a line or a dialog. */
    get isBusy() {
        const { state } = this;
        return state.isSaving || state.isCutOff || document.activeElement === this.typedIn || Boolean(document.querySelector("dialog[open], tr.f-edited"));
    }

    toggleAutosave() {
        this.autosave.toggle();
        this.render(true);
    }

    /** @param {unknown} error @param {boolean} isAsked @returns {false} */
    showProblem(error, isAsked) {
        if (error instanceof ConnectionLostError) {
            this.state.isCutOff = true;
            this.lost = error;
        } else if (error instanceof InvalidRecordError) {
            this.state.problem = error.message;
            if (isAsked) {
                this.focusField(error.fields[0]);
            }
        } else if (error instanceof RPCError && error.isConflict) {
            this.state.problem = error.message;
            this.dialog.add(ConflictDialog, { record: this.record, onKeep: () => this.save() });
        } else if (error instanceof RPCError && error.isExpected) {
            this.state.problem = error.message;
        } else {
            throw error;
        }
        return false;
    }

    /** @param {string} name */
    focusField(name) {
        requestAnimationFrame(() => {
            const field = this.root.el?.querySelector(`.f-field[data-name="${name}"].f-invalid`);
            const input = /** @type {HTMLElement|null} */ (field?.querySelector("input, select, textarea, button, [contenteditable]"));
            input?.focus();
        });
    }

    async saveAndClose() {
        if (await this.save()) {
            await this.props.onSaved?.(this.record);
            this.props.close?.();
        }
    }

    async discard() {
        this.buttons.withdraw();
        this.state.problem = "";
        this.state.isCutOff = false;
        this.state.isTyping = false;
        this.model.bus.trigger("FORGET_LOCAL_CHANGES", { record: this.record });
        if (this.props.onDiscard) {
            this.props.onDiscard();
        } else if (this.record.isNew && (await this.action.goBack({ force: true }))) {
            return;
        }
        await this.record.discard();
        this.render(true);
    }

    /** Asked before the form is left: changes are saved; where that fails the person decides. @returns {Promise<boolean>} */
    async beforeLeave() {
        await this.model.commitInputs();
        if (!this.record.dirty && !this.state.isCutOff) {
            return true;
        }
        if (await this.save()) {
            return true;
        }
        return askToDiscard(this.dialog, this.state.problem || this.texts.cutOff);
    }

    /** Read again what may have changed; what was typed since stays. */
    async reload() {
        if (this.record.resId) {
            await this.model.commitInputs({ goesOn: true });
            await readAgain(this.record);
        }
    }

    // -- the whole record -------------------------------------------------------------------------------------------

    /** @param {number} position */
    async goTo(position) {
        if (await this.beforeLeave()) {
            await this.open(this.ids[position]);
        }
    }

    /** @param {number|false} resId */
    async open(resId) {
        this.buttons.withdraw();
        this.model.bus.trigger("FORGET_LOCAL_CHANGES", { record: this.record });
        await (resId ? this.record.load(resId) : this.record.loadDefaults());
        Object.assign(this.state, { problem: "", isCutOff: false, isSaved: false, isTyping: false });
        this.name = "";
        this.model.notify();
        await this.tellName();
        if (!resId) {
            requestAnimationFrame(() => this.focusFirst());
        }
    }

    async create() {
        if (await this.beforeLeave()) {
            await this.open(false);
        }
    }

    async duplicate() {
        if (await this.beforeLeave()) {
            const id = await this.record.duplicate();
            this.ids.push(id);
            await this.open(id);
            this.notification.add(_t("This is the copy."), { type: "success" });
        }
    }

    /** @param {boolean} isArchived */
    async archive(isArchived) {
        if ((await this.record.isDirty()) && !(await this.save())) {
            return;
        }
        const { resId } = this.record;
        if (isArchived) {
            await this.record.archive();
            this.notification.add(_t("Archived."), { type: "success", buttons: [{ name: _t("Undo"), onClick: () => this.takeArchivingBack(resId) }] });
        } else {
            await this.record.unarchive();
        }
        await this.reload();
    }

    /** Whichever record the form shows by now, and whatever was changed in it since. @param {number|false} resId */
    async takeArchivingBack(resId) {
        await this.orm.call(this.props.resModel, "action_unarchive", [[resId]], { context: this.model.context });
        if (this.record.resId === resId && !this.isDirty) {
            await this.reload();
        }
    }

    async delete() {
        const { resModel, resId } = this.record;
        const archive = this.hasActive && !this.isArchived ? () => this.archive(true) : undefined;
        if (!(await this.deletion.ask({ resModel, ids: [resId], name: String(this.title), context: this.model.context, archive }))) {
            return;
        }
        this.record.changed.clear();
        this.state.isTyping = false;
        this.ids = this.ids.filter((id) => id !== resId);
        if (!(await this.action.goBack({ force: true }))) {
            await this.open(this.ids[0] || false);
        }
    }

    async runAction(action) {
        if (await this.save()) {
            const { resId, resModel } = this.record;
            await this.action.doAction(action.id, { additionalContext: { active_id: resId, active_ids: [resId], active_model: resModel }, onClose: () => this.reload() });
        }
    }
}
