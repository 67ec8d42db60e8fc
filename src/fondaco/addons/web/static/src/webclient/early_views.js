/** While a menu is being pressed, its action and its views are asked for: they are often there when it is let go. */
import { registry } from "@web/core/registry";
import { ConnectionLostError, RPCError } from "@web/core/rpc";
import { viewsWanted } from "@web/views/view";

class EarlyViews {
    constructor({ action, menu, view }) {
        this.actions = action;
        this.menus = menu;
        this.views = view;
        window.addEventListener("pointerdown", (event) => this.onPress(event), { capture: true });
    }

    /** @param {PointerEvent} event */
    async onPress(event) {
        const link = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest("[data-menu-xmlid]"));
        const menu = link && !event.button && Object.values(this.menus.menus).find(({ xmlid }) => xmlid === link.dataset.menuXmlid);
        const target = menu && this.menus.firstWithAction(menu);
        try {
            await (target && this.load(target.actionID));
        } catch (error) {
            // who opens the menu asks again, and hears of it
            if (!(error instanceof RPCError || error instanceof ConnectionLostError)) {
                throw error;
            }
        }
    }

    /** @param {number} id */
    async load(id) {
        const action = await this.actions.loadAction(id);
        if ((action.type || "ir.actions.act_window") === "ir.actions.act_window") {
            this.actions.completeWindow(action);
            await this.views.load(...viewsWanted(this.actions.viewOf(action, this.actions.chooseView(action))));
        }
    }
}

registry.category("services").add("early_views", { dependencies: ["action", "menu", "view"], start: (_env, services) => new EarlyViews(services) });
