/** A form on the page: the template its arch became, with the record in it. */
import { Component, xml } from "@odoo/owl";
import { Field } from "@web/fields/field";
import { Notebook } from "@web/views/form/notebook";
import { ViewButton } from "@web/views/view_button";
import { ViewWidget } from "@web/views/view_widget";

let lastId = 0;

export class FormRendererBase extends Component {
    static components = { Field, Notebook, ViewButton, ViewWidget };
    static props = ["record", "arch", "readonly?"];

    setup() {
        this.prefix = `form-${++lastId}`;
    }

    get record() {
        return this.props.record;
    }

    get readonly() {
        return Boolean(this.props.readonly);
    }

    get uses() {
        return this.props.arch.uses;
    }

    get widgets() {
        return this.props.arch.widgets;
    }

    get buttons() {
        return this.props.arch.buttons;
    }

    /** @param {number} condition */
    hides(condition) {
        return this.record.isTrue(this.props.arch.conditions[condition]);
    }

    /** @param {number} use */
    idOf(use) {
        return `${this.prefix}-${this.uses[use].active.name}-${use}`;
    }

    /** @param {string} name of a field, or the id of its element @returns {number} the first use of the field that is seen */
    useOfName(name) {
        const usesWith = (isMeant) => this.uses.flatMap((use, index) => (isMeant(use.active) ? [index] : []));
        const named = usesWith((active) => active.name === name);
        const uses = named.length ? named : usesWith((active) => active.attrs?.id === name);
        return uses.find((index) => !this.record.isTrue(this.uses[index].active.invisible)) ?? uses[0] ?? -1;
    }

    idOfName(name) {
        const use = this.useOfName(name);
        return use >= 0 ? this.idOf(use) : undefined;
    }

    labelOfName(name) {
        const use = this.useOfName(name);
        return use >= 0 ? this.uses[use].active.string : name;
    }

    /** @param {number} use */
    labelClass(use) {
        const { active, field } = this.uses[use];
        const isRequired = active.required === undefined ? field.required : this.record.isTrue(active.required);
        return { "f-required": isRequired && !this.readonly, "f-invalid": this.record.isFieldInvalid(active.name) };
    }

    labelClassOfName(name) {
        const use = this.useOfName(name);
        return use >= 0 ? this.labelClass(use) : {};
    }
}

/** @type {Map<string, any>} */
const classes = new Map();

/** One class for each template: owl compiles it once. @param {string} template @param {typeof FormRendererBase} [Base] @returns {any} */
export function getFormRenderer(template, Base = FormRendererBase) {
    let FormRenderer = classes.get(template);
    if (!FormRenderer) {
        FormRenderer = class FormRenderer extends Base {
            static template = xml`${template}`;
        };
        classes.set(template, FormRenderer);
    }
    return FormRenderer;
}
