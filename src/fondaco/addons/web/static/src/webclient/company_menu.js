/** In which companies one works: seen only by those who have several. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { session } from "@web/core/session";
import { Dropdown, DropdownItem } from "@web/ui/dropdown/dropdown";
import { Icon } from "@web/ui/icon/icon";

class CompanyMenu extends Component {
    static template = xml`
        <Dropdown togglerClass="'f-nav-button'" label="label" position="'end'">
            <Icon name="'company'"/><span class="f-nav-name" t-esc="current.name"/>
            <t t-set-slot="content"><DropdownItem t-foreach="companies" t-as="company" t-key="company.id" checked="active.includes(company.id)" onSelected="() => this.choose(company.id)"><t t-esc="company.name"/></DropdownItem></t>
        </Dropdown>`;
    static components = { Dropdown, DropdownItem, Icon };
    static props = [];

    setup() {
        this.label = _t("Company");
        this.companies = Object.values(session.user_companies.allowed_companies).sort((left, right) => left.sequence - right.sequence);
    }

    get active() {
        return session.user_context.allowed_company_ids;
    }

    get current() {
        return this.companies.find(({ id }) => id === this.active[0]) || this.companies[0];
    }

    /** @param {number} id becomes the only active company */
    choose(id) {
        document.cookie = `cids=${id};path=/;max-age=31536000;samesite=lax`;
        window.location.reload();
    }
}

/** Companies of the cookie that the user may see, else the default one. */
export function readActiveCompanies() {
    const companies = session.user_companies;
    if (!companies) {
        return;
    }
    const cookie = /(?:^|;\s*)cids=([\d-]+)/.exec(document.cookie)?.[1] || "";
    const ids = cookie.split("-").map(Number).filter((id) => id in companies.allowed_companies);
    session.user_context.allowed_company_ids = ids.length ? ids : [companies.current_company];
}

registry.category("systray").add("company", { Component: CompanyMenu, isDisplayed: () => Object.keys(session.user_companies?.allowed_companies || {}).length > 1 });
