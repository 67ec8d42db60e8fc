/** Where a record stands on its way: the steps in a row, the present one marked; a press goes there where that is allowed. */
import { Component, onWillStart, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { Dropdown, DropdownItem } from "@web/ui/dropdown/dropdown";
import { Icon } from "@web/ui/icon/icon";

const LIMIT = 30;

export class StatusBarField extends Component {
    static template = xml`
        <ol class="f-statusbar" t-att-aria-label="props.label">
            <li t-foreach="steps" t-as="step" t-key="step[0]" t-att-class="{'f-current': step[0] === value}" t-att-aria-current="step[0] === value ? 'step' : undefined">
                <button type="button" t-att-disabled="!props.isClickable or step[0] === value" t-on-click="() => this.choose(step)" t-esc="step[1]"/>
            </li>
            <li t-if="folded.length">
                <Dropdown label="moreText" title="moreText" togglerClass="'f-statusbar-more'" position="'end'" floats="true">
                    <Icon name="'dots'"/>
                    <t t-set-slot="content"><DropdownItem t-foreach="folded" t-as="step" t-key="step[0]" disabled="!props.isClickable" onSelected="() => this.choose(step)"><t t-esc="step[1]"/></DropdownItem></t>
                </Dropdown>
            </li>
        </ol>`;
    static components = { Dropdown, DropdownItem, Icon };
    static props = ["*"];

    setup() {
        this.orm = useService("orm");
        this.state = useState({ records: /** @type {[number, string][]} */ ([]), folded: /** @type {number[]} */ ([]) });
        this.moreText = _t("More");
        onWillStart(async () => {
            if (this.field.type === "many2one") {
                const { record, domain, foldField } = this.props;
                const names = ["display_name", ...(foldField ? [foldField] : [])];
                const found = await this.orm.searchRead(this.field.relation, record.readDomain(domain || this.field.domain), names, { limit: LIMIT });
                this.state.records = found.map(({ id, display_name: name }) => [id, name]);
                this.state.folded = found.filter((row) => row[foldField]).map(({ id }) => id);
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

    /** Steps that are out of the way until one asks for them; never the present one. */
    get folded() {
        return this.all.filter(([key]) => this.state.folded.includes(Number(key)) && key !== this.value);
    }

    get steps() {
        return this.all.filter((step) => !this.folded.includes(step));
    }

    get all() {
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
    extractProps: ({ attrs, options, active }) => ({
        visible: (attrs.statusbar_visible || "").split(",").map((part) => part.trim()).filter(Boolean),
        // archs write it as 1, '1', True
        isClickable: !/^(undefined|0|false|none|)$/i.test(String(options.clickable)),
        domain: active.domain,
        foldField: options.fold_field,
    }),
};

registry.category("fields").add("statusbar", statusBarField);
// how long a record stayed in each step is not measured here
registry.category("fields").add("statusbar_duration", statusBarField);
