/**
 * The lines of a record inside its form: a list (edited in place where the arch says so) or cards, painted by the renderer
 * the registry "views" has for that kind; other lines are edited in a dialog.
 */
import { Component, xml } from "@odoo/owl";
import { makeContext } from "@web/core/context";
import { Domain } from "@web/core/domain";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { isAllowed } from "@web/fields/x2many/allowed";
import { Pager } from "@web/ui/pager/pager";

export class X2ManyField extends Component {
    static template = xml`
        <div class="f-x2many" t-att-id="props.id" role="group" t-att-aria-label="props.label">
            <div class="f-x2many-bar" t-if="list.count gt list.limit">
                <Pager offset="list.offset" limit="list.limit" total="list.count" onUpdate="(offset) => this.list.setOffset(offset)"/>
            </div>
            <t t-component="view.Renderer" t-props="rendererProps"/>
        </div>`;
    static components = { Pager };
    static props = ["*"];

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
    }

    get list() {
        return this.props.record.data[this.props.name];
    }

    get subview() {
        return this.props.subview;
    }

    get view() {
        return registry.category("views").get(this.subview.type);
    }

    get isMany2many() {
        return this.props.record.fields[this.props.name].type === "many2many";
    }

    get canAdd() {
        return !this.props.readonly && this.subview.arch.activeActions.create && isAllowed(this.props.mayAdd, this.props.record);
    }

    get canRemove() {
        return !this.props.readonly && this.subview.arch.activeActions.delete && isAllowed(this.props.mayRemove, this.props.record);
    }

    get rendererProps() {
        const arch = this.namedArch;
        return {
            list: this.list,
            arch,
            isInForm: true,
            readonly: Boolean(this.props.readonly),
            editable: this.props.readonly || this.isMany2many ? "" : arch.editable,
            openRecord: (record) => this.open(record),
            addLine: this.canAdd ? (context) => this.add(context) : undefined,
            removeLine: this.canRemove ? (record) => this.list.remove(record) : undefined,
            parent: this.props.record,
            above: this.above,
            layoutKey: `${this.props.record.resModel}.${this.props.name}`,
        };
    }

    /** The arch of the lines, its way to add one named as the field wants it. */
    get namedArch() {
        const { arch } = this.subview;
        const { createText } = this.props;
        return createText && arch.adders ? { ...arch, adders: arch.adders.map((adder) => (adder.button || adder.string ? adder : { ...adder, string: createText })) } : arch;
    }

    /** What buttons below the lines are pressed for: none of the lines; they see the record as `parent`. */
    get above() {
        const { list, props } = this;
        const { model } = list;
        const names = () => ({ ...model.evalBase, context: { ...model.context }, parent: props.record.evalContext });
        return { resModel: list.resModel, resId: false, model, isTrue: (/** @type {string} */ expression) => model.isTrue(expression, names), get evalContext() { return names(); } };
    }

    /** @param {object|string} [given] context */
    async add(given = {}) {
        const context = makeContext([given], this.above.evalContext);
        if (this.subview.arch.editable && !this.isMany2many) {
            return this.list.addNew({ context, position: this.subview.arch.editable });
        }
        if (this.isMany2many) {
            return this.dialog.add(registry.category("dialogs").get("select"), {
                resModel: this.list.resModel,
                context: { ...this.list.context, ...context },
                title: _t("Add: %s", this.props.label),
                domain: Domain.and([this.props.record.readDomain(this.props.domain || this.list.field.domain), [["id", "not in", this.list.resIds]]]).toList(),
                onSelected: (ids) => this.linkIds(ids),
            });
        }
        return this.openDialog(null, context);
    }

    /** What is saved meanwhile waits for them. @param {number[]} ids */
    async linkIds(ids) {
        const { getSpecification } = this.props.modelTools;
        const specification = getSpecification(this.list.activeFields, this.list.fields);
        const rows = await this.list.model.exec(() => this.orm.webRead(this.list.resModel, ids, { specification }));
        await this.list.link(rows);
    }

    /** @param {any} record */
    open(record) {
        return this.openDialog(record);
    }

    /** @param {any} record null for a new line @param {object} [context] */
    openDialog(record, context = {}) {
        this.dialog.add(registry.category("dialogs").get("line"), {
            list: this.list,
            record,
            context,
            formView: this.props.formView,
            readonly: Boolean(this.props.readonly),
            title: this.props.label,
        });
    }
}

export const x2ManyField = {
    component: X2ManyField,
    displayName: _t("Lines"),
    supportedTypes: ["one2many", "many2many"],
    /** The view must be given: `active.subviews` holds list or kanban, and form. */
    needsSubviews: true,
    extractProps: ({ active, field, options }) => ({ createText: options.create_text, mayAdd: field.type === "many2many" ? options.link : options.create, mayRemove: field.type === "many2many" ? options.unlink : options.delete, subview: active.subviews?.list || active.subviews?.kanban, formView: active.subviews?.form, domain: active.domain, modelTools: active.modelTools }),
};

registry.category("fields").add("one2many", x2ManyField);
registry.category("fields").add("many2many", x2ManyField);
