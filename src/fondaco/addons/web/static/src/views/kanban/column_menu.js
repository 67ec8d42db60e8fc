/** What is done with a column as a whole: fold it, change or delete the record it stands for, put it elsewhere, archive its cards. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { Dropdown, DropdownItem } from "@web/ui/dropdown/dropdown";
import { Icon } from "@web/ui/icon/icon";

/** @typedef {{create: boolean, write: boolean, unlink: boolean}} Rights on what the columns stand for */

export class ColumnMenu extends Component {
    static template = xml`
        <Dropdown class="'f-column-menu'" togglerClass="'f-button f-button-quiet f-button-icon f-button-small'" label="label" title="texts.menu" position="'end'">
            <Icon name="'dots'"/>
            <t t-set-slot="content">
                <DropdownItem t-foreach="items" t-as="item" t-key="item.icon + item.text" class="item.class" onSelected="item.run"><Icon name="item.icon"/><t t-esc="item.text"/></DropdownItem>
            </t>
        </Dropdown>`;
    static components = { Dropdown, DropdownItem, Icon };
    static props = ["group", "arch", "rights", "move"];

    setup() {
        this.dialog = useService("dialog");
        this.orm = useService("orm");
        this.texts = { menu: _t("The column"), fold: _t("Fold"), edit: _t("Edit"), earlier: _t("Move earlier"), later: _t("Move later"), archive: _t("Archive all"), restore: _t("Restore all"), remove: _t("Delete") };
    }

    get label() {
        return _t("The column %s", this.props.group.name);
    }

    get list() {
        return this.props.group.parent;
    }

    get relation() {
        return this.props.group.field.relation;
    }

    get items() {
        const { arch, group, move, rights } = this.props;
        const { texts, list } = this;
        const isRecord = group.field?.type === "many2one" && Boolean(group.value);
        const mayArchive = arch.mayArchiveGroups && arch.activeActions.edit && Boolean(list.fields.active || list.fields.x_active) && group.count > 0;
        return [
            { icon: "collapse", text: texts.fold, run: () => group.toggle() },
            isRecord && rights.write && arch.mayEditGroups && { icon: "edit", text: texts.edit, run: () => this.edit() },
            ...(move.isPossible(group) ? [{ icon: "chevron-left", text: texts.earlier, run: () => move.by(group, -1) }, { icon: "chevron-right", text: texts.later, run: () => move.by(group, 1) }] : []),
            mayArchive && { icon: "archive", text: texts.archive, run: () => this.archive(true) },
            mayArchive && { icon: "undo", text: texts.restore, run: () => this.archive(false) },
            isRecord && rights.unlink && arch.mayDeleteGroups && { icon: "trash", text: texts.remove, class: "f-danger", run: () => this.remove() },
        ].filter(Boolean);
    }

    edit() {
        const { group } = this.props;
        this.dialog.add(registry.category("dialogs").get("form"), { resModel: this.relation, resId: group.value, title: group.name, context: this.list.context, onSaved: () => this.list.reload() });
    }

    async remove() {
        const { group } = this.props;
        if (await this.dialog.ask({ title: _t("Delete"), body: _t("Delete “%s”? This cannot be undone.", group.name), confirmLabel: _t("Delete"), confirmClass: "f-button-danger" })) {
            await this.orm.unlink(this.relation, [group.value], { context: this.list.context });
            await this.list.reload();
        }
    }

    /** All of its records, those too that are not shown yet. @param {boolean} isArchived */
    async archive(isArchived) {
        const { group } = this.props;
        const { list } = this;
        const body = isArchived ? _t("Archive all records of “%s”?", group.name) : _t("Restore all records of “%s”?", group.name);
        const confirmLabel = isArchived ? this.texts.archive : this.texts.restore;
        if (await this.dialog.ask({ title: confirmLabel, body, confirmLabel })) {
            const ids = await this.orm.search(list.resModel, group.domain, { context: list.context });
            await this.orm.call(list.resModel, isArchived ? "action_archive" : "action_unarchive", [ids], { context: list.context });
            await list.reload();
        }
    }
}
