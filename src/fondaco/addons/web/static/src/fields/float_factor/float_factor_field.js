/** A number shown, and typed, as a multiple of what is kept. */
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { floatField } from "@web/fields/number/number_field";

export const floatFactorField = {
    ...floatField,
    displayName: _t("Number with a factor"),
    supportedTypes: ["float", "integer"],
    extractProps: (info) => ({ ...floatField.extractProps(info), factor: Number(info.options.factor) || 1 }),
};
registry.category("fields").add("float_factor", floatFactorField);
