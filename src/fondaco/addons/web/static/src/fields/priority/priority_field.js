/** How much it matters, in stars; or liked or not, in one star. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { Icon } from "@web/ui/icon/icon";

export class PriorityField extends Component {
    static template = xml`
        <span class="f-priority" role="radiogroup" t-att-aria-label="props.label">
            <button t-foreach="levels" t-as="level" t-key="level[0]" type="button" role="radio" class="f-star" t-att-class="{'f-on': level_index lt rank}" t-att-disabled="props.readonly"
                    t-att-aria-checked="level_index + 1 === rank ? 'true' : 'false'" t-att-title="level[1]" t-att-aria-label="level[1]" t-on-click.stop="() => this.choose(level_index)">
                <Icon name="'star'" filled="level_index lt rank"/>
            </button>
        </span>`;
    static components = { Icon };
    static props = ["*"];

    get all() {
        const field = this.props.record.fields[this.props.name];
        return field.type === "boolean" ? [[false, _t("Not a favourite")], [true, _t("Favourite")]] : field.selection || [];
    }

    get levels() {
        return this.all.slice(1);
    }

    get rank() {
        return Math.max(0, this.all.findIndex(([key]) => key === this.props.record.data[this.props.name]));
    }

    /** A press on the present level takes it back. @param {number} index */
    choose(index) {
        const next = index + 1 === this.rank ? 0 : index + 1;
        const { record, name } = this.props;
        return record.update({ [name]: this.all[next][0] }, { save: !record.isNew && this.props.autosave });
    }
}

const autosave = ({ options, viewType }) => ({ autosave: options.autosave ?? viewType !== "form" });
export const priorityField = { component: PriorityField, displayName: _t("Priority"), supportedTypes: ["selection"], isPressed: true, extractProps: autosave };
registry.category("fields").add("priority", priorityField);
export const booleanFavoriteField = { component: PriorityField, displayName: _t("Favourite"), supportedTypes: ["boolean"], isPressed: true, extractProps: autosave };
registry.category("fields").add("boolean_favorite", booleanFavoriteField);
