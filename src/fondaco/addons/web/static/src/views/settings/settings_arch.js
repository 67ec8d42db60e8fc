/**
 * What does the arch of settings say: apps, in them blocks, in them settings; each with the words it is found by.
 *
 * `<app name string>`, `<block title help>`, `<setting string help company_dependent>` become sections of the form's
 * template that ask `showsApp(n)`, `showsBlock(n)`, `showsSetting(n)`.
 */
import { plain } from "@web/core/words";
import { isYes } from "@web/views/arch";
import { escape } from "@web/views/form/form_compiler";
import { parseFormArch } from "@web/views/form/form_arch";

/** @typedef {{key: string, label: string, logo: string}} SettingsApp */
/** @typedef {{app: number, block: number, words: string}} Setting */

/** @param {Element} root @param {import("@web/views/arch").Models} models @param {string} resModel */
export function parseSettingsArch(root, models, resModel) {
    const reader = new SettingsReader();
    // save and discard stand in the bar of the page
    root.querySelectorAll(":scope > header").forEach((header) => header.remove());
    const info = parseFormArch(root, models, resModel, {
        app: (compiler, node) => reader.app(compiler, node),
        block: (compiler, node) => reader.block(compiler, node),
        setting: (compiler, node) => reader.setting(compiler, node),
    });
    return { ...info, apps: reader.apps, settings: reader.settings };
}

class SettingsReader {
    constructor() {
        /** @type {SettingsApp[]} */
        this.apps = [];
        /** @type {Setting[]} */
        this.settings = [];
        this.blocks = 0;
        this.words = "";
    }

    /** @param {import("@web/views/form/form_compiler").FormCompiler} compiler @param {Element} node */
    app(compiler, node) {
        const name = node.getAttribute("name") || node.getAttribute("data-key") || "";
        const label = node.getAttribute("string") || node.getAttribute("data-string") || name;
        const number = this.apps.push({ key: name, label, logo: node.getAttribute("logo") || "" }) - 1;
        return compiler.wrap(node, `<section class="f-settings-app" t-if="showsApp(${number})"><h2 class="f-settings-name">${escape(label)}</h2>${compiler.compileChildren(node)}</section>`);
    }

    /** @param {import("@web/views/form/form_compiler").FormCompiler} compiler @param {Element} node */
    block(compiler, node) {
        const title = node.getAttribute("title") || "";
        const help = node.getAttribute("help") || "";
        const number = this.blocks++;
        this.words = `${title} ${help}`;
        const content = compiler.compileChildren(node);
        const heading = (title && `<h3>${escape(title)}</h3>`) + (help && `<p class="f-setting-help">${escape(help)}</p>`);
        return compiler.wrap(node, `<div${compiler.attributes(node, "f-settings-block")} t-if="showsBlock(${number})">${heading}<div class="f-settings-list">${content}</div></div>`);
    }

    /** @param {import("@web/views/form/form_compiler").FormCompiler} compiler @param {Element} node */
    setting(compiler, node) {
        const first = [...node.children].find((child) => child.tagName === "field" && !isYes(child.getAttribute("invisible")));
        const added = first ? compiler.sink.addField(first) : null;
        const text = node.getAttribute("string") ?? (added ? added.active.string : "");
        const help = node.getAttribute("help") || added?.active.attrs.help || "";
        const number = this.settings.push({ app: this.apps.length - 1, block: this.blocks - 1, words: plain([text, help, this.words, node.textContent].join(" ")) }) - 1;
        const isSwitch = added?.field.type === "boolean";
        const field = added && first ? compiler.wrap(first, compiler.fieldTag(added, first, text ? { isLabelled: true } : {})) : "";
        const sign = isYes(node.getAttribute("company_dependent")) ? `<Icon name="'company'"/><span class="f-ear" t-esc="companyText"/>` : "";
        const label = text && (added ? `<label class="f-setting-title" t-att-for="idOf(${added.use})">${escape(text)}${sign}</label>` : `<h4 class="f-setting-title">${escape(text)}${sign}</h4>`);
        const rest = [...node.childNodes].filter((child) => child !== first).map((child) => compiler.compile(child)).join("");
        const body = `${label}${help && `<p class="f-setting-help">${escape(help)}</p>`}${isSwitch ? "" : field}${rest && `<div class="f-setting-more">${rest}</div>`}`;
        return compiler.wrap(node, `<div${compiler.attributes(node, "f-setting")} t-if="showsSetting(${number})"><div class="f-setting-switch">${isSwitch ? field : ""}</div><div class="f-setting-body">${body}</div></div>`);
    }
}
