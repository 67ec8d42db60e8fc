/** Which apps and menus does this user have: asked once, kept under the hash the server gave. */
import { registry } from "@web/core/registry";
import { session } from "@web/core/session";

/** @typedef {{id: number|string, name: string, children: number[], appID: number, xmlid: string, actionID: number|false, actionModel: string|false, actionPath: string|false, webIcon: string|false, webIconData: string|false, webIconDataMimetype: string|false}} Menu */

/** Without menus there is nothing to show: then the page says that it could not be started. */
const LONGEST_WAIT_MS = 60_000;

class Menus {
    /** @param {Record<string, Menu>} menus */
    constructor(menus) {
        this.menus = menus;
    }

    /** @returns {Menu[]} */
    get apps() {
        return (this.menus.root?.children || []).map((id) => this.menus[id]).filter(Boolean);
    }

    /** @param {number|string} id @returns {Menu|undefined} */
    get(id) {
        return this.menus[id];
    }

    /** @param {Menu} menu @returns {Menu[]} */
    childrenOf(menu) {
        return menu.children.map((id) => this.menus[id]).filter(Boolean);
    }

    /** The menu that opens something when this one is chosen: itself, or the first below it. @param {Menu} menu @returns {Menu|undefined} */
    firstWithAction(menu) {
        if (menu.actionID) {
            return menu;
        }
        for (const child of this.childrenOf(menu)) {
            const found = this.firstWithAction(child);
            if (found) {
                return found;
            }
        }
        return undefined;
    }

    /** Where a menu leads, for links. @param {Menu} menu */
    urlOf(menu) {
        const target = this.firstWithAction(menu);
        return target ? `/odoo/${target.actionPath || `action-${target.actionID}`}` : "/odoo";
    }

    /** The app an action belongs to. @param {number|undefined} actionId @param {string|undefined|false} path */
    appOf(actionId, path) {
        const menu = Object.values(this.menus).find((candidate) => candidate.actionID && (candidate.actionID === actionId || (path && candidate.actionPath === path)));
        return menu && this.menus[menu.appID];
    }

    /** @returns {{menu: Menu, path: string}[]} everything that opens something, with the names of what is above it */
    get leaves() {
        const leaves = [];
        const walk = (menu, names) => {
            const path = [...names, menu.name];
            if (menu.actionID) {
                leaves.push({ menu, path: path.join(" / ") });
            }
            this.childrenOf(menu).forEach((child) => walk(child, path));
        };
        this.apps.forEach((app) => walk(app, []));
        return leaves;
    }
}

registry.category("services").add("menu", {
    async start() {
        const hash = session.cache_hashes?.load_menus || "0";
        const signal = AbortSignal.timeout(LONGEST_WAIT_MS);
        const response = await fetch(`/web/webclient/load_menus/${hash}?lang=${encodeURIComponent(session.user_context.lang || "en_US")}`, { signal });
        return new Menus(response.ok ? await response.json() : {});
    },
});
