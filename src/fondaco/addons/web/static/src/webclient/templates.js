/** Under which names do addons change the templates of the client's own components? */
import { registry } from "@web/core/registry";
import { BooleanField } from "@web/fields/boolean/boolean_field";
import { CharField } from "@web/fields/char/char_field";
import { Many2ManyTagsField } from "@web/fields/many2many_tags/many2many_tags_field";
import { Many2OneField } from "@web/fields/many2one/many2one_field";
import { SelectionField } from "@web/fields/selection/selection_field";
import { StatusBarField } from "@web/fields/statusbar/statusbar_field";
import { TextField } from "@web/fields/text/text_field";
import { X2ManyField } from "@web/fields/x2many/x2many_field";
import { ConfirmationDialog, Dialog } from "@web/ui/dialog/dialog";
import { NotificationContainer } from "@web/ui/notification/notification";
import { Pager } from "@web/ui/pager/pager";
import { FormController } from "@web/views/form/form_controller";
import { KanbanController } from "@web/views/kanban/kanban_view";
import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";
import { Layout } from "@web/views/layout";
import { ListController } from "@web/views/list/list_controller";
import { ListRenderer } from "@web/views/list/list_renderer";
import { SearchBar } from "@web/views/search/search_bar";
import { SearchMenu } from "@web/views/search/search_menu";
import { Home } from "@web/webclient/home";
import { NavBar } from "@web/webclient/navbar";
import { UserMenu } from "@web/webclient/user_menu";
import { WebClient } from "@web/webclient/webclient";

const FIELDS = [BooleanField, CharField, Many2ManyTagsField, Many2OneField, SelectionField, StatusBarField, TextField, X2ManyField];
const templates = registry.category("templates");
for (const component of [ConfirmationDialog, Dialog, FormController, Home, KanbanController, KanbanRenderer, Layout, ListController, ListRenderer, NavBar, NotificationContainer, Pager, SearchBar, SearchMenu, UserMenu, WebClient, ...FIELDS]) {
    templates.add(`web.${component.name}`, component);
}
