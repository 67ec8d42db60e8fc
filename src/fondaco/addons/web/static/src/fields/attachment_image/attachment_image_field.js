/** The picture that an attachment is. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";

export class AttachmentImageField extends Component {
    static template = xml`<img t-if="value" class="f-attachment-image" t-attf-src="/web/image/{{value[0]}}" t-att-alt="value[1]" loading="lazy"/>`;
    static props = ["*"];

    /** @returns {[number, string]|false} */
    get value() {
        return this.props.record.data[this.props.name];
    }
}

export const attachmentImageField = { component: AttachmentImageField, displayName: _t("Picture of an attachment"), supportedTypes: ["many2one"] };
registry.category("fields").add("attachment_image", attachmentImageField);
