/** The list as a kind of view. */
import { registry } from "@web/core/registry";
import { parseListArch } from "@web/views/list/list_arch";
import { ListController } from "@web/views/list/list_controller";
import { ListRenderer } from "@web/views/list/list_renderer";

export const listView = {
    type: "list",
    isSearched: true,
    parse: parseListArch,
    Controller: ListController,
    Renderer: ListRenderer,
};

registry.category("views").add("list", listView);
