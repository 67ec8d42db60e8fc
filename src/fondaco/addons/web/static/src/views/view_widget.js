/** What a `<widget name>` of an arch shows: a component of the registry "view_widgets", without a field of its own. */
import { Component, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";

/** Props every such component gets. */
export const standardWidgetProps = {
    readonly: { type: Boolean, optional: true },
    record: Object,
};

/** @param {string} name @returns {string[]} the fields of the record that it shows, which the view reads for it */
export function fieldsOfWidget(name) {
    const dependencies = registry.category("view_widgets").get(name, {}).fieldDependencies || [];
    return dependencies.map((dependency) => dependency.name || dependency);
}

export class ViewWidget extends Component {
    static template = xml`<t t-if="entry" t-component="entry.component" t-props="widgetProps"/>`;
    static props = ["info", "record", "readonly?"];

    get entry() {
        return registry.category("view_widgets").get(this.props.info.name, null);
    }

    get widgetProps() {
        const { info, record, readonly } = this.props;
        return { record, readonly, ...(this.entry.extractProps?.({ attrs: info.attrs }) || {}) };
    }
}
