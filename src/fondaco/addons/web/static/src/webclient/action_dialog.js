/** An action shown apart from the page: a wizard, a form that asks. */
import { Component, onWillUnmount, useSubEnv, xml } from "@odoo/owl";
import { Dialog } from "@web/ui/dialog/dialog";
import { View } from "@web/views/view";

export class ActionDialog extends Component {
    static template = xml`
        <Dialog title="props.title" size="'lg'" footer="false" close="props.close">
            <View t-props="props.viewProps" actionProps="actionProps"/>
        </Dialog>`;
    static components = { Dialog, View };
    static props = ["title", "viewProps", "close", "onClosed?"];

    setup() {
        useSubEnv({ isInDialog: true, config: {} });
        let isReplaced = false;
        this.actionProps = {
            close: (/** @type {{isReplaced?: boolean}} */ how = {}) => {
                isReplaced = Boolean(how.isReplaced);
                this.props.close();
            },
            // what took the place of this dialog tells when it is closed
            onReplacedEnd: () => this.props.onClosed?.(),
        };
        onWillUnmount(() => !isReplaced && this.props.onClosed?.());
    }
}
