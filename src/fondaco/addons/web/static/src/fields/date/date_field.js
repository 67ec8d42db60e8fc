/** A day or a moment: the browser's own control, which knows the keyboard, the language and the phone. Moments are held in UTC. */
import { Component, xml } from "@odoo/owl";
import { clockNow } from "@web/core/clock";
import { dateToMoment, dayToDate, formatDate, formatDateTime, momentToDate, ParseError } from "@web/core/formats";
import { _t, intlTag } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useInputField } from "@web/fields/input";
import { Icon } from "@web/ui/icon/icon";

export class DateField extends Component {
    static template = xml`
        <t t-if="props.readonly"><span class="f-value" t-esc="shown"/></t>
        <input t-else="" t-ref="input" class="f-input f-date" t-att-type="isDayShown ? 'date' : 'datetime-local'" t-att-min="limitOf(props.least)" t-att-max="limitOf(props.most) or '9999-12-31T23:59'" t-att-step="step" t-att-id="props.id"
               t-att-aria-label="props.hiddenLabel" t-att-aria-required="props.required ? 'true' : undefined" t-att-aria-invalid="props.invalid ? 'true' : undefined"/>
        <span t-if="isWarned" class="f-date-warning" role="status"><Icon name="'warning'"/><t t-esc="texts.future"/></span>`;
    static components = { Icon };
    static props = ["*"];

    setup() {
        this.texts = { future: _t("This is in the future.") };
        useInputField({ getValue: () => this.typed, parse: (text) => this.parse(text) });
    }

    get isDay() {
        return this.props.record.fields[this.props.name].type === "date";
    }

    /** Whether the day alone is seen; the time of a moment stays what it is. */
    get isDayShown() {
        return this.isDay || Boolean(this.props.isDayOnly);
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    get shown() {
        return this.isDayShown ? formatDate(this.dayOf(this.value)) : formatDateTime(this.value, { showSeconds: this.props.hasSeconds });
    }

    /** @param {string|false} value @returns {string} */
    dayOf(value) {
        return !value ? "" : this.isDay ? value : this.localOf(value).slice(0, 10);
    }

    /** A moment in the zone of this machine, as the control takes it. @param {string} moment */
    localOf(moment) {
        return toControl(momentToDate(moment), this.props.hasSeconds);
    }

    get typed() {
        return !this.value ? "" : this.isDayShown ? this.dayOf(this.value) : this.localOf(this.value);
    }

    /** Between which minutes the control goes: in seconds, as browsers count. */
    get step() {
        return this.isDayShown ? undefined : this.props.hasSeconds ? 1 : this.props.rounding ? this.props.rounding * 60 : undefined;
    }

    get isWarned() {
        return Boolean(this.props.warnsOfFuture && this.value) && String(this.dayOf(this.value)) > today();
    }

    /** @param {string|undefined} source a day, a moment or "today" @returns {string|undefined} as the control takes it */
    limitOf(source) {
        if (!source) {
            return undefined;
        }
        const day = source === "today" ? today() : source.slice(0, 10);
        return this.isDayShown ? day : source.length > 10 ? this.localOf(source) : day + (source === this.props.most ? "T23:59" : "T00:00");
    }

    /** @param {string} text */
    parse(text) {
        if (!text) {
            return false;
        }
        const [least, most] = [this.limitOf(this.props.least), this.limitOf(this.props.most)];
        if (least && text < least) {
            throw new ParseError(_t("Nothing before %s.", formatDate(least.slice(0, 10))));
        }
        if (most && text > most) {
            throw new ParseError(_t("Nothing after %s.", formatDate(most.slice(0, 10))));
        }
        const time = this.isDayShown ? `T${this.value && !this.isDay ? toControl(momentToDate(this.value), true).slice(11) : "00:00"}` : "";
        return this.isDay ? text : dateToMoment(new Date(text + time));
    }
}

/** @param {Date} date @param {boolean} [hasSeconds] @returns {string} as an input of the browser takes it */
const toControl = (date, hasSeconds = false) => new Date(date.getTime() - date.getTimezoneOffset() * 60e3).toISOString().slice(0, hasSeconds ? 19 : 16);
const today = () => toControl(clockNow()).slice(0, 10);

/** What archs say of a day or a moment. @param {{options: Record<string, any>}} info */
export const dateProps = ({ options }) => ({
    least: options.min_date,
    most: options.max_date,
    warnsOfFuture: Boolean(options.warn_future),
    rounding: Number(options.rounding) || 0,
    hasSeconds: options.show_seconds === true,
    isDayOnly: options.show_time === false,
});

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
export const dateField = { component: DateField, displayName: _t("Date"), supportedTypes: ["date", "datetime"], extractProps: (info) => ({ ...dateProps(info), isDayOnly: true }) };
fields.add("date", dateField);
export const dateTimeField = { component: DateField, displayName: _t("Date and time"), supportedTypes: ["datetime", "date"], extractProps: dateProps };
fields.add("datetime", dateTimeField);
export const remainingDaysField = { component: RemainingDaysField, displayName: _t("Remaining days"), supportedTypes: ["date", "datetime"], extractProps: dateProps };
fields.add("remaining_days", remainingDaysField);
