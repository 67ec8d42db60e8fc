/** One of the tag colours, by number: shown, or chosen from those that are given. */
import { Component, useExternalListener, useRef, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";

export class ColorList extends Component {
    static template = xml`
        <div class="f-colors" t-ref="root" t-att-role="isExpanded ? 'radiogroup' : undefined" t-att-aria-label="texts.colour">
            <t t-if="isExpanded">
                <button t-foreach="props.colors" t-as="id" t-key="id" type="button" role="radio" class="f-color" t-att-data-color="id" t-att-title="labelOf(id)" t-att-aria-label="labelOf(id)"
                        t-att-aria-checked="id === props.selectedColor ? 'true' : 'false'" t-on-click.stop="() => this.choose(id)"/>
            </t>
            <button t-else="" type="button" class="f-color" t-att-data-color="props.selectedColor or 0" t-att-title="labelOf(props.selectedColor or 0)" t-att-aria-label="labelOf(props.selectedColor or 0)" aria-expanded="false"
                    t-att-disabled="!props.canToggle" t-on-click.stop="() => this.state.isExpanded = true"/>
        </div>`;
    static props = ["colors", "onColorSelected", "canToggle?", "forceExpanded?", "isExpanded?", "selectedColor?"];
    /** By number. */
    static COLORS = [_t("No colour"), ...[...Array(11).keys()].map((index) => _t("Colour %s", index + 1))];

    setup() {
        this.texts = { colour: _t("Colour") };
        this.state = useState({ isExpanded: Boolean(this.props.isExpanded) });
        /** @type {{el: any}} */
        const root = useRef("root");
        useExternalListener(window, "pointerdown", (event) => {
            if (this.props.canToggle && !root.el.contains(event.target)) {
                this.state.isExpanded = false;
            }
        });
    }

    get isExpanded() {
        return Boolean(this.props.forceExpanded) || this.state.isExpanded;
    }

    /** @param {number} id */
    labelOf(id) {
        return ColorList.COLORS[id] || _t("Colour %s", id);
    }

    /** @param {number} id */
    choose(id) {
        this.props.onColorSelected(id);
        if (!this.props.forceExpanded) {
            this.state.isExpanded = false;
        }
    }
}
