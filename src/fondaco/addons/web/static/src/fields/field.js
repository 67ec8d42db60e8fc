/**
 * Which widget shows a field: `widget` of the arch where it is known, else the type's own; and what it is told.
 *
 * An entry of the registry "fields" is `{component, displayName?, supportedTypes?, extractProps?({attrs, options, field}),
 * isEmpty?(record, name), label?: false}`. A component gets `id, name, record, readonly, label, hiddenLabel` (the label, where
 * no `<label>` is seen) and what `extractProps` gives.
 */
import { Component, onMounted, onPatched, onWillUnmount, useRef, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { FieldTechnical } from "@web/fields/field_technical";
import { isFilled } from "@web/model/values";

const fields = registry.category("fields");

/** Props every field component gets. */
export const standardFieldProps = {
    id: { type: String, optional: true },
    name: String,
    readonly: { type: Boolean, optional: true },
    record: Object,
};

/**
 * @param {any} field description of the field @param {string|undefined} widget @param {string} [viewType]
 * @returns {any} an entry of the registry
 */
export function getFieldWidget(field, widget, viewType = "form") {
    for (const key of [`${viewType}.${widget}`, widget, `${viewType}.${field.type}`, field.type]) {
        const entry = key && fields.get(key, null);
        if (entry && (!entry.supportedTypes || entry.supportedTypes.includes(field.type))) {
            return entry;
        }
    }
    return fields.get("char");
}

const CONTROL = "input:not([type=file]), select, textarea, [contenteditable], button";
let lastProblem = 0;

/** What is wrong with a field: read out when it appears, and again with the control it belongs to. */
export class FieldProblem extends Component {
    static template = xml`<p class="f-field-problem" role="alert" t-ref="root" t-att-id="id" t-esc="props.message"/>`;
    static props = ["message"];

    setup() {
        this.id = `problem-${++lastProblem}`;
        /** @type {{el: any}} */
        const root = useRef("root");
        /** @type {Element|null} */
        let control = null;
        const follow = () => {
            const current = root.el.parentElement.querySelector(CONTROL);
            if (current !== control) {
                this.describe(control, false);
            }
            control = current;
            this.describe(control, true);
        };
        onMounted(follow);
        // the control may be another one by then
        onPatched(follow);
        onWillUnmount(() => this.describe(control, false));
    }

    /** Whatever else describes the control stays. @param {Element|null} control @param {boolean} isDescribed by this */
    describe(control, isDescribed) {
        const others = (control?.getAttribute("aria-describedby") || "").split(/\s+/).filter((id) => id && id !== this.id);
        const ids = isDescribed ? [...others, this.id] : others;
        if (ids.length) {
            control?.setAttribute("aria-describedby", ids.join(" "));
        } else {
            control?.removeAttribute("aria-describedby");
        }
    }
}

export class Field extends Component {
    static template = xml`
        <div class="f-field" t-att-class="classes" t-att-name="props.name" t-att-data-name="props.name">
            <t t-component="widget.component" t-props="widgetProps"/>
            <FieldTechnical t-if="env.debug and props.viewType === 'form'" field="field" active="active" resModel="props.record.resModel"/>
            <FieldProblem t-if="message" message="message"/>
        </div>`;
    static components = { FieldProblem, FieldTechnical };
    static props = ["name", "record", "active?", "id?", "isLabelled?", "readonly?", "viewType?", "class?", "*"];

    get field() {
        return this.props.record.fields[this.props.name];
    }

    get active() {
        return this.props.active || this.props.record.activeFields[this.props.name] || { name: this.props.name };
    }

    get widget() {
        return getFieldWidget(this.field, this.active.widget, this.props.viewType);
    }

    get isReadonly() {
        const { active, record } = { active: this.active, record: this.props.record };
        return Boolean(this.props.readonly) || (active.readonly === undefined ? Boolean(this.field.readonly) : record.isTrue(active.readonly));
    }

    get isRequired() {
        const { active } = this;
        return active.required === undefined ? Boolean(this.field.required) : this.props.record.isTrue(active.required);
    }

    get isInvalid() {
        return this.props.record.isFieldInvalid(this.props.name);
    }

    get message() {
        return this.props.record.invalid.get(this.props.name);
    }

    get classes() {
        const { record, name } = this.props;
        const widget = this.active.widget || this.field.type;
        return [
            `f-field-${widget.replace(/[^\w-]/g, "_")}`,
            this.isReadonly ? "f-readonly" : "",
            this.isRequired && !this.isReadonly ? "f-required" : "",
            this.isInvalid ? "f-invalid" : "",
            isFilled(this.field, record.data[name]) ? "" : "f-empty",
            this.props.class || "",
            ...this.tones,
        ].filter(Boolean).join(" ");
    }

    /** `decoration-danger="..."` of the arch, where it holds. */
    get tones() {
        const decorations = Object.entries(this.active.attrs || {}).filter(([key]) => key.startsWith("decoration-"));
        return decorations.filter(([, expression]) => this.props.record.isTrue(expression)).map(([key]) => `f-tone-${key.slice(11)}`);
    }

    get widgetProps() {
        const { name, record, id, isLabelled } = this.props;
        const active = this.active;
        const label = active.string || this.field.string;
        const own = this.widget.extractProps?.({ name, attrs: active.attrs || {}, options: active.options || {}, field: this.field, active, record, viewType: this.props.viewType || "form" }) || {};
        return { id, name, record, readonly: this.isReadonly, required: this.isRequired, invalid: this.isInvalid, label, hiddenLabel: isLabelled ? undefined : label, ...own };
    }
}
