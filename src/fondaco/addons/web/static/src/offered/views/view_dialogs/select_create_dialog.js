/** A record chosen from a list of the model, or made on the spot. */
import { xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { SelectDialog } from "@web/views/form/form_dialogs";

export class SelectCreateDialog extends SelectDialog {
    static template = xml`
        <Dialog title="props.title or texts.title" size="'lg'" close="props.close" footer="mayCreate" bodyClass="'f-dialog-flush'">
            <View resModel="props.resModel" type="'list'" domain="props.domain || []" context="props.context || {}" actionProps="listProps"/>
            <t t-set-slot="footer"><button t-if="mayCreate" type="button" class="f-button f-button-primary" t-on-click="() => this.createNew()" t-esc="texts.create"/></t>
        </Dialog>`;
    static props = ["resModel", "close", "title?", "domain?", "context?", "onSelected?", "onCreateEdit?", "noCreate?", "multiSelect?", "*"];
    static defaultProps = { onSelected: () => {} };

    setup() {
        super.setup();
        this.texts = { title: _t("Choose a record"), create: _t("New") };
    }

    get mayCreate() {
        return Boolean(this.props.onCreateEdit) && !this.props.noCreate;
    }

    createNew() {
        this.props.close();
        this.props.onCreateEdit();
    }
}
