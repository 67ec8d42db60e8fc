/** What stands where a step could not be shown: why, and the way back. */
import { Component, useSubEnv, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { useService } from "@web/core/services";
import { MissingRecordError } from "@web/model/record";
import { Icon } from "@web/ui/icon/icon";
import { Layout } from "@web/views/layout";

/** owl wraps what a hook threw. @param {any} error @returns {any} */
const causeOf = (error) => error?.cause || error;

/** Whether this page says all there is to say of it. @param {any} error @returns {boolean} */
export const isTold = (error) => causeOf(error) instanceof MissingRecordError;

export class FailedStep extends Component {
    static template = xml`
        <Layout title="title">
            <div class="f-nothing" role="alert">
                <Icon name="'warning'"/><p t-esc="text"/>
                <button type="button" class="f-button f-button-primary" t-on-click="() => this.goBack()" t-esc="texts.back"/>
                <button type="button" class="f-button" t-on-click="() => props.retry()" t-esc="texts.again"/>
            </div>
        </Layout>`;
    static components = { Icon, Layout };
    static props = ["config", "error", "retry"];

    setup() {
        this.action = useService("action");
        this.texts = { back: _t("Back"), again: _t("Try again") };
        const isGone = isTold(this.props.error);
        this.title = isGone ? _t("Nothing is there") : "";
        this.text = isGone ? causeOf(this.props.error).message : _t("This could not be shown.");
        // no other view to switch to without a record, and nothing of the view that failed is asked before one leaves
        useSubEnv({ config: { ...this.props.config, viewSwitcher: [] } });
        this.props.config.setController({});
    }

    /** To what one came from; a page that was opened first has the start before it. */
    async goBack() {
        if (!(await this.action.goBack({ force: true }))) {
            await this.action.goHome();
        }
    }
}
