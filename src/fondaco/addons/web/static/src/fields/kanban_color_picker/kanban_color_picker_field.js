/** The colour of a card: twelve in its menu, saved as soon as one is chosen. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";

const COUNT = 12;

export class KanbanColorPickerField extends Component {
    static template = xml`
        <span class="f-colors f-colors-menu" role="group" t-att-aria-label="props.label">
            <button t-foreach="numbers" t-as="number" t-key="number" type="button" role="menuitemradio" class="f-color" t-att-data-color="number" t-att-aria-checked="number === value ? 'true' : 'false'"
                    t-att-aria-label="labelOf(number)" t-att-title="labelOf(number)" t-att-disabled="props.readonly" t-on-click="() => this.choose(number)"/>
        </span>`;
    static props = ["*"];

    numbers = [...Array(COUNT).keys()];

    get value() {
        return this.props.record.data[this.props.name] || 0;
    }

    /** @param {number} number */
    labelOf(number) {
        return number ? _t("Colour %s", number) : _t("No colour");
    }

    /** @param {number} number */
    choose(number) {
        return this.props.record.update({ [this.props.name]: number }, { save: true });
    }
}

export const kanbanColorPickerField = { component: KanbanColorPickerField, displayName: _t("Colour of the card"), supportedTypes: ["integer"], isPressed: true };
registry.category("fields").add("kanban_color_picker", kanbanColorPickerField);
