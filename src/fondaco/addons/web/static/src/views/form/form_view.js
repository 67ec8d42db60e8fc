/** The form as a kind of view. */
import { registry } from "@web/core/registry";
import { parseFormArch } from "@web/views/form/form_arch";
import { FormController } from "@web/views/form/form_controller";

export const formView = { type: "form", isSearched: false, parse: parseFormArch, Controller: FormController };

registry.category("views").add("form", formView);
