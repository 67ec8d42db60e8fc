/** A filter: rules to choose where it is a list of them, its text where it is more; and how many records it finds. */
import { Component, onWillStart, onWillUpdateProps, useState, xml } from "@odoo/owl";
import { Domain } from "@web/core/domain";
import { formatInteger } from "@web/core/formats";
import { _n, _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { ConnectionLostError } from "@web/core/rpc";
import { useService } from "@web/core/services";
import { session } from "@web/core/session";
import { Icon } from "@web/ui/icon/icon";
import { LABELS, operatorsOf, readRules, writeRules } from "@web/fields/domain/domain_rules";
import { TextField } from "@web/fields/text/text_field";
import { TypedInput } from "@web/fields/typed_input";

export class DomainField extends Component {
    static template = xml`
        <div class="f-domain">
            <t t-if="rules">
                <label t-if="rules.rules.length gt 1" class="f-domain-join"><span t-esc="texts.match"/><select class="f-input f-select" t-att-disabled="props.readonly" t-on-change="(ev) => this.write({ join: ev.target.value })"><option value="&amp;" t-att-selected="rules.join === '&amp;'" t-esc="texts.all"/><option value="|" t-att-selected="rules.join === '|'" t-esc="texts.any"/></select></label>
                <div t-foreach="rules.rules" t-as="rule" t-key="rule_index" class="f-domain-rule">
                    <select class="f-input f-select" t-att-aria-label="texts.field" t-att-disabled="props.readonly" t-on-change="(ev) => this.setField(rule_index, ev.target.value)">
                        <option t-if="!state.fields[rule.path]" t-att-value="rule.path" selected="selected" t-esc="rule.path"/>
                        <option t-foreach="offered" t-as="field" t-key="field.name" t-att-value="field.name" t-att-selected="field.name === rule.path" t-esc="field.string"/>
                    </select>
                    <select class="f-input f-select" t-att-aria-label="texts.operator" t-att-disabled="props.readonly" t-on-change="(ev) => this.change(rule_index, { operator: ev.target.value })"><option t-foreach="operatorsFor(rule)" t-as="operator" t-key="operator" t-att-value="operator" t-att-selected="operator === rule.operator" t-esc="labels[operator] or operator"/></select>
                    <select t-if="choicesFor(rule)" class="f-input f-select" t-att-aria-label="texts.value" t-att-disabled="props.readonly" t-on-change="(ev) => this.setValue(rule_index, ev.target.value)"><option t-foreach="choicesFor(rule)" t-as="choice" t-key="choice[0]" t-att-value="choice[0]" t-att-selected="choice[0] === '' + rule.value" t-esc="choice[1]"/></select>
                    <TypedInput t-else="" record="props.record" type="inputTypeOf(rule)" label="texts.value" readonly="props.readonly" value="rule.value === false ? '' : rule.value" onChange="(text) => this.setValue(rule_index, text)"/>
                    <button t-if="!props.readonly" type="button" class="f-button f-button-quiet f-button-icon" t-att-aria-label="texts.remove" t-att-title="texts.remove" t-on-click="() => this.remove(rule_index)"><Icon name="'close'"/></button>
                </div>
                <p t-if="!rules.rules.length" class="f-muted" t-esc="texts.everything"/>
            </t>
            <TextField t-if="!rules or env.debug" t-props="{ ...props, isCode: true }"/>
            <div class="f-domain-foot">
                <button t-if="rules and !props.readonly and model" type="button" class="f-button f-button-small" t-on-click="() => this.add()"><Icon name="'plus'"/><span t-esc="texts.add"/></button>
                <span t-if="state.count !== null" class="f-muted" role="status" t-esc="countText"/>
                <span t-if="state.isWrong" class="f-field-problem" t-esc="texts.wrong"/>
            </div>
        </div>`;
    static components = { Icon, TextField, TypedInput };
    static props = ["*"];

    setup() {
        this.orm = useService("orm");
        this.labels = LABELS;
        this.texts = { match: _t("Records that match"), all: _t("all rules"), any: _t("any rule"), field: _t("Field"), operator: _t("Comparison"), value: _t("Value"), remove: _t("Remove this rule"), add: _t("Add a rule"), everything: _t("No rule: all records."), wrong: _t("This is no filter of these records.") };
        this.state = useState({ fields: /** @type {Record<string, any>} */ ({}), count: /** @type {number|null} */ (null), isWrong: false });
        this.counted = "";
        onWillStart(() => this.readModel(this.props));
        onWillUpdateProps((next) => this.readModel(next));
    }

    get text() {
        return this.props.record.data[this.props.name] || "[]";
    }

    get rules() {
        return readRules(this.text);
    }

    /** @param {any} props @returns {string} */
    modelOf({ model, record }) {
        return (model && (record.data[model] || (model in record.fields ? "" : model))) || "";
    }

    get model() {
        return this.modelOf(this.props);
    }

    /** @param {any} props */
    async readModel(props) {
        const model = this.modelOf(props);
        const key = `${model} ${props.record.data[props.name]}`;
        if (!model || key === this.counted) {
            return;
        }
        this.counted = key;
        this.state.fields = await this.orm.silent.call(model, "fields_get", [], { attributes: ["string", "type", "selection", "searchable"] });
        await this.count(model, props.record.data[props.name] || "[]");
    }

    /** @param {string} model @param {string} text */
    async count(model, text) {
        try {
            this.state.count = await this.orm.silent.searchCount(model, new Domain(text).toList({ uid: session.uid, context: session.user_context }));
            this.state.isWrong = false;
        } catch (error) {
            if (error instanceof ConnectionLostError) {
                throw error;
            }
            this.state.count = null;
            this.state.isWrong = true;
        }
    }

    get countText() {
        return _n("%s record", "%s records", this.state.count, formatInteger(this.state.count));
    }

    get offered() {
        return Object.entries(this.state.fields).filter(([, field]) => field.searchable !== false && !["binary", "properties", "json"].includes(field.type)).map(([name, { string }]) => ({ name, string })).sort((left, right) => left.string.localeCompare(right.string));
    }

    typeOf(rule) {
        return this.state.fields[rule.path]?.type || "char";
    }

    operatorsFor(rule) {
        return [...new Set([...operatorsOf(this.typeOf(rule)), rule.operator])];
    }

    choicesFor(rule) {
        const type = this.typeOf(rule);
        return type === "boolean" ? [["true", _t("Yes")], ["false", _t("No")]] : type === "selection" ? this.state.fields[rule.path].selection : null;
    }

    inputTypeOf(rule) {
        return { integer: "number", float: "number", monetary: "number", date: "date" }[this.typeOf(rule)] || "text";
    }

    /** @param {Partial<import("@web/fields/domain/domain_rules").Rules>} changes */
    write(changes) {
        const rules = /** @type {any} */ (this.rules);
        return this.props.record.update({ [this.props.name]: writeRules({ ...rules, ...changes }) });
    }

    /** @param {number} at @param {object} changes */
    change(at, changes) {
        return this.write({ rules: /** @type {any} */ (this.rules).rules.map((rule, index) => (index === at ? { ...rule, ...changes } : rule)) });
    }

    /** @param {number} at @param {string} path */
    setField(at, path) {
        const { type, selection } = this.state.fields[path];
        const value = type === "boolean" ? true : type === "selection" ? selection[0]?.[0] ?? "" : ["integer", "float", "monetary"].includes(type) ? 0 : "";
        return this.change(at, { path, operator: operatorsOf(type)[0], value });
    }

    /** @param {number} at @param {string} text */
    setValue(at, text) {
        const type = this.typeOf(/** @type {any} */ (this.rules).rules[at]);
        return this.change(at, { value: type === "boolean" ? text === "true" : ["integer", "float", "monetary"].includes(type) ? Number(text) : text });
    }

    add() {
        const name = ["name", "x_name", "display_name"].find((candidate) => this.state.fields[candidate]) || Object.keys(this.state.fields)[0];
        const rules = /** @type {any} */ (this.rules);
        return this.write({ rules: [...rules.rules, { path: name, operator: operatorsOf(this.typeOf({ path: name }))[0], value: "" }] });
    }

    /** @param {number} at */
    remove(at) {
        return this.write({ rules: /** @type {any} */ (this.rules).rules.filter((_rule, index) => index !== at) });
    }
}

export const domainField = { component: DomainField, displayName: _t("Filter"), supportedTypes: ["char", "text"], fieldDependencies: ({ options }) => [options.model].filter(Boolean), extractProps: ({ options }) => ({ model: options.model }) };
registry.category("fields").add("domain", domainField);
