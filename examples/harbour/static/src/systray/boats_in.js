/** In the bar at the top: how many boats are in; a press shows them. */
import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";

/** A service lives as long as the page: it counts once for whoever asks. */
const harbourService = {
    dependencies: ["orm"],
    start(env, { orm }) {
        return { countBoats: () => orm.searchCount("harbour.boat", [["is_in", "=", true]]) };
    },
};

export class BoatsIn extends Component {
    static template = "harbour.BoatsIn";
    static props = [];

    setup() {
        this.harbour = useService("harbour");
        this.action = useService("action");
        this.state = useState({ count: 0 });
        useBus(this.env.bus, "HARBOUR:CHANGED", () => this.load());
        onWillStart(() => this.load());
    }

    async load() {
        this.state.count = await this.harbour.countBoats();
    }

    get label() {
        return _t("%s boats in the harbour", this.state.count);
    }

    open() {
        return this.action.doAction("harbour.boat_action");
    }
}

registry.category("services").add("harbour", harbourService);
registry.category("systray").add("harbour.boats", { Component: BoatsIn }, { sequence: 50 });
