/** The whole page: bar, what is open, what floats above. */
import { Component, onMounted, xml } from "@odoo/owl";
import { useHotkey } from "@web/core/hotkeys";
import { useService } from "@web/core/services";
import { NotificationContainer } from "@web/ui/notification/notification";
import { OverlayContainer } from "@web/ui/overlay";
import { ActionContainer } from "@web/webclient/action_container";
import { Connection } from "@web/webclient/connection";
import { MainComponentsContainer } from "@web/webclient/main_components";
import { NavBar } from "@web/webclient/navbar";

export class WebClient extends Component {
    static template = xml`
        <NavBar/>
        <Connection/>
        <ActionContainer/>
        <MainComponentsContainer/>
        <OverlayContainer/>
        <NotificationContainer/>`;
    static components = { NavBar, ActionContainer, MainComponentsContainer, OverlayContainer, NotificationContainer, Connection };
    static props = [];

    setup() {
        this.actions = useService("action");
        useHotkey("alt+h", () => this.actions.goHome(), { global: true });
        onMounted(() => {
            document.body.classList.add("f-ready");
            this.open();
        });
    }

    /** What the address says; when that is gone, the start, and the reason. */
    async open() {
        try {
            await this.actions.loadState();
        } catch (error) {
            this.env.services.error.show(error);
            await this.actions.openStart();
        }
    }
}
