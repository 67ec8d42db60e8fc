/** All records that may be chosen, each with a box: for relations with few. */
import { Component, onWillStart, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";

const LIMIT = 100;

export class Many2ManyCheckboxesField extends Component {
    static template = xml`
        <div class="f-radios" role="group" t-att-id="props.id" t-att-aria-label="props.label">
            <label t-foreach="state.offered" t-as="item" t-key="item[0]" class="f-radio"><input type="checkbox" class="f-checkbox" t-att-checked="has(item[0])" t-att-disabled="props.readonly" t-on-change="() => this.toggle(item)"/><span t-esc="item[1]"/></label>
        </div>`;
    static props = ["*"];

    setup() {
        this.orm = useService("orm");
        this.state = useState({ offered: /** @type {[number, string][]} */ ([]) });
        onWillStart(async () => {
            const { record, name, domain, context } = this.props;
            const args = record.readDomain(domain || record.fields[name].domain);
            this.state.offered = await this.orm.call(record.fields[name].relation, "name_search", [], { name: "", args, limit: LIMIT, context: record.readContext(context) });
        });
    }

    get list() {
        return this.props.record.data[this.props.name];
    }

    /** @param {number} id */
    has(id) {
        return this.list.currentIds.includes(id);
    }

    /** @param {[number, string]} item */
    toggle([id, name]) {
        const present = this.list.records.find((record) => record.resId === id);
        return present ? this.list.remove(present) : this.list.link([{ id, display_name: name }]);
    }
}

export const many2ManyCheckboxesField = {
    component: Many2ManyCheckboxesField,
    displayName: _t("Boxes"),
    supportedTypes: ["many2many"],
    relatedFields: () => ["display_name"],
    extractProps: ({ active }) => ({ domain: active.domain, context: active.context }),
};
registry.category("fields").add("many2many_checkboxes", many2ManyCheckboxesField);
