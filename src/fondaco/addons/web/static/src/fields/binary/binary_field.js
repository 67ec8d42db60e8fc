/** Files and pictures: chosen, dropped, shown, fetched, taken away. */
import { Component, useRef, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { session } from "@web/core/session";
import { PictureDialog } from "@web/fields/binary/picture_dialog";
import { Icon } from "@web/ui/icon/icon";

/** @param {File} file @returns {Promise<string>} base64 */
function readFile(file) {
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(String(reader.result).split(",")[1] || "");
        reader.onerror = () => reject(reader.error);
        reader.readAsDataURL(file);
    });
}

class FileField extends Component {
    static props = ["*"];

    setup() {
        /** @type {{el: any}} */
        this.input = useRef("file");
        /** @type {{el: any}} */
        this.camera = useRef("camera");
        /** A device in the hand takes the picture; at a desk a file is chosen. */
        this.hasCamera = window.matchMedia("(pointer: coarse)").matches;
        this.state = useState({ isOver: false });
        this.notification = useService("notification");
        this.dialog = useService("dialog");
        this.texts = { choose: _t("Choose a file"), picture: _t("Add picture"), shoot: _t("Take a picture"), replace: _t("Replace"), remove: _t("Remove"), download: _t("Download"), zoom: _t("Show it large") };
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    /** True when the value was chosen here and is not yet on the server. */
    get isLocal() {
        return this.props.record.changed.has(this.props.name);
    }

    get url() {
        const { record, name } = this.props;
        return `/web/content/${record.resModel}/${record.resId}/${name}`;
    }

    pick() {
        this.input.el.click();
    }

    /** @param {DragEvent} event */
    onDrop(event) {
        this.state.isOver = false;
        this.take(event.dataTransfer?.files[0]);
    }

    /** @param {File|undefined} file */
    async take(file) {
        if (!file || this.props.readonly) {
            return;
        }
        const limit = session.max_file_upload_size;
        if (limit && file.size > limit) {
            this.notification.add(_t("%(name)s is larger than the %(limit)s MB the server takes.", { name: file.name, limit: Math.floor(limit / 1e6) }), { type: "warning" });
            return;
        }
        const { record, name, fileNameField } = this.props;
        // what is saved meanwhile waits for it
        const content = await record.model.exec(() => readFile(file));
        await record.update({ [name]: content, ...(fileNameField ? { [fileNameField]: file.name } : {}) });
        for (const { el } of [this.input, this.camera]) {
            if (el) {
                el.value = "";
            }
        }
    }

    clear() {
        const { record, name, fileNameField } = this.props;
        return record.update({ [name]: false, ...(fileNameField ? { [fileNameField]: "" } : {}) });
    }
}

export class BinaryField extends FileField {
    static template = xml`
        <div class="f-file" t-on-dragover.prevent="() => this.state.isOver = true" t-on-dragleave="() => this.state.isOver = false" t-on-drop.prevent="onDrop" t-att-class="{'f-over': state.isOver}">
            <a t-if="value and !isLocal and !props.record.isNew" class="f-link" t-att-href="url + '?download=true'"><Icon name="'download'"/> <t t-esc="fileName"/></a>
            <span t-elif="value" class="f-value" t-esc="fileName"/>
            <t t-if="!props.readonly">
                <button type="button" class="f-button f-button-small" t-att-id="props.id" t-on-click="() => this.pick()"><Icon name="'upload'"/><span t-esc="value ? texts.replace : texts.choose"/></button>
                <button t-if="value" type="button" class="f-button f-button-quiet f-button-small" t-on-click="() => this.clear()" t-esc="texts.remove"/>
                <input t-ref="file" type="file" hidden="hidden" t-att-accept="props.accept" t-on-change="(ev) => this.take(ev.target.files[0])"/>
            </t>
        </div>`;
    static components = { Icon };

    get fileName() {
        const { record, fileNameField } = this.props;
        return (fileNameField && record.data[fileNameField]) || _t("File");
    }
}

export class ImageField extends FileField {
    static template = xml`
        <div class="f-image" t-att-style="style" t-on-dragover.prevent="() => this.state.isOver = true" t-on-dragleave="() => this.state.isOver = false" t-on-drop.prevent="onDrop" t-att-class="{'f-over': state.isOver}">
            <button t-if="source and props.canZoom" type="button" class="f-image-zoom" t-att-aria-label="texts.zoom + ': ' + props.label" t-att-title="texts.zoom" t-on-click.stop="() => this.zoom()"><img t-att-src="source" t-att-alt="props.label" t-att-style="fit" loading="lazy"/></button>
            <img t-elif="source" t-att-src="source" t-att-alt="props.label" t-att-style="fit" loading="lazy"/>
            <button t-elif="!props.readonly" type="button" class="f-image-empty" t-att-id="props.id" t-on-click="() => this.pick()"><Icon name="'image'"/><span t-esc="texts.picture"/></button>
            <span t-else="" class="f-image-empty"><Icon name="'image'"/></span>
            <button t-if="canShoot" type="button" class="f-button f-button-icon f-image-camera" t-att-title="texts.shoot" t-att-aria-label="texts.shoot" t-on-click="() => this.camera.el.click()"><Icon name="'camera'"/></button>
            <div t-if="!props.readonly and value" class="f-image-actions">
                <button type="button" class="f-button f-button-icon" t-att-title="texts.replace" t-att-aria-label="texts.replace" t-on-click="() => this.pick()"><Icon name="'edit'"/></button>
                <button type="button" class="f-button f-button-icon" t-att-title="texts.remove" t-att-aria-label="texts.remove" t-on-click="() => this.clear()"><Icon name="'trash'"/></button>
            </div>
            <input t-if="!props.readonly" t-ref="file" type="file" t-att-accept="accept" hidden="hidden" t-on-change="(ev) => this.take(ev.target.files[0])"/>
            <input t-if="canShoot" t-ref="camera" type="file" t-att-accept="accept" capture="environment" hidden="hidden" t-on-change="(ev) => this.take(ev.target.files[0])"/>
        </div>`;
    static components = { Icon };

    /** Small pictures have no room for a button more. */
    get canShoot() {
        return this.hasCamera && !this.props.readonly && (this.props.size?.[0] ?? 96) >= 80;
    }

    get accept() {
        return this.props.accept || "image/*";
    }

    /** How the picture fills its place: archs say it in the words of a style sheet. */
    get fit() {
        const found = /object-fit-(cover|contain|fill|none|scale-down)/.exec(this.props.imageClass || "");
        return found ? `object-fit: ${found[1]}` : "";
    }

    zoom() {
        this.dialog.add(PictureDialog, { source: this.isLocal ? this.source : this.wholeSource, title: this.props.label });
    }

    /** The picture itself, where a smaller one is shown. */
    get wholeSource() {
        const { record, name } = this.props;
        return record.fields[name].type === "many2one" ? this.source : `/web/image/${record.resModel}/${record.resId}/${name}`;
    }

    get style() {
        const [width, height] = this.props.size || [96, 96];
        return `width: ${width || 96}px; height: ${height || width || 96}px`;
    }

    get source() {
        const { record, name, preview } = this.props;
        if (!this.value) {
            return "";
        }
        const field = record.fields[name];
        if (field.type === "many2one") {
            return `/web/image/${field.relation}/${this.value[0]}/${preview || "avatar_128"}`;
        }
        if (this.isLocal) {
            return `data:image/*;base64,${this.value}`;
        }
        const stamp = encodeURIComponent(record.data.write_date || record.raw.write_date || "");
        return record.resId ? `/web/image/${record.resModel}/${record.resId}/${preview || name}?unique=${stamp}` : "";
    }
}

const fields = registry.category("fields");
export const binaryField = { component: BinaryField, displayName: _t("File"), supportedTypes: ["binary"], extractProps: ({ attrs, options }) => ({ fileNameField: attrs.filename, accept: options.accepted_file_extensions }) };
fields.add("binary", binaryField);
export const imageField = { component: ImageField, displayName: _t("Picture"), supportedTypes: ["binary", "many2one"], extractProps: ({ options, viewType, field }) => ({ size: options.size || (field.type === "many2one" ? [24, 24] : viewType === "form" ? undefined : [56, 56]), preview: options.preview_image, canZoom: Boolean(options.zoom), accept: options.accepted_file_extensions, imageClass: options.img_class }) };
fields.add("image", imageField);

/** A picture that lives at an address. */
export class ImageUrlField extends Component {
    static template = xml`<img t-if="source" class="f-image-url" t-att-src="source" t-att-alt="props.label" loading="lazy" t-att-style="'max-height:' + ((props.size and props.size[1]) or 40) + 'px'"/>`;
    static props = ["*"];

    get source() {
        return this.props.record.data[this.props.name] || "";
    }
}

export const imageUrlField = { component: ImageUrlField, displayName: _t("Picture address"), supportedTypes: ["char"], extractProps: ({ options }) => ({ size: options.size }) };
fields.add("image_url", imageUrlField);
