/** A picture as large as the window lets it be. */
import { Component, xml } from "@odoo/owl";
import { Dialog } from "@web/ui/dialog/dialog";

export class PictureDialog extends Component {
    static template = xml`<Dialog title="props.title" size="'lg'" close="props.close"><img class="f-picture-large" t-att-src="props.source" t-att-alt="props.title"/></Dialog>`;
    static components = { Dialog };
    static props = ["source", "title", "close"];
}
