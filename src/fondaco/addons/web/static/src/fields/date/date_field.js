/** A day or a moment: the browser's own control, which knows the keyboard, the language and the phone. Moments are held in UTC. */
import { Component, xml } from "@odoo/owl";
import { clockNow } from "@web/core/clock";
import { dateToMoment, dayToDate, formatDate, formatDateTime, momentToDate } from "@web/core/formats";
import { _t, intlTag } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useInputField } from "@web/fields/input";

export class DateField extends Component {
    static template = xml`
        <t t-if="props.readonly"><span class="f-value" t-esc="shown"/></t>
        <input t-else="" t-ref="input" class="f-input f-date" t-att-type="isDay ? 'date' : 'datetime-local'" max="9999-12-31T23:59" t-att-id="props.id"
               t-att-aria-label="props.hiddenLabel" t-att-aria-required="props.required ? 'true' : undefined" t-att-aria-invalid="props.invalid ? 'true' : undefined"/>`;
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

const DAY_MS = 86_400_000;
/** Days in words say more than a date only as long as one counts them. */
const COUNTED_DAYS = 99;

/** How far off a day is, in words: "in 3 days", "yesterday". The date itself where it is far away, or changed. */
export class RemainingDaysField extends DateField {
    get shown() {
        const day = this.value && new Date(this.isDay ? dayToDate(this.value) : momentToDate(this.value));
        // rounded, for a day may have 23 hours
        const days = day && Math.round((day.setHours(0, 0, 0, 0) - clockNow().setHours(0, 0, 0, 0)) / DAY_MS);
        return day && Math.abs(days) <= COUNTED_DAYS ? new Intl.RelativeTimeFormat(intlTag(), { numeric: "auto" }).format(days, "day") : super.shown;
    }
}

// one component for both; addons know the one for moments by this name
export const DateTimeField = DateField;

const fields = registry.category("fields");
export const dateField = { component: DateField, displayName: _t("Date"), supportedTypes: ["date", "datetime"], extractProps: () => ({ isDayOnly: true }) };
fields.add("date", dateField);
export const dateTimeField = { component: DateField, displayName: _t("Date and time"), supportedTypes: ["datetime", "date"] };
fields.add("datetime", dateTimeField);
export const remainingDaysField = { component: RemainingDaysField, displayName: _t("Remaining days"), supportedTypes: ["date", "datetime"] };
fields.add("remaining_days", remainingDaysField);
