/** What are the values called that `read_group` groups by, and which of them are the same? */
import { _t } from "@web/core/i18n";

/** @param {any} field @param {any} value as `read_group` gives it @returns {string} */
export function groupLabel(field, value) {
    if (Array.isArray(value)) {
        return String(value[1]);
    }
    if (field?.type === "boolean") {
        return value ? _t("Yes") : _t("No");
    }
    const label = (field?.selection || []).find(([key]) => key === value)?.[1];
    return label ?? (value === false || value === null || value === "" ? _t("None") : String(value));
}

/** @param {any} value @returns {string} the same for the same group; two records of one name differ */
export const groupKey = (value) => JSON.stringify(Array.isArray(value) ? value[0] : value);

/** @param {any} row of `read_group` @param {string[]} groupBy @returns {number} how many records are in the group */
export const groupCount = (row, groupBy) => row.__count ?? row[`${groupBy[0]?.split(":")[0]}_count`] ?? 0;
