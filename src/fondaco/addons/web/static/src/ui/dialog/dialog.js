/**
 * How does the client ask or show something apart from the page: a native modal `<dialog>`, which keeps the focus inside,
 * closes on Escape and gives the focus back.
 */
import { Component, onMounted, onWillUnmount, useRef, useState, xml } from "@odoo/owl";
import { browser } from "@web/core/browser";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { Icon } from "@web/ui/icon/icon";

let lastId = 0;

export class Dialog extends Component {
    static template = xml`
        <dialog class="f-dialog" t-ref="dialog" t-att-class="'f-dialog-' + props.size" t-att-aria-labelledby="id"
                t-on-cancel.prevent="() => this.dismiss()" t-on-pointerdown="onPointerdown">
            <div class="f-dialog-box">
                <header class="f-dialog-header" t-if="props.header">
                    <h2 class="f-dialog-title" t-att-id="id" t-esc="props.title"/>
                    <button type="button" class="f-button f-button-quiet f-button-icon" t-on-click="() => this.dismiss()" t-att-aria-label="closeText">
                        <Icon name="'close'"/>
                    </button>
                </header>
                <div class="f-dialog-body" t-att-class="props.bodyClass"><t t-slot="default"/></div>
                <footer class="f-dialog-footer" t-if="props.footer">
                    <t t-slot="footer"><button type="button" class="f-button f-button-primary" t-on-click="() => this.dismiss()">Close</button></t>
                </footer>
            </div>
        </dialog>`;
    static components = { Icon };
    static props = ["title?", "size?", "header?", "footer?", "bodyClass?", "slots?", "close?", "onDismiss?", "*"];
    static defaultProps = { title: "", size: "md", header: true, footer: true, bodyClass: "" };

    setup() {
        /** @type {{el: any}} */
        this.ref = useRef("dialog");
        this.id = `dialog-${++lastId}`;
        this.closeText = _t("Close");
        const previous = document.activeElement;
        onMounted(() => this.ref.el.showModal());
        onWillUnmount(() => {
            this.ref.el?.close();
            if (previous instanceof HTMLElement && previous.isConnected) {
                previous.focus();
            }
        });
    }

    dismiss() {
        this.props.onDismiss?.();
        (this.props.close || this.env.dialogData?.close)?.();
    }

    /** A press on the backdrop closes a dialog that asks nothing. @param {PointerEvent} event */
    onPointerdown(event) {
        if (event.target === this.ref.el && this.props.size === "palette") {
            this.dismiss();
        }
    }
}

/** Asks one question; the body is a sentence, the buttons say what they do. */
export class ConfirmationDialog extends Component {
    static template = xml`
        <Dialog title="props.title" size="'sm'" close="props.close" onDismiss="() => props.cancel and props.cancel()">
            <p class="f-prose" t-esc="props.body"/>
            <t t-set-slot="footer">
                <button type="button" class="f-button" t-att-class="props.confirmClass" autofocus="autofocus" t-on-click="() => this.answer('confirm')" t-esc="props.confirmLabel"/>
                <button type="button" class="f-button" t-if="props.alternative" t-on-click="() => this.answer('alternative')" t-esc="props.alternativeLabel"/>
                <button type="button" class="f-button" t-if="props.cancel" t-on-click="() => this.answer('cancel')" t-esc="props.cancelLabel"/>
            </t>
        </Dialog>`;
    static components = { Dialog };
    static props = ["title", "body", "close", "confirm?", "cancel?", "alternative?", "confirmLabel?", "cancelLabel?", "alternativeLabel?", "confirmClass?"];
    static defaultProps = { confirmLabel: _t("OK"), cancelLabel: _t("Cancel"), alternativeLabel: _t("Discard"), confirmClass: "f-button-primary" };

    /** @param {"confirm"|"cancel"|"alternative"} choice */
    answer(choice) {
        // before the end of the dialog, which counts as no answer
        this.props[choice]?.();
        this.props.close();
    }
}

/** Says what went wrong, by which number the server's log knows it, and on request what a developer wants to see. */
export class ErrorDialog extends Component {
    static template = xml`
        <Dialog title="props.title" size="'md'" close="props.close">
            <p class="f-prose f-error-message" role="alert" t-esc="props.message"/>
            <p t-if="props.requestId" class="f-error-number">
                <span class="f-muted" t-esc="texts.number"/> <code t-esc="props.requestId"/>
                <button t-if="mayCopy" type="button" class="f-button f-button-small" t-on-click="() => this.copy()"><Icon name="state.isCopied ? 'check' : 'copy'"/><span aria-live="polite" t-esc="state.isCopied ? texts.copied : texts.copy"/></button>
            </p>
            <details t-if="props.details" class="f-details"><summary t-esc="texts.details"/><pre tabindex="0" t-esc="props.details"/></details>
        </Dialog>`;
    static components = { Dialog, Icon };
    static props = ["title", "message", "close", "details?", "requestId?"];

    setup() {
        this.texts = { number: _t("Number of the request:"), copy: _t("Copy"), copied: _t("Copied"), details: _t("Technical details") };
        this.state = useState({ isCopied: false });
    }

    /** Browsers give the clipboard to pages of https only. */
    get mayCopy() {
        return Boolean(browser.navigator.clipboard);
    }

    async copy() {
        await browser.navigator.clipboard.writeText(this.props.requestId);
        this.state.isCopied = true;
    }
}

const dialogService = {
    dependencies: ["overlay"],
    start(_env, { overlay }) {
        return {
            /** @param {any} component @param {object} [props] @param {{onClose?: (result?: any) => void}} [options] @returns {() => void} */
            add(component, props = {}, { onClose } = {}) {
                const close = (/** @type {any} */ result = undefined) => {
                    remove();
                    onClose?.(result);
                };
                const remove = overlay.add(component, { ...props, close }, close);
                return close;
            },
            /** @param {{title: string, body: string, confirmLabel?: string, cancelLabel?: string, confirmClass?: string, alternativeLabel?: string, alternative?: () => void}} question @returns {Promise<boolean>} false for the alternative too */
            ask(question) {
                return new Promise((resolve) => {
                    const { alternative } = question;
                    const other = alternative && { alternative: () => { alternative(); resolve(false); } };
                    this.add(ConfirmationDialog, { ...question, ...other, confirm: () => resolve(true), cancel: () => resolve(false) });
                });
            },
        };
    },
};

registry.category("services").add("dialog", dialogService);
