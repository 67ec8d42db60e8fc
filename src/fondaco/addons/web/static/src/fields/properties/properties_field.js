/** Fields that the container of a record defines: their values, and for those who may, which there are. */
import { Component, onMounted, onPatched, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { Dropdown, DropdownItem } from "@web/ui/dropdown/dropdown";
import { Icon } from "@web/ui/icon/icon";
import { FieldProblem } from "@web/fields/field";
import { PropertyDialog } from "@web/fields/properties/property_dialog";
import { PropertyValue } from "@web/fields/properties/property_value";

/** @typedef {{name: string, type: string, string: string, value?: any, selection?: [string, string][], tags?: [string, string, number][], comodel?: string, definition_changed?: boolean, definition_deleted?: boolean}} Property */

export class PropertiesField extends Component {
    static template = xml`
        <div class="f-properties" t-att-id="props.id" role="group" t-att-aria-label="props.label">
            <div t-foreach="shown" t-as="property" t-key="property.name" class="f-property f-field" t-att-class="{'f-invalid': faultOf(property)}" t-att-data-name="faultNameOf(property)" t-att-data-property="property.string">
                <h4 t-if="property.type === 'separator'" t-esc="property.string"/>
                <t t-else=""><span class="f-label" t-att-id="idOf(property)" t-esc="property.string"/><PropertyValue record="props.record" name="faultNameOf(property)" property="property" labelId="idOf(property)" readonly="!!props.readonly" set="(value) => this.change(property.name, { value })"/></t>
                <Dropdown t-if="!props.readonly" togglerClass="'f-button f-button-quiet f-button-icon f-button-small'" label="texts.more + ' ' + property.string" position="'end'">
                    <Icon name="'dots'"/>
                    <t t-set-slot="content">
                        <DropdownItem onSelected="() => this.define(property)"><Icon name="'edit'"/><t t-esc="texts.edit"/></DropdownItem>
                        <DropdownItem class="'f-danger'" onSelected="() => this.remove(property)"><Icon name="'trash'"/><t t-esc="texts.remove"/></DropdownItem>
                    </t>
                </Dropdown>
                <FieldProblem t-if="faultOf(property)" message="faultOf(property)"/>
            </div>
            <button t-if="!props.readonly" type="button" class="f-button f-button-link" t-on-click="() => this.define()" t-esc="texts.add"/>
        </div>`;
    static components = { Dropdown, DropdownItem, FieldProblem, Icon, PropertyValue };
    static props = ["*"];

    setup() {
        this.dialog = useService("dialog");
        onMounted(() => this.forgetFaults());
        onPatched(() => this.forgetFaults());
        this.texts = { add: _t("Add a property"), edit: _t("Change it"), remove: _t("Remove it"), more: _t("More about") };
    }

    /** @returns {Property[]} */
    get all() {
        return this.props.record.data[this.props.name] || [];
    }

    get shown() {
        return this.all.filter((property) => !property.definition_deleted);
    }

    /** @param {Property} property */
    idOf(property) {
        return `${this.props.id || "property"}-${property.name}`;
    }

    /** By what the record knows that this property cannot be read, and not another one. @param {Property} property */
    faultNameOf(property) {
        return `${this.props.name}/${property.name}`;
    }

    /** @param {Property} property @returns {string|undefined} */
    faultOf(property) {
        return this.props.record.invalid.get(this.faultNameOf(property));
    }

    /** Of properties that are gone, or have become something else. */
    forgetFaults() {
        const { invalid } = this.props.record;
        const known = new Set(this.shown.filter(({ type }) => type === "many2one").map((property) => this.faultNameOf(property)));
        [...invalid.keys()].filter((name) => name.startsWith(`${this.props.name}/`) && !known.has(name)).forEach((name) => invalid.delete(name));
    }

    /** @param {Property[]} properties */
    write(properties) {
        return this.props.record.update({ [this.props.name]: properties });
    }

    /** @param {string} name @param {object} changes */
    change(name, changes) {
        return this.write(this.all.map((property) => (property.name === name ? { ...property, ...changes } : property)));
    }

    /** @param {Property} [property] */
    define(property) {
        this.dialog.add(PropertyDialog, {
            property,
            onSave: (definition) => (property ? this.change(property.name, { ...definition, definition_changed: true }) : this.write([...this.all, { ...definition, name: newName(), value: false, definition_changed: true }])),
        });
    }

    /** @param {Property} property */
    async remove(property) {
        const isSure = await this.dialog.ask({ title: _t("Remove a property"), body: _t("“%s” goes from all records that share it, with their values.", property.string), confirmLabel: _t("Remove"), confirmClass: "f-button-danger" });
        if (isSure) {
            await this.change(property.name, { definition_deleted: true });
        }
    }
}

/** A name that no other property has. */
const newName = () => [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export const propertiesField = { component: PropertiesField, displayName: _t("Properties"), supportedTypes: ["properties"], label: false };
registry.category("fields").add("properties", propertiesField);
