/** One of few: a list, radio buttons or a badge. A many2one can be shown the same way where its records are few. */
import { Component, onWillStart, useState, xml } from "@odoo/owl";
import { formatValue } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";

let lastId = 0;

class ChoiceField extends Component {
    static props = ["*"];

    setup() {
        this.group = `choice-${++lastId}`;
        this.orm = useService("orm");
        this.state = useState({ records: /** @type {[number, string][]} */ ([]) });
        onWillStart(async () => {
            if (this.field.type === "many2one" && !this.props.readonly) {
                this.state.records = await this.orm.call(this.field.relation, "name_search", [], { name: "", args: this.props.record.readDomain(this.props.domain || this.field.domain), limit: 100 });
            }
        });
    }

    get field() {
        return this.props.record.fields[this.props.name];
    }

    get options() {
        return this.field.type === "many2one" ? this.state.records : this.field.selection || [];
    }

    get value() {
        const value = this.props.record.data[this.props.name];
        return this.field.type === "many2one" ? value && value[0] : value;
    }

    get text() {
        return formatValue(this.field, this.props.record.data[this.props.name]);
    }

    /** @param {any} key */
    choose(key) {
        const option = this.options.find(([candidate]) => String(candidate) === String(key));
        const value = this.field.type === "many2one" ? option || false : option ? option[0] : false;
        return this.props.record.update({ [this.props.name]: value });
    }
}

export class SelectionField extends ChoiceField {
    static template = xml`
        <t t-if="props.readonly"><span class="f-value" t-esc="text"/></t>
        <select t-else="" class="f-input f-select" t-att-id="props.id" t-att-aria-label="props.hiddenLabel" t-att-aria-required="props.required ? 'true' : undefined"
                t-att-aria-invalid="props.invalid ? 'true' : undefined" t-on-change="(ev) => this.choose(ev.target.value)">
            <option t-if="!props.required or !value" value="" t-att-selected="!value" t-esc="props.placeholder or ''"/>
            <option t-foreach="options" t-as="option" t-key="option[0]" t-att-value="option[0]" t-att-selected="option[0] === value" t-esc="option[1]"/>
        </select>`;
}

export class RadioField extends ChoiceField {
    static template = xml`
        <t t-if="props.readonly"><span class="f-value" t-esc="text"/></t>
        <div t-else="" class="f-radios" role="radiogroup" t-att-id="props.id" t-att-class="{'f-radios-horizontal': props.isHorizontal, 'f-chips': props.isChips}" t-att-aria-label="props.label">
            <label t-foreach="options" t-as="option" t-key="option[0]" class="f-radio">
                <input type="radio" t-att-name="group" t-att-value="option[0]" t-att-checked="option[0] === value" t-on-change="() => this.choose(option[0])"/><span t-esc="option[1]"/>
            </label>
        </div>`;
}

export class BadgeField extends ChoiceField {
    static template = xml`<span t-if="text" class="f-badge" t-att-class="tone" t-esc="text"/>`;

    get text() {
        return formatValue(this.field, this.props.record.data[this.props.name]);
    }

    get tone() {
        const found = Object.entries(this.props.decorations || {}).find(([, expression]) => this.props.record.isTrue(expression));
        return found ? `f-tone-${found[0]}` : "";
    }
}

/** @param {Record<string, string>} attrs @returns {Record<string, string>} tone to expression */
const decorationsOf = (attrs) => Object.fromEntries(Object.entries(attrs).filter(([key]) => key.startsWith("decoration-")).map(([key, value]) => [key.slice(11), value]));
const fields = registry.category("fields");
const choices = ["selection", "many2one"];

export const selectionField = { component: SelectionField, displayName: _t("Selection"), supportedTypes: choices, extractProps: ({ attrs, active }) => ({ placeholder: attrs.placeholder, domain: active.domain }) };
fields.add("selection", selectionField);
export const radioField = { component: RadioField, displayName: _t("Radio buttons"), supportedTypes: choices, extractProps: ({ options, active }) => ({ isHorizontal: Boolean(options.horizontal), domain: active.domain }) };
fields.add("radio", radioField);
export const badgeSelectionField = { component: RadioField, displayName: _t("Badges"), supportedTypes: choices, extractProps: ({ active }) => ({ isHorizontal: true, isChips: true, domain: active.domain }) };
fields.add("selection_badge", badgeSelectionField);
export const badgeField = { component: BadgeField, displayName: _t("Badge"), supportedTypes: ["selection", "many2one", "char", "integer", "boolean"], extractProps: ({ attrs }) => ({ decorations: decorationsOf(attrs), readonly: true }) };
fields.add("badge", badgeField);
