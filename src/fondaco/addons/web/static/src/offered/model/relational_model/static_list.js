/** The lines of a record, under the name that addons know. */
import { X2ManyList } from "@web/model/x2many";

export const StaticList = X2ManyList;
