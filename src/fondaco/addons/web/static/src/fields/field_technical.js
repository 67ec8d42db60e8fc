/** What a developer asks of a field on a form: its names, its kind, and what the arch says about it. In debug mode only. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { Dropdown } from "@web/ui/dropdown/dropdown";

/** What is told of a field, with the words before it. @param {any} field its description @param {any} active what the arch says @param {string} resModel @returns {[string, string][]} */
export function technicalFacts(field, active, resModel) {
    const text = (value) => (value === undefined || value === null || value === "" || value === false ? "" : typeof value === "string" ? value : JSON.stringify(value));
    const facts = [
        [_t("Field"), active.name],
        [_t("Model"), resModel],
        [_t("Type"), field.type],
        [_t("Leads to"), field.relation],
        [_t("Widget"), active.widget],
        [_t("Context"), active.context || field.context],
        [_t("Domain"), active.domain || field.domain],
        [_t("Options"), Object.keys(active.options || {}).length ? active.options : ""],
        [_t("Invisible if"), active.invisible],
        [_t("Read-only if"), active.readonly ?? (field.readonly ? _t("always") : "")],
        [_t("Required if"), active.required ?? (field.required ? _t("always") : "")],
        [_t("Choices"), (field.selection || []).map(([key, label]) => `${key} (${label})`).join(", ")],
    ];
    return /** @type {[string, string][]} */ (facts.map(([name, value]) => [name, text(value)]).filter(([, value]) => value && value !== "[]" && value !== "{}"));
}

export class FieldTechnical extends Component {
    static template = xml`
        <Dropdown class="'f-technical'" togglerClass="'f-technical-toggle'" label="label" title="label" panelRole="'dialog'" keepOpen="true">
            <span aria-hidden="true">?</span>
            <t t-set-slot="content"><dl class="f-technical-facts"><t t-foreach="facts" t-as="fact" t-key="fact[0]"><dt t-esc="fact[0]"/><dd t-esc="fact[1]"/></t></dl></t>
        </Dropdown>`;
    static components = { Dropdown };
    static props = ["field", "active", "resModel"];

    get label() {
        return _t("About the field %s", this.props.active.name);
    }

    get facts() {
        return technicalFacts(this.props.field, this.props.active, this.props.resModel);
    }
}
