/** Whether an option of a relation (`create`, `delete`, `link`, `unlink`) lets one do it: yes or no, or a domain that the record is to fulfil. */
import { Domain } from "@web/core/domain";

/** @param {any} option @param {any} record */
export function isAllowed(option, record) {
    return Array.isArray(option) ? new Domain(option).contains(record.evalContext) : option === undefined || Boolean(option);
}
