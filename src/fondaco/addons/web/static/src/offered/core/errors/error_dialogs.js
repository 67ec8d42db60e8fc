/** Dialogs that say what failed, with the props that addons give them. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { Dialog, ErrorDialog as Told } from "@web/ui/dialog/dialog";

/** What the server refused on purpose. */
export class WarningDialog extends Component {
    static template = xml`
        <Dialog title="title" size="'sm'" close="props.close">
            <p class="f-prose" role="alert" t-esc="message"/>
        </Dialog>`;
    static components = { Dialog };
    static props = ["close", "title?", "message?", "data?", "*"];

    get title() {
        return this.props.title || _t("This cannot be done");
    }

    get message() {
        const { message, data } = this.props;
        return message || data?.arguments?.[0] || data?.message || "";
    }
}

/** What nobody expected; `traceback` is for who asks. */
export class ErrorDialog extends Component {
    static template = xml`<Told title="title" message="props.message || title" details="props.traceback" close="props.close"/>`;
    static components = { Told };
    static props = ["close", "message?", "traceback?", "*"];

    get title() {
        return this.props.title || _t("Something went wrong");
    }
}

export class ClientErrorDialog extends ErrorDialog {}

export class RPCErrorDialog extends ErrorDialog {
    get title() {
        return this.props.title || _t("The server met a problem");
    }
}
