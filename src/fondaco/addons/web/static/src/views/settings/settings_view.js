/** The settings of all apps in one place: found by typing, kept together by Save. */
import { useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { plainWords } from "@web/core/words";
import { ConfirmationDialog } from "@web/ui/dialog/dialog";
import { Icon } from "@web/ui/icon/icon";
import { FormController } from "@web/views/form/form_controller";
import { getFormRenderer } from "@web/views/form/form_renderer";
import { Layout } from "@web/views/layout";
import { parseSettingsArch } from "@web/views/settings/settings_arch";
import { SettingsRenderer } from "@web/views/settings/settings_renderer";

export class SettingsController extends FormController {
    static template = xml`
        <Layout class="'f-settings-view'" title="texts.title">
            <t t-set-slot="buttons">
                <button type="button" class="f-button f-button-primary" name="save" data-hotkey="s" t-att-disabled="!isDirty or state.isSaving" t-on-click="() => this.keep()" t-esc="texts.save"/>
                <button t-if="isDirty" type="button" class="f-button" name="discard" data-hotkey="j" t-att-disabled="state.isSaving" t-on-click="() => this.discard()" t-esc="texts.discard"/>
                <span class="f-form-status" role="status"><t t-if="state.isSaving"><span class="f-dot"/><t t-esc="texts.saving"/></t><t t-elif="isDirty"><span class="f-dot f-dot-dirty"/><t t-esc="texts.unsaved"/></t></span>
            </t>
            <t t-set-slot="search">
                <div class="f-search-box"><Icon name="'search'"/><input type="search" class="f-search-input" data-hotkey="q" t-att-placeholder="texts.find" t-att-aria-label="texts.find" t-model="shown.text"/></div>
            </t>
            <div class="f-settings" t-ref="root">
                <nav class="f-settings-apps" t-att-aria-label="texts.apps">
                    <button t-foreach="props.arch.apps" t-as="app" t-key="app.key" type="button" t-att-data-app="app.key" t-att-class="{'f-active': !shown.text and app.key === shown.app}" t-att-aria-current="!shown.text and app.key === shown.app ? 'true' : undefined" t-on-click="() => this.choose(app.key)" t-esc="app.label"/>
                </nav>
                <div class="f-settings-page">
                    <div t-if="state.problem" class="f-alert f-alert-danger" role="alert"><Icon name="'warning'"/><span t-esc="state.problem"/></div>
                    <t t-component="Renderer" record="record" arch="props.arch" readonly="!canEdit" app="shown.app" text="shown.text.trim()"/>
                    <p t-if="!hasMatch" class="f-nothing" role="status" t-esc="texts.nothing"/>
                </div>
            </div>
        </Layout>`;
    static components = { ...FormController.components, Layout, Icon };

    setup() {
        super.setup();
        const { arch, context, state } = this.props;
        const first = arch.apps.some(({ key }) => key === context.module) ? context.module : arch.apps[0]?.key;
        this.shown = useState({ app: state?.app || first, text: "" });
        Object.assign(this.texts, {
            title: _t("Settings"), find: _t("Find a setting"), apps: _t("Apps with settings"), saving: _t("Saving…"), unsaved: _t("Unsaved changes"), nothing: _t("No setting is called that."),
        });
        this.env.config?.setController?.({ beforeLeave: () => this.beforeLeave(), getState: () => ({ app: this.shown.app }) });
    }

    get Renderer() {
        return getFormRenderer(this.props.arch.template, SettingsRenderer);
    }

    get hasMatch() {
        const words = plainWords(this.shown.text);
        return !words.length || this.props.arch.settings.some((setting) => words.every((word) => setting.words.includes(word)));
    }

    /** @param {string} app */
    choose(app) {
        this.shown.app = app;
        this.shown.text = "";
    }

    /** The address stays that of the settings: their record is gone tomorrow. */
    async tellName() {}

    /** Settings have no name that could have the focus. */
    focusFirst() {}

    /** @returns {Promise<boolean>} */
    async keep() {
        if (!(await this.save())) {
            return false;
        }
        const next = await this.orm.call(this.props.resModel, "execute", [[this.record.resId]], { context: this.props.context });
        await this.action.doAction(next || "reload");
        return true;
    }

    async discard() {
        this.state.problem = "";
        this.state.isTyping = false;
        await this.open(false);
    }

    /** @returns {Promise<boolean>} */
    async beforeLeave() {
        await this.model.commitInputs();
        if (!this.record.dirty) {
            return true;
        }
        return new Promise((resolve) => {
            this.dialog.add(ConfirmationDialog, {
                title: _t("The settings are not saved"),
                body: _t("Save what you changed, or leave without it?"),
                confirmLabel: _t("Save"), confirm: () => resolve(this.keep()),
                alternativeLabel: _t("Leave without saving"), alternative: () => resolve(true),
                cancelLabel: _t("Stay here"), cancel: () => resolve(false),
            }, { onClose: () => resolve(false) });
        });
    }
}

registry.category("views").add("base_settings", { type: "form", isSearched: false, parse: parseSettingsArch, Controller: SettingsController });
