/** The head of a group: its name opens and closes it; beside it its pages, and buttons for the record that it stands for. */
import { Component, xml } from "@odoo/owl";
import { Icon } from "@web/ui/icon/icon";
import { Pager } from "@web/ui/pager/pager";
import { ViewButton } from "@web/views/view_button";

export class GroupHead extends Component {
    static template = xml`
        <button type="button" t-att-aria-expanded="group.isOpen ? 'true' : 'false'" t-on-click="() => group.toggle()"><Icon name="group.isOpen ? 'chevron-down' : 'chevron-right'"/><span t-esc="group.name"/> <span class="f-count" t-esc="group.count"/></button>
        <Pager t-if="group.isOpen and group.list.hasMore" offset="group.list.offset" limit="group.list.pageLimit" total="group.list.count" onUpdate="(offset, limit) => this.showPart(offset, limit)"/>
        <span t-if="group.record" class="f-group-buttons"><ViewButton t-foreach="buttons" t-as="button" t-key="button_index" info="button" record="group.record" small="true"/></span>`;
    static components = { Icon, Pager, ViewButton };
    static props = ["group", "leaveRow"];

    get group() {
        return this.props.group;
    }

    get buttons() {
        const { groupBy, parent, record } = this.group;
        return parent.groupHeads[groupBy.split(":")[0]].buttons.filter(({ invisible }) => !record.isTrue(invisible));
    }

    /** @param {number} offset @param {number} limit */
    async showPart(offset, limit) {
        const { list } = this.group;
        if (await this.props.leaveRow()) {
            await list.load(list.query, { offset, limit });
        }
    }
}
