/** A choice of a list that a press opens. */
export { DropdownItem } from "@web/core/dropdown/dropdown";
