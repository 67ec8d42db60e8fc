/** A filter of one's own: built of rules, or written, and searched by at once. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { useBus, useService } from "@web/core/services";
import { DomainField } from "@web/fields/domain/domain_field";
import { LABELS, readRules } from "@web/fields/domain/domain_rules";
import { RelationalModel } from "@web/model/relational";
import { Dialog } from "@web/ui/dialog/dialog";

/** What the filter is held in until it is used. */
const FIELDS = { domain: { type: "char", string: "Domain" } };

export class FilterDialog extends Component {
    static template = xml`
        <Dialog title="texts.title" close="props.close">
            <DomainField record="record" name="'domain'" model="props.searchModel.resModel"/>
            <t t-set-slot="footer">
                <button type="button" class="f-button f-button-primary" name="apply" t-on-click="() => this.apply()" t-esc="texts.apply"/>
                <button type="button" class="f-button" t-on-click="() => props.close()" t-esc="texts.discard"/>
            </t>
        </Dialog>`;
    static components = { Dialog, DomainField };
    static props = ["searchModel", "close"];

    setup() {
        this.texts = { title: _t("Filter of your own"), apply: _t("Search by it"), discard: _t("Discard") };
        const model = new RelationalModel({ orm: useService("orm"), dialog: useService("dialog"), notification: useService("notification") });
        const record = model.makeRecord({ resModel: "ir.filters", fields: FIELDS, activeFields: { domain: { name: "domain" } } });
        record.setRaw({ domain: "[]" });
        this.record = record;
        useBus(model.bus, "update", () => this.render(true));
    }

    async apply() {
        await this.record.model.commitInputs();
        const text = this.record.data.domain || "[]";
        this.props.searchModel.addFilter(text, this.labelOf(text));
        this.props.close();
    }

    /** The rules in words, where it is made of rules. @param {string} text */
    labelOf(text) {
        const { fields } = this.props.searchModel;
        const read = readRules(text);
        const words = (read?.rules || []).map(({ path, operator, value }) => `${fields[path]?.string || path} ${LABELS[operator] || operator} ${value}`);
        return words.join(read?.join === "|" ? _t(" or ") : ", ") || this.texts.title;
    }
}
