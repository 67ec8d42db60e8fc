/** On which days of the week: a box for each, in the order of the language; each is a field of the record. */
import { Component, xml } from "@odoo/owl";
import { intlTag, locale } from "@web/core/i18n";
import { registry } from "@web/core/registry";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const A_MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;

export class WeekDays extends Component {
    static template = xml`
        <div class="f-week-days" role="group">
            <label t-foreach="days" t-as="day" t-key="day.name" class="f-radio" t-att-title="day.long">
                <input type="checkbox" class="f-checkbox" t-att-name="day.name" t-att-aria-label="day.long" t-att-checked="props.record.data[day.name]" t-att-disabled="isFixed(day.name)" t-on-change="(ev) => props.record.update({ [day.name]: ev.target.checked })"/><span t-esc="day.short"/>
            </label>
        </div>`;
    static props = ["record", "readonly?", "*"];

    get days() {
        const write = (weekday, place) => new Intl.DateTimeFormat(intlTag(), { weekday, timeZone: "UTC" }).format(A_MONDAY + place * DAY_MS);
        const first = (locale.weekStart + DAYS.length - 1) % DAYS.length;
        const ordered = DAYS.map((name, place) => ({ name, short: write("short", place), long: write("long", place) }));
        return [...ordered.slice(first), ...ordered.slice(0, first)].filter(({ name }) => name in this.props.record.fields);
    }

    /** @param {string} name */
    isFixed(name) {
        const { record, readonly } = this.props;
        return Boolean(readonly) || record.isReadonly(name);
    }
}

registry.category("view_widgets").add("week_days", { component: WeekDays, fieldDependencies: DAYS.map((name) => ({ name, type: "boolean" })) });
