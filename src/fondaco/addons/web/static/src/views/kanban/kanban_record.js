/** One card: the template of the arch with `record.<field>.value` and `.raw_value` in it. */
import { Component, xml } from "@odoo/owl";
import { formatValue } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { luxon } from "@web/core/luxon";
import { Field } from "@web/fields/field";
import { Dropdown, DropdownItem } from "@web/ui/dropdown/dropdown";
import { Icon } from "@web/ui/icon/icon";
import { evalValue } from "@web/model/values";
import { ViewButton } from "@web/views/view_button";
import { ViewWidget } from "@web/views/view_widget";

class KanbanRecordBase extends Component {
    static components = { Field, ViewButton, Dropdown, DropdownItem, Icon, ViewWidget };
    static props = ["record", "arch", "onAction", "readonly?"];
    /** Under which owl knows the parts of the arch. @type {string[]} */
    static partNames = [];

    get menuText() {
        return _t("More");
    }

    /** Names the template uses. */
    get record() {
        const { record } = this.props;
        return Object.fromEntries(Object.keys(record.activeFields).map((name) => [name, {
            value: formatValue(record.fields[name], record.data[name], { data: record.data }),
            raw_value: evalValue(record.fields[name], record.data[name]),
        }]));
    }

    get __comp__() {
        return this;
    }

    get partNames() {
        return /** @type {typeof KanbanRecordBase} */ (this.constructor).partNames;
    }

    get widget() {
        const { arch, readonly, record } = this.props;
        return { editable: arch.activeActions.edit && !readonly, deletable: arch.activeActions.delete && !readonly && !record.isTrue(arch.keepsLine) };
    }

    get read_only_mode() {
        return !this.widget.editable;
    }

    get JSON() {
        return JSON;
    }

    get luxon() {
        return luxon;
    }

    get context() {
        return this.props.record.evalContext.context;
    }

    /** @param {string} model @param {string} field @param {any} id */
    kanban_image(model, field, id) {
        return `/web/image/${model}/${Array.isArray(id) ? id[0] : id}/${field}`;
    }

    hides(condition) {
        return this.props.record.isTrue(this.props.arch.conditions[condition]);
    }

    press(button) {
        return this.props.onAction(this.props.arch.buttons[button], this.props.record);
    }
}

const classes = new Map();

/** @param {{template: string, parts: string[]}} arch @returns {any} */
export function getKanbanRecord({ template, parts }) {
    const key = [template, ...parts].join("\n");
    let KanbanRecord = classes.get(key);
    if (!KanbanRecord) {
        KanbanRecord = class KanbanRecord extends KanbanRecordBase {
            static template = xml`${template}`;
            static partNames = parts.map((part) => xml`${part}`);
        };
        classes.set(key, KanbanRecord);
    }
    return KanbanRecord;
}
