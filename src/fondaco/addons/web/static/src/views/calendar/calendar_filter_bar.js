/** The filters of a calendar on the page: each value is pressed to hide and to show it; those that are kept are added and removed. */
import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { useService } from "@web/core/services";
import { searchNames } from "@web/fields/many2one/name_search";
import { AutoComplete } from "@web/ui/autocomplete/autocomplete";
import { Icon } from "@web/ui/icon/icon";

export class CalendarFilterBar extends Component {
    static template = xml`
        <div t-foreach="filters.sections" t-as="section" t-key="section.name" class="f-calendar-groups f-calendar-filter" role="group" t-att-aria-label="section.label">
            <span class="f-muted" t-esc="section.label"/>
            <span t-foreach="section.entries" t-as="entry" t-key="entry.value">
                <button type="button" class="f-button f-button-small f-button-quiet" t-att-aria-pressed="entry.isShown ? 'true' : 'false'" t-on-click="() => this.toggle(section, entry)" t-esc="entry.label"/>
                <button t-if="section.isKept" type="button" class="f-button f-button-small f-button-quiet f-button-icon" t-att-title="removeText(entry)" t-att-aria-label="removeText(entry)" t-on-click="() => this.change(() => filters.remove(section, entry))"><Icon name="'close'"/></button>
            </span>
            <AutoComplete t-if="section.isKept" value="''" label="addText(section)" placeholder="texts.add" source="(text, isWhole) => this.propose(section, text, isWhole)" isMultiple="true"/>
        </div>`;
    static components = { AutoComplete, Icon };
    static props = ["model"];

    setup() {
        this.orm = useService("orm");
        this.texts = { add: _t("Add") };
    }

    /** @returns {import("@web/views/calendar/calendar_filters").CalendarFilters} */
    get filters() {
        return this.props.model.filters;
    }

    addText(section) {
        return _t("Add: %s", section.label);
    }

    removeText(entry) {
        return _t("Remove %s", entry.label);
    }

    /** @param {() => Promise<any>} work after which others are asked for */
    async change(work) {
        await work();
        await this.props.model.reload();
    }

    /** @param {any} section @param {any} entry */
    async toggle(section, entry) {
        if (section.isKept) {
            await this.change(() => this.filters.toggle(section, entry));
        } else {
            await this.filters.toggle(section, entry);
            this.props.model.bus.trigger("update");
        }
    }

    /** @param {any} section @param {string} text @param {boolean} [isWhole] */
    async propose(section, text, isWhole) {
        const known = section.entries.map(({ value }) => value);
        const found = await searchNames(this.orm, section.relation, text, { args: [["id", "not in", known]], isWhole });
        return found.map(([id, name]) => ({ label: name, onSelect: () => this.change(() => this.filters.add(section, id)) }));
    }
}
