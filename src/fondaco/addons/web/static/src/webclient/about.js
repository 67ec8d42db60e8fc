/** Which program is this, in which version, under which licence. */
import { Component, onWillStart, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { rpc } from "@web/core/rpc";
import { session } from "@web/core/session";
import { Dialog } from "@web/ui/dialog/dialog";

export class AboutDialog extends Component {
    static template = xml`
        <Dialog title="title" size="'sm'" close="props.close">
            <dl class="f-technical-facts"><t t-foreach="facts" t-as="fact" t-key="fact[0]"><dt t-esc="fact[0]"/><dd t-esc="fact[1]"/></t></dl>
        </Dialog>`;
    static components = { Dialog };
    static props = ["close"];

    setup() {
        this.title = _t("About Fondaco");
        onWillStart(async () => {
            const about = await rpc("/web/about", {});
            this.facts = [
                [_t("Version"), about.version],
                [_t("Speaks with addons as"), session.server_version],
                [_t("Database"), session.db],
                [_t("Installed modules"), about.modules],
                ["PostgreSQL", about.postgresql],
                ["Python", about.python],
                [_t("Licence"), "LGPL-3.0"],
            ];
        });
    }
}

registry.category("user_menuitems").add("about", (env) => ({ description: _t("About"), icon: "info", callback: () => env.services.dialog.add(AboutDialog) }), { sequence: 90 });
