/** Days of one's own to search by: from the one to the other, or open on one side. */
import { Component, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { useBus, useService } from "@web/core/services";
import { DateField } from "@web/fields/date/date_field";
import { RelationalModel } from "@web/model/relational";
import { Dialog } from "@web/ui/dialog/dialog";
import { ownRange } from "@web/views/search/periods";

/** What the days are held in until they are used. */
const FIELDS = { first: { type: "date", string: _t("From") }, last: { type: "date", string: _t("To") } };

export class RangeDialog extends Component {
    static template = xml`
        <Dialog title="props.item.label" size="'sm'" close="props.close">
            <form id="search-range" class="f-search-range" t-on-submit.prevent="() => this.apply()">
                <div t-foreach="fields" t-as="field" t-key="field[0]">
                    <label class="f-label" t-att-for="'search-range-' + field[0]" t-esc="field[1].string"/>
                    <DateField id="'search-range-' + field[0]" record="record" name="field[0]" invalid="!!state.problem"/>
                </div>
            </form>
            <p class="f-search-range-problem" role="alert" t-esc="state.problem"/>
            <t t-set-slot="footer">
                <button type="submit" form="search-range" class="f-button f-button-primary" name="apply" t-esc="texts.apply"/>
                <button type="button" class="f-button" t-on-click="() => props.close()" t-esc="texts.discard"/>
            </t>
        </Dialog>`;
    static components = { DateField, Dialog };
    static props = ["item", "searchModel", "close"];

    setup() {
        this.texts = { apply: _t("Search by it"), discard: _t("Discard") };
        this.fields = Object.entries(FIELDS);
        this.state = useState({ problem: "" });
        const model = new RelationalModel({ orm: useService("orm"), dialog: useService("dialog"), notification: useService("notification") });
        this.record = model.makeRecord({ resModel: "ir.filters", fields: FIELDS, activeFields: { first: { name: "first" }, last: { name: "last" } } });
        this.record.setRaw({ first: false, last: false });
        useBus(model.bus, "update", () => this.render(true));
    }

    async apply() {
        await this.record.model.commitInputs();
        const { first, last } = this.record.data;
        if (!first && !last) {
            this.state.problem = _t("Say at least one day: the first or the last.");
        } else if (first && last && last < first) {
            this.state.problem = _t("The last day comes before the first one.");
        } else {
            this.props.searchModel.addRange(this.props.item, ownRange(first, last));
            this.props.close();
        }
    }
}
