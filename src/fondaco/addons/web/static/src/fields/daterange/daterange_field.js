/** From one day or moment to another: two fields of a record, shown and changed together. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { DateField, dateProps } from "@web/fields/date/date_field";

export class DateRangeField extends Component {
    static template = xml`
        <div class="f-daterange">
            <DateField t-props="propsOf(first, true)"/>
            <t t-if="isSecondShown"><span aria-hidden="true">–</span><DateField t-props="propsOf(second, false)"/></t>
        </div>`;
    static components = { DateField };
    static props = ["*"];

    get first() {
        return this.props.startField || this.props.name;
    }

    get second() {
        return this.props.endField || this.props.name;
    }

    get isSecondShown() {
        const { record, readonly } = this.props;
        return this.first !== this.second && (!readonly || record.data[this.second]);
    }

    /** @param {string} name @param {boolean} isFirst the label of the form belongs to it */
    propsOf(name, isFirst) {
        const { id, label, record, readonly, required, invalid } = this.props;
        const text = isFirst ? _t("%s: from", label) : _t("%s: to", label);
        return { ...this.props.dateProps, id: isFirst ? id : undefined, name, record, readonly, required, invalid: invalid || record.isFieldInvalid(name), hiddenLabel: text };
    }
}

export const dateRangeField = {
    component: DateRangeField,
    displayName: _t("Date range"),
    supportedTypes: ["date", "datetime"],
    fieldDependencies: ({ options }) => [options.start_date_field, options.end_date_field].filter(Boolean),
    extractProps: (info) => ({ dateProps: dateProps(info), startField: info.options.start_date_field, endField: info.options.end_date_field }),
};
registry.category("fields").add("daterange", dateRangeField);
