/** What is offered beside the lines of a record: each kind of line that their view names, and buttons for none of them. */
import { Component, xml } from "@odoo/owl";
import { Icon } from "@web/ui/icon/icon";
import { ViewButton } from "@web/views/view_button";

export class LineAdders extends Component {
    static template = xml`
        <t t-foreach="shown" t-as="adder" t-key="adder_index">
            <ViewButton t-if="adder.button" info="adder.button" record="props.above" small="true"/>
            <button t-else="" type="button" t-att-class="props.look" t-on-click="() => props.add(adder.context)"><Icon t-if="props.hasSign" name="'plus'"/><span t-esc="adder.string or props.text"/></button>
        </t>`;
    static components = { Icon, ViewButton };
    static props = ["adders", "above", "add", "text", "look", "hasSign?"];

    /** Expressions on them see the record around the lines as `parent`. */
    get shown() {
        const { above, adders } = this.props;
        return adders.filter(({ invisible }) => !invisible || !above.isTrue(invisible));
    }
}
