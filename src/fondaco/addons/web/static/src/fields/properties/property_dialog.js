/** What a property is: its name, its type, what can be chosen. */
import { Component, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { useAutofocus } from "@web/core/services";
import { Dialog } from "@web/ui/dialog/dialog";

const TYPES = [["char", _t("Text")], ["boolean", _t("Yes or no")], ["integer", _t("Whole number")], ["float", _t("Number")], ["date", _t("Day")], ["datetime", _t("Day and time")], ["selection", _t("One of several")], ["tags", _t("Several of several")], ["many2one", _t("A record")], ["separator", _t("Heading")]];

export class PropertyDialog extends Component {
    static template = xml`
        <Dialog title="texts.title" size="'sm'" close="props.close">
            <form id="property-form" class="f-property-form" t-on-submit.prevent="() => this.save()">
                <label><span t-esc="texts.label"/><input t-ref="autofocus" type="text" class="f-input" name="label" required="required" t-model="state.label"/></label>
                <label><span t-esc="texts.type"/><select class="f-input f-select" name="type" t-model="state.type"><option t-foreach="types" t-as="type" t-key="type[0]" t-att-value="type[0]" t-esc="type[1]"/></select></label>
                <label t-if="state.type === 'selection' or state.type === 'tags'"><span t-esc="texts.options"/><textarea class="f-input f-textarea" name="options" rows="4" required="required" t-model="state.options"/></label>
                <label t-if="state.type === 'many2one'"><span t-esc="texts.model"/><input type="text" class="f-input" name="model" required="required" placeholder="res.partner" t-model="state.comodel"/></label>
            </form>
            <t t-set-slot="footer"><button type="submit" form="property-form" class="f-button f-button-primary" t-esc="texts.save"/><button type="button" class="f-button" t-on-click="() => props.close()" t-esc="texts.cancel"/></t>
        </Dialog>`;
    static components = { Dialog };
    static props = ["property?", "onSave", "close"];

    setup() {
        const { property } = this.props;
        this.types = TYPES;
        this.texts = { title: property ? _t("Change a property") : _t("New property"), label: _t("Name"), type: _t("Type"), options: _t("What can be chosen, a line each"), model: _t("Model"), save: _t("Keep"), cancel: _t("Cancel") };
        const pairs = (property && (property.type === "tags" ? property.tags : property.selection)) || [];
        this.state = useState({ label: property?.string || "", type: property?.type || "char", options: pairs.map(([, label]) => label).join("\n"), comodel: property?.comodel || "" });
        this.known = new Map(pairs.map((pair) => [pair[1], pair]));
        useAutofocus();
    }

    save() {
        const { label, type, options, comodel } = this.state;
        const lines = options.split("\n").map((line) => line.trim()).filter(Boolean);
        // what was there keeps its key, so that records keep their value
        const pairs = lines.map((line, index) => this.known.get(line) || [`${line.toLowerCase().replace(/[^a-z0-9]+/g, "_")}_${index}`, line]);
        const more = { selection: { selection: pairs.map(([key, text]) => [key, text]) }, tags: { tags: pairs.map(([key, text, colour], index) => [key, text, colour ?? (index % 11) + 1]) }, many2one: { comodel: comodel.trim() } }[type] || {};
        const { property } = this.props;
        this.props.close();
        this.props.onSave({ string: label.trim(), type, ...more, ...(property && property.type !== type ? { value: false } : {}) });
    }
}
