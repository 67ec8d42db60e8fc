/** Who the user is, for whoever wants to ask in one word; rights are asked of the server once. */
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
