/** A day or a moment: the browser's own control, which knows the keyboard, the language and the phone. Moments are held in UTC. */
import { Component, xml } from "@odoo/owl";
import { dateToMoment, formatDate, formatDateTime, momentToDate } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useInputField } from "@web/fields/input";

export class DateField extends Component {
    static template = xml`
        <t t-if="props.readonly"><span class="f-value" t-esc="shown"/></t>
        <input t-else="" t-ref="input" class="f-input f-date" t-att-type="isDay ? 'date' : 'datetime-local'" max="9999-12-31T23:59" t-att-id="props.id"
               t-att-aria-label="props.id ? undefined : props.label" t-att-aria-required="props.required ? 'true' : undefined" t-att-aria-invalid="props.invalid ? 'true' : undefined"/>`;
    static props = ["*"];

    setup() {
        useInputField({ getValue: () => this.typed, parse: (text) => this.parse(text) });
    }

    get isDay() {
        return this.props.record.fields[this.props.name].type === "date";
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    get shown() {
        return this.isDay || this.props.isDayOnly ? formatDate(this.isDay ? this.value : this.value && this.localText.slice(0, 10)) : formatDateTime(this.value);
    }

    /** The moment in the zone of this machine, as the control takes it. */
    get localText() {
        const date = momentToDate(this.value);
        return new Date(date.getTime() - date.getTimezoneOffset() * 60e3).toISOString().slice(0, 16);
    }

    get typed() {
        return !this.value ? "" : this.isDay ? this.value : this.localText;
    }

    /** @param {string} text */
    parse(text) {
        return !text ? false : this.isDay ? text : dateToMoment(new Date(text));
    }
}

const fields = registry.category("fields");
fields.add("date", { component: DateField, displayName: _t("Date"), supportedTypes: ["date", "datetime"], extractProps: () => ({ isDayOnly: true }) });
fields.add("datetime", { component: DateField, displayName: _t("Date and time"), supportedTypes: ["datetime", "date"] });
fields.add("remaining_days", { component: DateField, displayName: _t("Remaining days"), supportedTypes: ["date", "datetime"] });
