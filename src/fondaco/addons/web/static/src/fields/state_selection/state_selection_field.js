/** How it stands with a record, as a dot in a colour: a press on it offers the states. Cards and lists save the choice at once. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { Dropdown, DropdownItem } from "@web/ui/dropdown/dropdown";

/** Colours of the states that addons have; any other is grey. */
const TONES = { done: "success", blocked: "danger" };

export class StateSelectionField extends Component {
    static template = xml`
        <span class="f-state" t-on-click.stop="" t-on-keydown="onKeydown">
            <Dropdown togglerClass="'f-state-toggle'" label="props.label + ': ' + nameOf(value)" title="nameOf(value)" disabled="props.readonly" floats="true">
                <span class="f-state-dot" aria-hidden="true" t-att-data-tone="toneOf(value)"/><span t-if="props.isNamed" t-esc="nameOf(value)"/>
                <t t-set-slot="content">
                    <DropdownItem t-foreach="states" t-as="state" t-key="state[0]" role="'menuitemradio'" checked="state[0] === value" onSelected="() => this.choose(state[0])">
                        <span class="f-state-dot" aria-hidden="true" t-att-data-tone="toneOf(state[0])"/><t t-esc="nameOf(state[0])"/>
                    </DropdownItem>
                </t>
            </Dropdown>
        </span>`;
    static components = { Dropdown, DropdownItem };
    static props = ["*"];

    get value() {
        return this.props.record.data[this.props.name] || this.states[0]?.[0];
    }

    /** @returns {[string, string][]} */
    get states() {
        return this.props.record.fields[this.props.name].selection || [];
    }

    /** A field `legend_done` of the record says what "done" is called there. @param {string} state */
    nameOf(state) {
        return this.props.record.data[`legend_${state}`] || this.states.find(([key]) => key === state)?.[1] || "";
    }

    /** @param {string} state */
    toneOf(state) {
        return TONES[state] || "muted";
    }

    /** Enter opens the states, and not what the dot stands in. @param {KeyboardEvent} event */
    onKeydown(event) {
        if (["Enter", " ", "ArrowDown", "ArrowUp"].includes(event.key)) {
            event.stopPropagation();
        }
    }

    /** @param {string} state */
    choose(state) {
        const { record, name, autosave } = this.props;
        return record.update({ [name]: state }, { save: Boolean(autosave) && !record.isNew });
    }
}

export const stateSelectionField = {
    component: StateSelectionField,
    displayName: _t("State as a dot"),
    supportedTypes: ["selection"],
    isPressed: true,
    extractProps: ({ options, viewType }) => ({ isNamed: viewType === "list" && !options.hide_label, autosave: options.autosave ?? viewType !== "form" }),
};
registry.category("fields").add("state_selection", stateSelectionField);
