/** One of our twelve tag colours, by number. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";

const COUNT = 12;

export class ColorField extends Component {
    static template = xml`
        <div class="f-colors" role="radiogroup" t-att-aria-label="props.label">
            <button t-foreach="numbers" t-as="number" t-key="number" type="button" role="radio" class="f-color" t-att-data-color="number" t-att-aria-checked="number === value ? 'true' : 'false'"
                    t-att-aria-label="labelOf(number)" t-att-disabled="props.readonly" t-on-click.stop="() => this.props.record.update({[props.name]: number})"/>
        </div>`;
    static props = ["*"];

    get value() {
        return this.props.record.data[this.props.name] || 0;
    }

    get numbers() {
        return this.props.readonly ? [this.value] : [...Array(COUNT).keys()];
    }

    labelOf(number) {
        return number ? _t("Colour %s", number) : _t("No colour");
    }
}

/** Any colour, as its code. */
class ColorCodeField extends Component {
    static template = xml`<input type="color" class="f-color-code" t-att-id="props.id" t-att-value="props.record.data[props.name] or '#000000'" t-att-disabled="props.readonly" t-att-aria-label="props.hiddenLabel" t-on-click.stop="" t-on-change="(ev) => props.record.update({[props.name]: ev.target.value})"/>`;
    static props = ["*"];
}

export const colorField = { component: ColorCodeField, displayName: _t("Colour"), supportedTypes: ["char"] };
registry.category("fields").add("color", colorField);
export const colorPickerField = { component: ColorField, displayName: _t("Colour"), supportedTypes: ["integer"] };
registry.category("fields").add("color_picker", colorPickerField);
