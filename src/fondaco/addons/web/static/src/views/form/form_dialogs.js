/** Forms and choices in dialogs: a record made on the spot, a line of an x2many field, records to be linked. */
import { Component, onWillStart, onWillUnmount, useRef, useState, useSubEnv, xml } from "@odoo/owl";
import { Once } from "@web/core/concurrency";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { RPCError } from "@web/core/rpc";
import { useBus } from "@web/core/services";
import { InvalidRecordError } from "@web/model/record";
import { X2ManyList } from "@web/model/x2many";
import { Dialog } from "@web/ui/dialog/dialog";
import { useViewButtons } from "@web/views/button_action";
import { getFormRenderer } from "@web/views/form/form_renderer";
import { View } from "@web/views/view";

/** Any record, in the form view of its model. */
export class FormViewDialog extends Component {
    static template = xml`
        <Dialog title="props.title" size="'lg'" footer="false" close="props.close">
            <View resModel="props.resModel" type="'form'" viewId="props.viewId" resId="props.resId || false" context="props.context || {}" actionProps="formProps"/>
        </Dialog>`;
    static components = { Dialog, View };
    static props = ["resModel", "close", "resId?", "context?", "title?", "viewId?", "onSaved?", "readonly?"];

    setup() {
        useSubEnv({ isInDialog: true, config: {} });
    }

    get formProps() {
        return { close: () => this.props.close(), onSaved: this.props.onSaved, readonly: this.props.readonly };
    }
}

/**
 * One line of an x2many field. The line is edited as a copy of its own; only "Save" gives its changes to the list, so that
 * "Discard" leaves nothing behind.
 */
export class LineDialog extends Component {
    static template = xml`
        <Dialog title="props.title" size="'lg'" close="props.close">
            <div t-if="state.problem" class="f-alert f-alert-danger" role="alert" t-esc="state.problem"/>
            <div t-ref="root"><t t-component="Renderer" record="record" arch="arch" readonly="props.readonly"/></div>
            <t t-set-slot="footer">
                <t t-if="!props.readonly">
                    <button type="button" class="f-button f-button-primary" name="save" t-on-click="() => this.save()" t-esc="texts.save"/>
                    <button t-if="!props.record" type="button" class="f-button" t-on-click="() => this.save(true)" t-esc="texts.another"/>
                </t>
                <button type="button" class="f-button" name="discard" t-on-click="() => props.close()" t-esc="props.readonly ? texts.close : texts.discard"/>
            </t>
        </Dialog>`;
    static components = { Dialog };
    static props = ["list", "record", "formView", "close", "title?", "readonly?", "context?"];

    setup() {
        useSubEnv({ isInDialog: true, config: {} });
        this.texts = { save: _t("Save"), another: _t("Save and add another"), discard: _t("Discard"), close: _t("Close") };
        this.state = useState({ problem: "" });
        this.root = useRef("root");
        this.saving = new Once();
        useBus(this.props.list.model.bus, "update", () => this.render(true));
        useViewButtons({ close: () => this.props.close() });
        onWillStart(async () => {
            const { arch, fields } = await this.props.formView.load();
            this.arch = arch;
            this.fields = fields;
            await this.open();
        });
        onWillUnmount(() => this.props.list.model.bus.trigger("FORGET_LOCAL_CHANGES", { record: this.record }));
    }

    get Renderer() {
        return getFormRenderer(this.arch.template);
    }

    async open() {
        const { list, record, context } = this.props;
        const known = this.fieldsOfLine();
        if (!record) {
            this.record = await list.prepareNew(context, known);
            return;
        }
        this.record = list.model.makeRecord({ resModel: list.resModel, ...known, resId: record.resId, context: list.context, parent: list.parent, parentField: list.name });
        if (record.resId) {
            await this.record.load();
        } else {
            this.record.setRaw({});
        }
        // what was changed in the line and is not saved yet
        for (const name of record.changed.size ? record.changed : record.isNew ? Object.keys(record.data) : []) {
            if (name in this.record.data) {
                this.record.data[name] = record.data[name];
                this.record.changed.add(name);
            }
        }
    }

    /** Fields of the form and of the list: a line shows both. */
    fieldsOfLine() {
        const { list } = this.props;
        return { fields: { ...list.fields, ...this.fields }, activeFields: { ...list.activeFields, ...this.arch.activeFields } };
    }

    /** @param {boolean} [isMore] */
    save(isMore = false) {
        return this.saving.exec(() => this.put(isMore));
    }

    /** @param {boolean} isMore */
    async put(isMore) {
        const { list, record, close } = this.props;
        await list.model.commitInputs();
        try {
            this.record.checkValidity();
            this.state.problem = "";
            if (!record) {
                await list.insert(this.record);
            } else {
                await list.change(() => this.takeOver(record));
            }
        } catch (error) {
            if (!(error instanceof InvalidRecordError || (error instanceof RPCError && error.isExpected))) {
                throw error;
            }
            this.state.problem = error.message;
            return;
        }
        if (isMore) {
            await this.open();
            this.render(true);
        } else {
            close();
        }
    }

    /** The line of the list now holds what the form holds. @param {any} line */
    takeOver(line) {
        Object.assign(line.fields, this.record.fields);
        line.activeFields = this.record.activeFields;
        line.data = this.record.data;
        line.changed = new Set([...line.changed, ...this.record.changed]);
        Object.values(line.data).filter((value) => value instanceof X2ManyList).forEach((list) => {
            list.parent = line;
        });
    }
}

/** Records to link, chosen from a list of the model. */
export class SelectDialog extends Component {
    static template = xml`
        <Dialog title="props.title" size="'lg'" close="props.close" footer="false" bodyClass="'f-dialog-flush'">
            <View resModel="props.resModel" type="'list'" domain="props.domain || []" context="props.context || {}" actionProps="listProps"/>
        </Dialog>`;
    static components = { Dialog, View };
    static props = ["resModel", "onSelected", "close", "title?", "domain?", "context?"];

    setup() {
        useSubEnv({ isInDialog: true, config: {} });
    }

    get listProps() {
        return { selectRecord: (record) => this.choose(record) };
    }

    choose(record) {
        this.props.onSelected([record.resId]);
        this.props.close();
    }
}

registry.category("dialogs").add("form", FormViewDialog);
registry.category("dialogs").add("line", LineDialog);
registry.category("dialogs").add("select", SelectDialog);
