/** A document as a page of the client before it goes on paper or into a file. */
import { Component, useRef, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { Dialog } from "@web/ui/dialog/dialog";

export class ReportPreview extends Component {
    static template = xml`
        <Dialog title="props.title" size="'lg'" close="props.close" bodyClass="'f-dialog-flush'">
            <p t-if="!state.isLoaded" class="f-preview-wait" role="status" t-esc="texts.wait"/>
            <iframe class="f-preview" t-ref="frame" sandbox="allow-same-origin allow-modals" t-att-src="props.urlOf('html')" t-att-title="props.title" t-on-load="() => { state.isLoaded = true; }"/>
            <t t-set-slot="footer">
                <a t-if="props.hasPdf" class="f-button f-button-primary" name="pdf" target="_blank" rel="noopener" t-att-href="props.urlOf('pdf')" t-esc="texts.pdf"/>
                <button type="button" class="f-button" name="print" t-att-disabled="!state.isLoaded" t-on-click="() => this.print()" t-esc="texts.print"/>
                <button type="button" class="f-button" name="close" t-on-click="() => props.close()" t-esc="texts.close"/>
            </t>
        </Dialog>`;
    static components = { Dialog };
    static props = ["title", "urlOf", "hasPdf", "close"];

    setup() {
        /** @type {{el: any}} */
        this.frame = useRef("frame");
        this.state = useState({ isLoaded: false });
        this.texts = { wait: _t("The document is being made…"), pdf: _t("Open as PDF"), print: _t("Print"), close: _t("Close") };
    }

    print() {
        this.frame.el.contentWindow.print();
    }
}
