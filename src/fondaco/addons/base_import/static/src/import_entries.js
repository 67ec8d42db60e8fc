/** Where an import begins (the gear of a list, the palette) and the sign in the bar while one is under way. */
import { Component, useState, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/services";
import { DropdownItem } from "@web/ui/dropdown/dropdown";
import { Icon } from "@web/ui/icon/icon";

/** @param {any} env @param {{resModel: string, title: string, context?: object}} target */
const openImport = (env, { resModel, title, context = {} }) => env.services.action.doAction({ type: "ir.actions.client", tag: "import", name: _t("Import"), params: { model: resModel, title, context } });

class ImportItem extends Component {
    static template = xml`<DropdownItem onSelected="() => this.open()"><Icon name="'upload'"/><t t-esc="label"/></DropdownItem>`;
    static components = { DropdownItem, Icon };
    static props = [];

    setup() {
        this.label = _t("Import records");
    }

    open() {
        const { searchModel, config } = this.env;
        openImport(this.env, { resModel: searchModel.resModel, title: config.displayName, context: searchModel.context });
    }
}

registry.category("cogMenu").add("import", { Component: ImportItem, isDisplayed: ({ canImport }) => Boolean(canImport) }, { sequence: 10 });

registry.category("command_provider").add("import", (env) => {
    const { top } = env.services.action;
    const isListed = top?.kind === "view" && registry.category("views").get(top.viewType, null)?.isSearched;
    return isListed ? [{ name: _t("Import into %s", top.name), category: _t("Command"), icon: "upload", action: () => openImport(env, { resModel: top.action.res_model, title: top.name }) }] : [];
});

class ImportSign extends Component {
    static template = xml`
        <button t-if="job and (job.step === 'running' or job.step === 'paused')" type="button" class="f-nav-button f-import-sign" t-att-title="text" t-att-aria-label="text" t-on-click="() => this.open()">
            <Icon name="'upload'"/><span t-esc="percent + '%'"/>
        </button>`;
    static components = { Icon };
    static props = [];

    setup() {
        this.state = useState(useService("import").state);
    }

    get job() {
        return this.state.job;
    }

    get percent() {
        const { at, rows } = this.job;
        return rows ? Math.floor((100 * at) / rows) : 0;
    }

    get text() {
        return this.job.step === "running" ? _t("Importing %s", this.job.fileName) : _t("The import of %s has stopped", this.job.fileName);
    }

    open() {
        return openImport(this.env, this.job);
    }
}

registry.category("systray").add("import", { Component: ImportSign }, { sequence: 8 });
