/** Where a record stands on its way: the steps in a row, the present one marked; a press goes there where that is allowed. */
import { Component, onWillStart, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";

export class StatusBarField extends Component {
    static template = xml`
        <ol class="f-statusbar" t-att-aria-label="props.label">
            <li t-foreach="steps" t-as="step" t-key="step[0]" t-att-class="{'f-current': step[0] === value}" t-att-aria-current="step[0] === value ? 'step' : undefined">
                <button type="button" t-att-disabled="!props.isClickable or step[0] === value" t-on-click="() => this.choose(step)" t-esc="step[1]"/>
            </li>
        </ol>`;
    static props = ["*"];

    setup() {
        this.orm = useService("orm");
        this.state = useState({ records: /** @type {[number, string][]} */ ([]) });
        onWillStart(async () => {
            if (this.field.type === "many2one") {
                this.state.records = await this.orm.call(this.field.relation, "name_search", [], { name: "", limit: 30 });
            }
        });
    }

    get field() {
        return this.props.record.fields[this.props.name];
    }

    get value() {
        const value = this.props.record.data[this.props.name];
        return this.field.type === "many2one" ? value && value[0] : value;
    }

    get steps() {
        const all = this.field.type === "many2one" ? this.state.records : this.field.selection || [];
        const visible = this.props.visible;
        return visible.length ? all.filter(([key]) => visible.includes(String(key)) || key === this.value) : all;
    }

    choose(step) {
        const value = this.field.type === "many2one" ? step : step[0];
        return this.props.record.update({ [this.props.name]: value }, { save: true });
    }
}

export const statusBarField = {
    component: StatusBarField,
    displayName: _t("Status"),
    supportedTypes: ["selection", "many2one"],
    extractProps: ({ attrs, options }) => ({
        visible: (attrs.statusbar_visible || "").split(",").map((part) => part.trim()).filter(Boolean),
        isClickable: Boolean(options.clickable),
    }),
};

registry.category("fields").add("statusbar", statusBarField);
// how long a record stayed in each step is not measured here
registry.category("fields").add("statusbar_duration", statusBarField);
