/** Cards as a kind of view. */
import { xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { Icon } from "@web/ui/icon/icon";
import { Pager } from "@web/ui/pager/pager";
import { CogMenu } from "@web/views/cog_menu";
import { parseKanbanArch } from "@web/views/kanban/kanban_arch";
import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";
import { Layout } from "@web/views/layout";
import { MultiRecordController } from "@web/views/list/list_controller";
import { NoContent } from "@web/views/no_content";
import { SearchBar } from "@web/views/search/search_bar";
import { ViewButton } from "@web/views/view_button";

export class KanbanController extends MultiRecordController {
    static template = xml`
        <Layout class="'f-kanban-view'">
            <t t-set-slot="buttons">
                <button t-if="canCreate and hasForm" type="button" class="f-button f-button-primary" data-hotkey="c" t-on-click="() => this.create()"><Icon name="'plus'"/><span t-esc="texts.new"/></button>
                <t t-foreach="steadyButtons" t-as="button" t-key="button_index"><ViewButton info="button"/></t>
                <CogMenu/>
            </t>
            <t t-set-slot="search"><SearchBar/></t>
            <t t-set-slot="pager"><Pager t-if="pager.isShown" offset="pager.offset" limit="pager.limit" total="pager.total" isCounted="pager.isCounted" isFree="true" onUpdate="(offset, limit) => this.showPart(offset, limit)" onCount="() => this.list.countAll()"/></t>
            <NoContent t-if="isEmpty" help="props.noContentHelp" isFiltered="props.searchModel.isFiltered"/>
            <t t-else="" t-component="props.viewDescription.Renderer" list="list" arch="props.arch" openRecord="hasForm and props.arch.canOpen ? (record) => this.openRecord(record) : undefined"/>
        </Layout>`;
    static components = { CogMenu, Layout, SearchBar, Pager, Icon, NoContent, ViewButton };

    /** In columns that begin records by a name, New does so in the first that may; where there is none, in a form. */
    create() {
        if (this.list.isGrouped && this.props.arch.createsQuickly) {
            this.model.bus.trigger("QUICK_CREATE", { otherwise: () => super.create() });
            return undefined;
        }
        return super.create();
    }
}

export const kanbanView = { type: "kanban", isSearched: true, parse: parseKanbanArch, Controller: KanbanController, Renderer: KanbanRenderer };

registry.category("views").add("kanban", kanbanView);
