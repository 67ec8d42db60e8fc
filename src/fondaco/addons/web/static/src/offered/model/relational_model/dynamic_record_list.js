/** The records that a view has found, under the name that addons know. */
import { RecordList } from "@web/model/list";

export const DynamicRecordList = RecordList;
