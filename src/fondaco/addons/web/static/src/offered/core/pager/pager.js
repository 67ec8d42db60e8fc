/** Which part of many is seen, with the props that addons give. */
import { Component, xml } from "@odoo/owl";
import { Pager as OwnPager } from "@web/ui/pager/pager";

export class Pager extends Component {
    static template = xml`<OwnPager offset="props.offset" limit="props.limit" total="props.total" isFree="props.isEditable" isCounted="!props.updateTotal" onCount="props.updateTotal" onUpdate="(offset, limit) => this.update(offset, limit)"/>`;
    static components = { OwnPager };
    static props = ["offset", "limit", "total", "onUpdate", "isEditable?", "withAccessKey?", "updateTotal?"];
    static defaultProps = { isEditable: true, withAccessKey: true };

    /** @param {number} offset @param {number} limit */
    update(offset, limit) {
        return this.props.onUpdate({ offset, limit }, limit !== this.props.limit);
    }
}
