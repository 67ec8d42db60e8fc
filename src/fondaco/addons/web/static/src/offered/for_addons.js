/** What addons of others may ask for as a service: loaded before the first of them, and on no page that has none. */
import "@web/core/commands/command_hook";
import "@web/core/field_service";
import "@web/core/l10n/localization";
import "@web/core/name_service";
import "@web/core/network/http_service";
import "@web/core/popover/popover_hook";
import "@web/core/ui/ui_service";
