/** What addons add to the whole page: components of the registry "main_components", `{Component, props?}`, in their order. */
import { Component, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useBus } from "@web/core/services";
import { ErrorBoundary } from "@web/ui/error_boundary";

export class MainComponentsContainer extends Component {
    static template = xml`
        <t t-foreach="entries" t-as="entry" t-key="entry[0]">
            <ErrorBoundary onFailed="() => {}"><t t-component="entry[1].Component" t-props="entry[1].props || {}"/></ErrorBoundary>
        </t>`;
    static components = { ErrorBoundary };
    static props = [];

    setup() {
        useBus(registry.category("main_components"), "UPDATE", () => this.render());
    }

    get entries() {
        return registry.category("main_components").getEntries();
    }
}
