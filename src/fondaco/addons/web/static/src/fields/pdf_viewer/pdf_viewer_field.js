/** A PDF that is kept in a field: its pages, read in the form, and the file chosen, fetched or taken away below them. */
import { Component, onWillDestroy, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { BinaryField, binaryField } from "@web/fields/binary/binary_field";

/** @param {string} content base64 */
const addressOf = (content) => URL.createObjectURL(new Blob([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], { type: "application/pdf" }));

export class PdfViewerField extends Component {
    static template = xml`
        <div class="f-pdf">
            <iframe t-if="source" class="f-pdf-pages" t-att-src="source" t-att-title="title"/>
            <BinaryField t-props="props"/>
        </div>`;
    static components = { BinaryField };
    static props = ["*"];

    setup() {
        /** What was chosen and is not on the server yet, and the address that the browser has made for it. */
        this.local = { content: "", address: "" };
        onWillDestroy(() => URL.revokeObjectURL(this.local.address));
    }

    get title() {
        return _t("%s: pages", this.props.label);
    }

    get source() {
        const { record, name, preview } = this.props;
        const value = record.data[name];
        if (!value) {
            return "";
        }
        if (!record.changed.has(name)) {
            const stamp = encodeURIComponent(record.data.write_date || record.raw.write_date || value);
            return record.resId ? `/web/content/${record.resModel}/${record.resId}/${preview || name}?unique=${stamp}#view=FitH` : "";
        }
        if (this.local.content !== value) {
            URL.revokeObjectURL(this.local.address);
            this.local = { content: value, address: addressOf(value) };
        }
        return this.local.address;
    }
}

export const pdfViewerField = {
    component: PdfViewerField,
    displayName: _t("Pages of a PDF"),
    supportedTypes: ["binary"],
    extractProps: (info) => ({ ...binaryField.extractProps(info), accept: info.options.accepted_file_extensions || "application/pdf", preview: info.options.preview_image }),
};
registry.category("fields").add("pdf_viewer", pdfViewerField);
