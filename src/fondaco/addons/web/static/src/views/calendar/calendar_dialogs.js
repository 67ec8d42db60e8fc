/** What an event says, and the shortest way to a new one. */
import { Component, xml } from "@odoo/owl";
import { formatValue } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { useAutofocus } from "@web/core/services";
import { Dialog } from "@web/ui/dialog/dialog";
import { Icon } from "@web/ui/icon/icon";

export class EventDialog extends Component {
    static template = xml`
        <Dialog title="props.event.title" size="'sm'" close="props.close">
            <p t-if="props.when" class="f-event-when"><Icon name="'clock'"/> <t t-esc="props.when"/></p>
            <dl class="f-event-fields"><t t-foreach="values" t-as="value" t-key="value_index"><dt t-esc="value.label"/><dd t-esc="value.text"/></t></dl>
            <t t-set-slot="footer">
                <button type="button" class="f-button f-button-primary" autofocus="autofocus" t-on-click="() => this.leave(props.onOpen)" t-esc="texts.open"/>
                <button t-if="props.onRemove" type="button" class="f-button" t-on-click="() => this.leave(props.onRemove)"><Icon name="'trash'"/><span t-esc="texts.remove"/></button>
            </t>
        </Dialog>`;
    static components = { Dialog, Icon };
    static props = ["event", "model", "when", "onOpen", "onRemove?", "close"];

    setup() {
        this.texts = { open: _t("Open"), remove: _t("Delete") };
    }

    get values() {
        const { event, model } = this.props;
        return model.arch.shownFields.map(({ name, label }) => ({ label, text: formatValue(model.fields[name], event.row[name], { data: event.row }) })).filter(({ text }) => text);
    }

    /** @param {() => void} next */
    leave(next) {
        this.props.close();
        next();
    }
}

export class QuickCreateDialog extends Component {
    static template = xml`
        <Dialog title="texts.title" size="'sm'" close="props.close">
            <form id="quick-create" t-on-submit.prevent="() => this.create()">
                <label><span class="f-muted" t-esc="props.when"/><input type="text" class="f-input" t-ref="autofocus" name="name" required="required" autocomplete="off" t-att-placeholder="texts.name" t-att-aria-label="texts.name"/></label>
            </form>
            <t t-set-slot="footer">
                <button type="submit" form="quick-create" class="f-button f-button-primary" t-esc="texts.create"/>
                <button type="button" class="f-button" t-on-click="() => this.more()" t-esc="texts.more"/>
            </t>
        </Dialog>`;
    static components = { Dialog };
    static props = ["when", "onCreate", "onMore", "close"];

    setup() {
        this.texts = { title: _t("New"), name: _t("What is it called?"), create: _t("Create"), more: _t("More fields…") };
        /** @type {{el: any}} */
        this.input = useAutofocus();
        this.isMade = false;
    }

    /** Enter that is pressed again before the dialog is gone makes no second one. */
    async create() {
        if (!this.isMade) {
            this.isMade = true;
            this.props.close();
            await this.props.onCreate(this.input.el.value.trim());
        }
    }

    more() {
        this.props.close();
        this.props.onMore(this.input.el.value.trim());
    }
}
