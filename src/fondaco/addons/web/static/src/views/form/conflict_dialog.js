/** Somebody else was quicker: what they wrote beside what one wrote oneself; for each field one of the two is kept. */
import { Component, onWillStart, useState, xml } from "@odoo/owl";
import { formatDateTime, formatValue } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { useService } from "@web/core/services";
import { acceptCurrent, seenValues } from "@web/model/conflict";
import { parseServerValue } from "@web/model/values";
import { Dialog } from "@web/ui/dialog/dialog";

export class ConflictDialog extends Component {
    static template = xml`
        <Dialog title="texts.title" size="'lg'" close="props.close">
            <p class="f-prose" t-esc="whoText"/>
            <table class="f-conflict">
                <thead><tr><th scope="col" t-esc="texts.field"/><th scope="col" t-esc="texts.mine"/><th scope="col" t-esc="texts.theirs"/></tr></thead>
                <tbody><tr t-foreach="rows" t-as="row" t-key="row.name" t-att-data-name="row.name"><th scope="row" t-esc="row.label"/>
                    <td t-foreach="['mine', 'theirs']" t-as="side" t-key="side"><label class="f-radio"><input type="radio" t-att-name="row.name" t-att-value="side" t-att-checked="state.kept[row.name] === side" t-on-change="() => this.state.kept[row.name] = side"/><span class="f-multiline" t-esc="row[side] or '–'"/></label></td>
                </tr></tbody>
            </table>
            <t t-set-slot="footer">
                <button type="button" class="f-button f-button-primary" name="keep" t-on-click="() => this.keep()" t-esc="texts.save"/>
                <button type="button" class="f-button" name="theirs" t-on-click="() => this.keepTheirs()" t-esc="texts.all"/>
                <button type="button" class="f-button" t-on-click="() => props.close()" t-esc="texts.later"/>
            </t>
        </Dialog>`;
    static components = { Dialog };
    static props = ["record", "onKeep", "close"];

    setup() {
        this.orm = useService("orm");
        this.texts = { title: _t("Changed by somebody else"), field: _t("Field"), mine: _t("Yours"), theirs: _t("Now on the server"), save: _t("Save what is chosen"), all: _t("Keep all of theirs"), later: _t("Not now") };
        this.state = useState({ kept: /** @type {Record<string, "mine"|"theirs">} */ ({}) });
        /** What the server says now. @type {Record<string, any>} */
        this.current = {};
        onWillStart(async () => {
            const { record } = this.props;
            const names = Object.keys(seenValues(record));
            const writer = ["write_uid", "write_date"].filter((name) => name in record.fields);
            const specification = Object.fromEntries([...names, ...writer].map((name) => [name, ["many2one", "reference"].includes(record.fields[name].type) ? { fields: { display_name: {} } } : {}]));
            [this.current] = await this.orm.webRead(record.resModel, [record.resId], { specification });
            this.rows = names.map((name) => this.rowOf(name)).filter(({ mine, theirs, before }) => theirs !== before && theirs !== mine);
            this.state.kept = Object.fromEntries(this.rows.map(({ name }) => [name, "mine"]));
        });
    }

    /** @param {string} name */
    rowOf(name) {
        const { record } = this.props;
        const field = record.fields[name];
        const write = (value) => formatValue(field, value, { data: record.data });
        return { name, label: record.labelOf(name), mine: write(record.data[name]), theirs: write(parseServerValue(field, this.current[name])), before: write(parseServerValue(field, record.raw[name])) };
    }

    get whoText() {
        const { write_uid: who, write_date: when } = this.current;
        return who ? _t("%(who)s saved this record on %(when)s, after you had opened it. Nothing of yours is lost; choose what holds.", { who: who.display_name, when: formatDateTime(when) }) : _t("This record was saved after you had opened it. Nothing of yours is lost; choose what holds.");
    }

    keep() {
        const { record, close, onKeep } = this.props;
        const theirs = this.rows.filter(({ name }) => this.state.kept[name] === "theirs").map(({ name }) => name);
        const { write_uid: _who, write_date: _when, ...current } = this.current;
        acceptCurrent(record, current, Object.keys(current).filter((name) => !theirs.includes(name)));
        close();
        onKeep();
    }

    keepTheirs() {
        this.rows.forEach(({ name }) => {
            this.state.kept[name] = "theirs";
        });
        this.keep();
    }
}
