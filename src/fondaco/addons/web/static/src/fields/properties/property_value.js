/** The value of one property, by the type of it. */
import { Component, xml } from "@odoo/owl";
import { dateToMoment, formatDate, formatDateTime, momentToDate } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { useService } from "@web/core/services";
import { searchNames } from "@web/fields/many2one/name_search";
import { TypedInput } from "@web/fields/typed_input";
import { AutoComplete } from "@web/ui/autocomplete/autocomplete";

const INPUT_TYPES = { integer: "number", float: "number", date: "date", datetime: "datetime-local", char: "text" };

/** @param {[number, string|null]} pair  without a name: the record is not for this user */
function named([, name]) {
    return name === null ? _t("No access") : name || _t("Unnamed");
}

export class PropertyValue extends Component {
    static template = xml`
        <input t-if="type === 'boolean'" type="checkbox" class="f-checkbox" t-att-aria-labelledby="props.labelId" t-att-checked="value" t-att-disabled="props.readonly" t-on-change="(ev) => props.set(ev.target.checked)"/>
        <span t-elif="props.readonly or !isEditable" class="f-value" t-esc="text"/>
        <select t-elif="type === 'selection'" class="f-input f-select" t-att-aria-labelledby="props.labelId" t-on-change="(ev) => props.set(ev.target.value || false)"><option value=""/><option t-foreach="property.selection or []" t-as="option" t-key="option[0]" t-att-value="option[0]" t-att-selected="option[0] === value" t-esc="option[1]"/></select>
        <span t-elif="type === 'tags'" class="f-radios f-radios-horizontal" role="group" t-att-aria-labelledby="props.labelId"><label t-foreach="property.tags or []" t-as="tag" t-key="tag[0]" class="f-radio"><input type="checkbox" class="f-checkbox" t-att-checked="(value or []).includes(tag[0])" t-on-change="() => this.toggle(tag[0])"/><span t-esc="tag[1]"/></label></span>
        <AutoComplete t-elif="type === 'many2one'" label="property.string" value="text" source="(text, isWhole) => this.propose(text, isWhole)" record="props.record" name="props.name" invalid="props.record.invalid.has(props.name)" onClear="() => props.set(false)"/>
        <TypedInput t-else="" record="props.record" type="inputType" labelId="props.labelId" value="typed" onChange="(text) => this.read(text)"/>`;
    static components = { AutoComplete, TypedInput };
    static props = ["property", "record", "name", "labelId", "readonly", "set"];

    setup() {
        this.orm = useService("orm");
    }

    get property() {
        return this.props.property;
    }

    get type() {
        return this.property.type;
    }

    get value() {
        return this.property.value ?? false;
    }

    get isEditable() {
        return this.type in INPUT_TYPES || ["selection", "tags", "many2one"].includes(this.type);
    }

    get inputType() {
        return INPUT_TYPES[this.type];
    }

    get typed() {
        if (this.value === false) {
            return "";
        }
        if (this.type === "datetime") {
            const date = momentToDate(this.value);
            return new Date(date.getTime() - date.getTimezoneOffset() * 60e3).toISOString().slice(0, 16);
        }
        return this.value;
    }

    get text() {
        const { type, value } = this;
        const labels = (pairs, keys) => keys.map((key) => (pairs || []).find(([candidate]) => candidate === key)?.[1]).filter(Boolean).join(", ");
        if (value === false) {
            return "";
        }
        const writers = {
            date: () => formatDate(value), datetime: () => formatDateTime(value), selection: () => labels(this.property.selection, [value]), tags: () => labels(this.property.tags, value),
            many2one: () => named(value), many2many: () => value.map(named).join(", "),
        };
        return writers[type] ? writers[type]() : String(value);
    }

    /** @param {string} text */
    read(text) {
        const values = { integer: () => Math.round(Number(text)), float: () => Number(text), datetime: () => dateToMoment(new Date(text)) };
        return this.props.set(text === "" ? false : values[this.type] ? values[this.type]() : text);
    }

    /** @param {string} tag */
    toggle(tag) {
        const tags = this.value || [];
        this.props.set(tags.includes(tag) ? tags.filter((other) => other !== tag) : [...tags, tag]);
    }

    /** @param {string} text @param {boolean} [isWhole] */
    async propose(text, isWhole) {
        const found = await searchNames(this.orm, this.property.comodel, text, { isWhole });
        return found.map(([id, name]) => ({ label: name, onSelect: () => this.props.set([id, name]) }));
    }
}
