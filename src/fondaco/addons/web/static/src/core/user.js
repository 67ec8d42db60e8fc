/** Who the user is, for whoever wants to ask in one word; rights are asked of the server once. */
import { companies } from "@web/core/companies";
import { registry } from "@web/core/registry";
import { rpc } from "@web/core/rpc";
import { session } from "@web/core/session";

/** @type {Map<string, Promise<boolean>>} */
const groups = new Map();

export const user = {
    get userId() { return session.uid; },
    get name() { return session.name; },
    get login() { return session.username; },
    get partnerId() { return session.partner_id; },
    get isAdmin() { return Boolean(session.is_admin); },
    get isSystem() { return Boolean(session.is_system); },
    get isInternalUser() { return Boolean(session.is_internal_user); },
    get lang() { return (session.user_context.lang || "en_US").replace("_", "-"); },
    get tz() { return session.user_context.tz; },
    get context() { return { ...session.user_context, uid: session.uid }; },
    get settings() { return session.user_settings; },
    get homeActionId() { return session.home_action_id; },
    get allowedCompanies() { return Object.values(companies.allowedCompanies); },
    get activeCompanies() { return companies.activeCompanyIds.map((id) => companies.getCompany(id)).filter(Boolean); },
    get activeCompany() { return companies.currentCompany; },
    get defaultCompany() { return companies.getCompany(session.user_companies?.current_company); },

    /** What every call from now on tells the server. @param {Record<string, any>} update */
    updateContext(update) {
        Object.assign(session.user_context, update);
    },

    /** @param {string} key */
    removeFromContext(key) {
        delete session.user_context[key];
    },

    /** May the user do this with the model, or with these records of it? @param {string} model @param {"create"|"read"|"write"|"unlink"} operation @param {number|number[]} [ids] @returns {Promise<boolean>} */
    checkAccessRight(model, operation, ids = []) {
        const params = { model, method: "has_access", args: [[ids].flat(), operation], kwargs: { context: session.user_context } };
        return rpc(`/web/dataset/call_kw/${model}/has_access`, params, { silent: true });
    },

    /** @param {string} key of res.users.settings @param {any} value */
    async setUserSettings(key, value) {
        const params = { model: "res.users.settings", method: "set_res_users_settings", args: [[session.user_settings.id]], kwargs: { new_settings: { [key]: value }, context: session.user_context } };
        const changed = await rpc("/web/dataset/call_kw/res.users.settings/set_res_users_settings", params);
        session.user_settings = { ...session.user_settings, ...changed };
    },

    /** @param {string} group external id @returns {Promise<boolean>} */
    hasGroup(group) {
        let answer = groups.get(group);
        if (!answer) {
            const params = { model: "res.users", method: "has_group", args: [[session.uid], group], kwargs: { context: session.user_context } };
            answer = rpc("/web/dataset/call_kw/res.users/has_group", params, { silent: true });
            groups.set(group, answer);
        }
        return answer;
    },
};

registry.category("services").add("user", { start: () => user });
