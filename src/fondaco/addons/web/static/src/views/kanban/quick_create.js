/** A record or a column begun where it will stand: a name is enough, Enter makes it and waits for the next, Escape leaves. */
import { Component, onMounted, useRef, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { RPCError } from "@web/core/rpc";
import { useService } from "@web/core/services";
import { Icon } from "@web/ui/icon/icon";

/** Asks for a name; `onName(name)` resolves once something came of it. */
export class NameForm extends Component {
    static template = xml`
        <form class="f-quick-create" t-on-submit.prevent="() => this.submit()" t-on-keydown="(ev) => ev.key === 'Escape' and this.leave(ev)">
            <input class="f-input" type="text" name="name" t-ref="name" autocomplete="off" t-att-aria-label="props.label" t-att-placeholder="props.label" t-model="state.name" t-att-disabled="state.isBusy"/>
            <div class="f-quick-create-buttons">
                <button type="submit" class="f-button f-button-small f-button-primary" t-esc="texts.add"/>
                <button t-if="props.onEdit" type="button" class="f-button f-button-small" name="edit" t-on-click="() => props.onEdit(state.name.trim())" t-esc="texts.edit"/>
                <button type="button" class="f-button f-button-small f-button-quiet f-button-icon" t-att-title="texts.close" t-att-aria-label="texts.close" t-on-click="() => props.close()"><Icon name="'close'"/></button>
            </div>
        </form>`;
    static components = { Icon };
    static props = ["label", "onName", "close", "onEdit?"];

    setup() {
        this.input = useRef("name");
        this.state = useState({ name: "", isBusy: false });
        this.texts = { add: _t("Add"), edit: _t("More fields"), close: _t("Close") };
        onMounted(() => this.input.el.focus());
    }

    leave(event) {
        event.stopPropagation();
        this.props.close();
    }

    async submit() {
        const name = this.state.name.trim();
        if (!name || this.state.isBusy) {
            return;
        }
        this.state.isBusy = true;
        try {
            await this.props.onName(name);
            this.state.name = "";
        } finally {
            this.state.isBusy = false;
            this.input.el?.removeAttribute("disabled");
            this.input.el?.focus();
        }
    }
}

export class QuickCreate extends Component {
    static template = xml`<NameForm label="label" onName="(name) => this.create(name)" onEdit="(name) => this.edit(name)" close="props.close"/>`;
    static components = { NameForm };
    static props = ["group", "close", "created"];

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.label = _t("Name");
    }

    get context() {
        const { group } = this.props;
        return { ...group.list.context, ...group.defaults };
    }

    /** @param {string} name */
    async create(name) {
        try {
            await this.orm.call(this.props.group.list.resModel, "name_create", [name], { context: this.context });
        } catch (error) {
            if (!(error instanceof RPCError && error.isExpected)) {
                throw error;
            }
            // the model wants more than a name
            this.edit(name);
            return;
        }
        await this.props.created(this.props.group);
    }

    /** @param {string} name */
    edit(name) {
        openQuickForm(this.dialog, this.props.group, name ? { ...this.context, default_name: name } : this.context, "", () => this.props.created(this.props.group));
    }
}

/**
 * The form for a record that begins in a group.
 * @param {any} dialog the service @param {any} group @param {object} context @param {string} view xmlid of a form, "" for the usual one @param {() => any} onSaved
 */
export function openQuickForm(dialog, group, context, view, onSaved) {
    const close = dialog.add(registry.category("dialogs").get("form"), {
        resModel: group.list.resModel, resId: false, title: _t("New in %s", group.name),
        context: view ? { ...context, form_view_ref: view } : context,
        onSaved: async () => {
            close();
            await onSaved();
        },
    });
}
