/** Several records of another model as tags: added by typing, taken away by their cross or Backspace. */
import { Component, xml } from "@odoo/owl";
import { Domain } from "@web/core/domain";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { ConnectionLostError } from "@web/core/rpc";
import { useService } from "@web/core/services";
import { many2oneProps } from "@web/fields/many2one/many2one_field";
import { searchNames } from "@web/fields/many2one/name_search";
import { isAllowed } from "@web/fields/x2many/allowed";
import { AutoComplete } from "@web/ui/autocomplete/autocomplete";
import { Dropdown } from "@web/ui/dropdown/dropdown";
import { Icon } from "@web/ui/icon/icon";

const COLORS = 12;

export class Many2ManyTagsField extends Component {
    static template = xml`
        <div class="f-tags" t-att-class="{'f-tags-edit': !props.readonly}" t-on-keydown="onKeydown">
            <span t-foreach="list.records" t-as="tag" t-key="tag.id" class="f-tag" t-att-data-color="colorOf(tag)">
                <img t-if="props.hasAvatar and tag.resId" class="f-avatar" t-attf-src="/web/image/{{field.relation}}/{{tag.resId}}/avatar_128" alt="" loading="lazy"/>
                <button t-if="props.canEditTags and tag.resId" type="button" class="f-tag-name" t-on-click.stop="() => this.openTag(tag)" t-esc="tag.data.display_name"/>
                <Dropdown t-elif="canColor and tag.resId" togglerClass="'f-tag-name'" label="colorText(tag)" floats="true">
                    <t t-esc="tag.data.display_name"/>
                    <t t-set-slot="content"><span class="f-colors f-colors-menu"><button t-foreach="colors" t-as="color" t-key="color" type="button" role="menuitemradio" class="f-color" t-att-data-color="color" t-att-aria-checked="color === colorOf(tag) ? 'true' : 'false'" t-att-aria-label="nameOfColor(color)" t-att-title="nameOfColor(color)" t-on-click="() => this.setColor(tag, color)"/></span></t>
                </Dropdown>
                <span t-else="" class="f-tag-name" t-esc="tag.data.display_name"/>
                <button t-if="!props.readonly" type="button" class="f-tag-remove" tabindex="-1" t-att-aria-label="removeText(tag)" t-on-click="() => this.list.remove(tag)"><Icon name="'close'"/></button>
            </span>
            <AutoComplete t-if="!props.readonly" id="props.id" label="props.label" value="''" placeholder="list.count ? '' : props.placeholder" source="(text, isWhole) => this.propose(text, isWhole)"
                          required="props.required" invalid="props.invalid" record="props.record" name="props.name" isMultiple="true"/>
        </div>`;
    static components = { AutoComplete, Dropdown, Icon };
    static props = ["*"];

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.colors = [...Array(COLORS).keys()];
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

    get canColor() {
        return Boolean(this.props.colorField && this.props.canEditColor) && !this.props.readonly;
    }

    colorText(tag) {
        return _t("%s: colour", tag.data.display_name);
    }

    /** @param {number} number */
    nameOfColor(number) {
        return number ? _t("Colour %s", number) : _t("No colour");
    }

    /** The colour is the tag's own, wherever it is seen: written at once. @param {any} tag @param {number} color */
    async setColor(tag, color) {
        await this.orm.write(this.field.relation, [tag.resId], { [this.props.colorField]: color });
        tag.data[this.props.colorField] = color;
        this.props.record.model.notify();
    }

    openTag(tag) {
        this.dialog.add(registry.category("dialogs").get("form"), {
            resModel: this.field.relation,
            resId: tag.resId,
            title: this.field.string,
            onSaved: (saved) => {
                tag.data.display_name = saved.data.display_name || saved.data.name || tag.data.display_name;
                this.props.record.model.notify();
            },
        });
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
        if (text && this.props.canQuickCreate && isAllowed(this.props.create, record) && !found.some(([, name]) => name.toLowerCase() === text.toLowerCase())) {
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
        if (event.key === "Backspace" && input.tagName === "INPUT" && input.value === "" && last && !this.props.readonly) {
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
    extractProps: (info) => ({
        ...many2oneProps(info),
        colorField: info.options.color_field,
        create: info.options.create,
        canEditTags: Boolean(info.options.edit_tags),
        canEditColor: info.viewType === "form" && !info.options.no_edit_color,
    }),
};

registry.category("fields").add("many2many_tags", many2ManyTagsField);
registry.category("fields").add("many2many_tags_avatar", { ...many2ManyTagsField, extractProps: (info) => ({ ...many2ManyTagsField.extractProps(info), hasAvatar: true }) });
registry.category("fields").add("list.many2many", many2ManyTagsField);
