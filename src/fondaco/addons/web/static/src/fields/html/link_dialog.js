/** Where does a link lead? */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { useAutofocus } from "@web/core/services";
import { Dialog } from "@web/ui/dialog/dialog";

export class LinkDialog extends Component {
    static template = xml`
        <Dialog title="texts.title" size="'sm'" close="props.close">
            <form id="link-form" t-on-submit.prevent="() => this.save()"><input t-ref="autofocus" type="text" inputmode="url" class="f-input" name="url" required="required" placeholder="https://" t-att-value="props.url" t-att-aria-label="texts.url"/></form>
            <t t-set-slot="footer">
                <button type="submit" form="link-form" class="f-button f-button-primary" t-esc="texts.save"/>
                <button t-if="props.onRemove" type="button" class="f-button" t-on-click="() => this.remove()" t-esc="texts.remove"/>
            </t>
        </Dialog>`;
    static components = { Dialog };
    static props = ["url", "onSave", "onRemove?", "close"];

    setup() {
        this.texts = { title: _t("Link"), url: _t("Address"), save: _t("Set link"), remove: _t("Remove link") };
        /** @type {{el: any}} */
        this.input = useAutofocus({ selectAll: true });
    }

    save() {
        const text = this.input.el.value.trim();
        // "example.com:8080" has a port and no scheme
        const isWhole = /^((?![a-z0-9-]+(\.[a-z0-9-]+)+:\d)[a-z][a-z0-9+.-]*:|\/|#|\{)/i.test(text);
        this.props.close();
        this.props.onSave(isWhole ? text : text.includes("@") ? `mailto:${text}` : `https://${text}`);
    }

    remove() {
        this.props.close();
        this.props.onRemove();
    }
}
