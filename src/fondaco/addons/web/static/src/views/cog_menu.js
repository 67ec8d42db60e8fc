/** What can be done with a view as a whole. Items come from the registry "cogMenu": `{ Component, isDisplayed?(env) }`. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { Dropdown } from "@web/ui/dropdown/dropdown";
import { Icon } from "@web/ui/icon/icon";

export class CogMenu extends Component {
    static template = xml`
        <Dropdown t-if="items.length" togglerClass="'f-button f-button-quiet f-button-icon'" label="label" title="label" hotkey="'u'">
            <Icon name="'gear'"/>
            <t t-set-slot="content"><t t-foreach="items" t-as="item" t-key="item[0]"><t t-component="item[1].Component"/></t></t>
        </Dropdown>`;
    static components = { Dropdown, Icon };
    static props = [];

    setup() {
        this.label = _t("More");
    }

    get items() {
        return registry.category("cogMenu").getEntries().filter(([, { isDisplayed }]) => !isDisplayed || isDisplayed(this.env));
    }
}
