/**
 * How does the client start: services, then the page. The terms of the user's language are there already: see `core/i18n.js`.
 *
 * Everything that registers itself (fields, views, services, the modules of addons) is imported by the page's list of
 * modules before `start` runs.
 */
import { App, EventBus } from "@odoo/owl";
import { translateTemplateText, _t } from "@web/core/i18n";
import { startServices } from "@web/core/services";
import { applyTheme } from "@web/core/theme";
import { readActiveCompanies } from "@web/webclient/company_menu";
import { WebClient } from "@web/webclient/webclient";

export async function start() {
    // owl templates of addons, as XML
    const templates = document.getElementById("client-templates")?.textContent;
    applyTheme();
    readActiveCompanies();
    const env = { services: {}, bus: new EventBus(), debug: new URLSearchParams(window.location.search).get("debug") || "", _t };
    await startServices(env);
    const app = new App(WebClient, { env, name: "Fondaco", translateFn: translateTemplateText, ...(templates ? { templates } : {}) });
    await app.mount(document.body);
    return app;
}
