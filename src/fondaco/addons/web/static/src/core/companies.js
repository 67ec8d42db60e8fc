/** In which companies does one work, for whoever wants to ask or to change it? */
import { cookie } from "@web/core/cookie";
import { registry } from "@web/core/registry";
import { session } from "@web/core/session";

/** @typedef {{id: number, name: string, sequence?: number, child_ids?: number[], parent_id?: number|false}} Company */

export const companies = {
    /** @returns {Record<number, Company>} by id */
    get allowedCompanies() {
        return session.user_companies?.allowed_companies || {};
    },

    /** @returns {number[]} the first is the one in which records are made */
    get activeCompanyIds() {
        return [...(session.user_context.allowed_company_ids || [])];
    },

    /** @returns {Company|undefined} */
    get currentCompany() {
        return companies.getCompany(companies.activeCompanyIds[0]);
    },

    /** @param {number} id @returns {Company|undefined} */
    getCompany(id) {
        return companies.allowedCompanies[id];
    },

    /** The page is loaded again. @param {number[]} ids */
    setCompanies(ids) {
        const wrong = ids.find((id) => !companies.getCompany(id));
        if (!ids.length || wrong !== undefined) {
            throw new Error(`setCompanies: ${ids.length ? `${wrong} is none of the user's companies` : "no company is named"}; expected ids of ${Object.keys(companies.allowedCompanies).join(", ")}`);
        }
        cookie.set("cids", ids.join("-"));
        window.location.reload();
    },
};

registry.category("services").add("company", { start: () => companies });
