/** Several records of another model as tags: added by typing, taken away by their cross or Backspace. */
import { Component, xml } from "@odoo/owl";
import { Domain } from "@web/core/domain";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { ConnectionLostError } from "@web/core/rpc";
import { useService } from "@web/core/services";
import { many2oneProps } from "@web/fields/many2one/many2one_field";
import { searchNames } from "@web/fields/many2one/name_search";
import { AutoComplete } from "@web/ui/autocomplete/autocomplete";
import { Icon } from "@web/ui/icon/icon";

export class Many2ManyTagsField extends Component {
    static template = xml`
        <div class="f-tags" t-att-class="{'f-tags-edit': !props.readonly}" t-on-keydown="onKeydown">
            <span t-foreach="list.records" t-as="tag" t-key="tag.id" class="f-tag" t-att-data-color="colorOf(tag)">
                <span class="f-tag-name" t-esc="tag.data.display_name"/>
                <button t-if="!props.readonly" type="button" class="f-tag-remove" tabindex="-1" t-att-aria-label="removeText(tag)" t-on-click="() => this.list.remove(tag)"><Icon name="'close'"/></button>
            </span>
            <AutoComplete t-if="!props.readonly" id="props.id" label="props.label" value="''" placeholder="list.count ? '' : props.placeholder" source="(text, isWhole) => this.propose(text, isWhole)"
                          required="props.required" invalid="props.invalid" record="props.record" name="props.name" isMultiple="true"/>
        </div>`;
    static components = { AutoComplete, Icon };
    static props = ["*"];

    setup() {
        this.orm = useService("orm");
    }

    get list() {
        return this.props.record.data[this.props.name];
    }

    get field() {
        return this.props.record.fields[this.props.name];
    }

    colorOf(tag) {
        return this.props.colorField ? tag.data[this.props.colorField] || 0 : 0;
    }

    removeText(tag) {
        return _t("Remove %s", tag.data.display_name);
    }

    /** @param {string} text @param {boolean} [isWhole] */
    async propose(text, isWhole) {
        const { record } = this.props;
        const domain = Domain.and([record.readDomain(this.props.domain || this.field.domain), [["id", "not in", this.list.resIds]]]).toList();
        const context = record.readContext(this.props.context);
        const found = await searchNames(this.orm, this.field.relation, text, { args: domain, context, isWhole });
        /** @type {import("@web/ui/autocomplete/autocomplete").Choice[]} */
        const choices = found.map(([id, name]) => ({ label: name, onSelect: () => this.link(id, name) }));
        if (text && this.props.canQuickCreate && !found.some(([, name]) => name.toLowerCase() === text.toLowerCase())) {
            choices.push({ label: _t("Create “%s”", text), kind: "action", onSelect: () => this.quickCreate(text, context) });
        }
        return choices;
    }

    async quickCreate(text, context) {
        const [id, name] = await this.orm.call(this.field.relation, "name_create", [text], { context });
        await this.link(id, name);
    }

    async link(id, name) {
        let values = { id, display_name: name };
        if (this.props.colorField) {
            [values] = await this.orm.read(this.field.relation, [id], ["display_name", this.props.colorField]).catch((error) => {
                if (!(error instanceof ConnectionLostError)) {
                    throw error;
                }
                return [values]; // without its colour, until the server is back
            });
        }
        await this.list.link([values]);
    }

    /** @param {KeyboardEvent} event */
    onKeydown(event) {
        const input = /** @type {HTMLInputElement} */ (event.target);
        const last = this.list.records[this.list.records.length - 1];
        if (event.key === "Backspace" && input.value === "" && last && !this.props.readonly) {
            this.list.remove(last);
        }
    }
}

export const many2ManyTagsField = {
    component: Many2ManyTagsField,
    displayName: _t("Tags"),
    supportedTypes: ["many2many", "one2many"],
    /** Fields of the other model a view must read for this widget. */
    relatedFields: ({ options }) => ["display_name", ...(options.color_field ? [options.color_field] : [])],
    extractProps: (info) => ({ ...many2oneProps(info), colorField: info.options.color_field }),
};

registry.category("fields").add("many2many_tags", many2ManyTagsField);
registry.category("fields").add("many2many_tags_avatar", many2ManyTagsField);
registry.category("fields").add("list.many2many", many2ManyTagsField);
