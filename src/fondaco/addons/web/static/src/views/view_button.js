/** A button of a view: what it looks like; what it does is the controller's (`env.onClickViewButton`). */
import { Component, useState, xml } from "@odoo/owl";
import { Icon } from "@web/ui/icon/icon";

export class ViewButton extends Component {
    static template = xml`
        <button type="button" t-att-class="classes" t-att-name="props.info.name" t-att-title="props.info.title" t-att-aria-label="props.info.string or props.info.title or undefined"
                t-att-disabled="state.isRunning or isDisabled" t-att-data-hotkey="props.info.hotkey" t-on-click.stop.prevent="onClick">
            <Icon t-if="props.info.icon" name="props.info.icon"/>
            <span t-if="props.info.string" t-esc="props.info.string"/>
            <t t-slot="default"/>
        </button>`;
    static components = { Icon };
    static props = ["info", "record?", "slots?", "small?", "ids?"];

    setup() {
        this.state = useState({ isRunning: false });
    }

    get isDisabled() {
        return Boolean(this.props.info.disabled) && Boolean(this.props.record?.isTrue(this.props.info.disabled));
    }

    get classes() {
        const { info, small } = this.props;
        const kind = info.isStat ? "f-stat-button" : info.isLink ? "f-button f-button-link" : info.isPrimary ? "f-button f-button-primary" : "f-button";
        return small ? `${kind} f-button-small f-button-quiet` : kind;
    }

    async onClick() {
        // two presses may come before the first is painted
        if (this.state.isRunning) {
            return;
        }
        this.state.isRunning = true;
        try {
            await this.env.onClickViewButton({ info: this.props.info, record: this.props.record });
        } finally {
            this.state.isRunning = false;
        }
    }
}
