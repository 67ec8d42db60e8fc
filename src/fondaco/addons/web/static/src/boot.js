/**
 * How does the client start: services, then the page. The terms of the user's language are there already: see `core/i18n.js`.
 *
 * Everything that registers itself (fields, views, services, the modules of addons) is imported by the page's list of
 * modules before `start` runs.
 */
import { App, EventBus } from "@odoo/owl";
import "@web/core/globals";
import { translateTemplateText, _t } from "@web/core/i18n";
import { page } from "@web/core/page_app";
import { registry } from "@web/core/registry";
import { startServices } from "@web/core/services";
import { inheritedTemplates } from "@web/core/templates";
import { applyTheme } from "@web/core/theme";
import { readActiveCompanies } from "@web/webclient/company_menu";
import { makeTemplatesEarly } from "@web/webclient/early_templates";
import { WebClient } from "@web/webclient/webclient";

/** @param {{name: string, error: any}[]} [leftOut] modules of addons that could not be loaded */
export async function start(leftOut = []) {
    applyTheme();
    readActiveCompanies();
    const env = { services: {}, bus: new EventBus(), debug: new URLSearchParams(window.location.search).get("debug") || "", _t };
    await startServices(env);
    const app = new App(WebClient, { env, name: "Fondaco", translateFn: translateTemplateText });
    addTemplates(app, document.getElementById("client-templates")?.textContent);
    page.app = app;
    await app.mount(document.body);
    makeTemplatesEarly(app);
    registerWorker();
    if (leftOut.length) {
        (await import("@web/left_out")).tellLeftOut(leftOut, env);
    }
    return app;
}

/** The browser keeps a page for when there is no connection. Where it has no workers (without TLS, in private windows) it shows its own. */
async function registerWorker() {
    try {
        await navigator.serviceWorker?.register("/web/service-worker.js", { scope: "/odoo" });
    } catch (error) {
        console.info("the page for a lost connection is not kept", error);
    }
}

/** Templates of addons, and what they change in ours. @param {any} app @param {string|null|undefined} text XML */
function addTemplates(app, text) {
    if (text) {
        const sources = app.rawTemplates;
        const nameOf = (name) => registry.category("templates").get(name, null)?.template || name;
        for (const [name, source] of inheritedTemplates(text, (name) => sources[nameOf(name)], (problem) => console.warn(problem.message))) {
            sources[nameOf(name)] = source;
        }
    }
}
