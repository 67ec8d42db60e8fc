/** Filters, groups and favourites: what the search view offers without typing. */
import { Component, useRef, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { writeLiteral } from "@web/core/python/literal";
import { useService } from "@web/core/services";
import { session } from "@web/core/session";
import { Dropdown, DropdownItem } from "@web/ui/dropdown/dropdown";
import { Icon } from "@web/ui/icon/icon";
import { EARLIER } from "@web/views/comparison";
import { FilterDialog } from "@web/views/search/filter_dialog";
import { PERIODS, periodLabel, QUARTERS } from "@web/views/search/periods";
import { RangeDialog } from "@web/views/search/range_dialog";

export class SearchMenu extends Component {
    static template = xml`
        <Dropdown class="'f-search-menu'" togglerClass="'f-button f-button-quiet f-button-icon'" label="texts.options" title="texts.options" position="'end'" keepOpen="true" panelRole="'dialog'" hotkey="'f'">
            <Icon name="'filter'"/>
            <t t-set-slot="content" t-slot-scope="menu">
                <div class="f-search-columns">
                    <section t-att-aria-label="texts.filters">
                        <h2 t-esc="texts.filters"/>
                        <t t-foreach="model.filterGroups" t-as="group" t-key="group_index">
                            <hr t-if="group_index"/>
                            <t t-foreach="group" t-as="item" t-key="item.id">
                                <DropdownItem role="'checkbox'" t-if="item.kind === 'filter'" checked="model.isChosen(item)" onSelected="() => model.toggle(item)"><t t-esc="item.label"/></DropdownItem>
                                <t t-else="">
                                    <p class="f-menu-label" t-esc="item.label"/>
                                    <DropdownItem role="'checkbox'" t-foreach="[...ready, ...item.offer.months]" t-as="period" t-key="period" class="'f-indent'" checked="model.isChosen(item, period)" onSelected="() => model.toggle(item, period)"><t t-esc="periodLabel(period)"/></DropdownItem>
                                    <div class="f-search-quarters"><DropdownItem role="'checkbox'" t-foreach="quarters" t-as="period" t-key="period" checked="model.isChosen(item, period)" onSelected="() => model.toggle(item, period)"><t t-esc="quarterName(period_index)"/></DropdownItem></div>
                                    <DropdownItem role="'checkbox'" t-foreach="item.offer.years" t-as="period" t-key="period" class="'f-indent'" checked="model.isChosen(item, period)" onSelected="() => model.toggle(item, period)"><t t-esc="periodLabel(period)"/></DropdownItem>
                                    <DropdownItem role="'checkbox'" t-foreach="item.offer.own" t-as="own" t-key="own.period" class="'f-indent'" checked="model.isChosen(item, own.period)" onSelected="() => model.toggle(item, own.period)"><t t-esc="own.label"/></DropdownItem>
                                    <DropdownItem role="'checkbox'" t-foreach="model.ownRangesOf(item)" t-as="range" t-key="range" class="'f-indent'" checked="true" onSelected="() => model.toggle(item, range)"><t t-esc="periodLabel(range)"/></DropdownItem>
                                    <DropdownItem role="'button'" class="'f-indent f-search-own'" onSelected="() => this.openRange(item, menu.close)"><t t-esc="texts.range"/></DropdownItem>
                                </t>
                            </t>
                        </t>
                        <button type="button" class="f-button f-button-small" name="own_filter" t-on-click="() => this.openOwnFilter(menu.close)" t-esc="texts.own"/>
                    </section>
                    <section t-if="model.comparable" t-att-aria-label="texts.compare">
                        <h2 t-esc="texts.compare"/>
                        <DropdownItem role="'checkbox'" t-foreach="earlier" t-as="time" t-key="time[0]" checked="model.earlier === time[0]" onSelected="() => model.compare(time[0])"><t t-esc="time[1].label"/></DropdownItem>
                    </section>
                    <section t-att-aria-label="texts.groups">
                        <h2 t-esc="texts.groups"/>
                        <DropdownItem role="'checkbox'" t-foreach="model.groupBys" t-as="item" t-key="item.id" checked="model.isChosen(item)" onSelected="() => model.toggle(item)"><t t-esc="item.label"/></DropdownItem>
                        <select class="f-input f-select" t-att-aria-label="texts.other" t-on-change="(ev) => this.onOtherGroup(ev)">
                            <option value="" t-esc="texts.other"/>
                            <option t-foreach="model.groupableFields" t-as="field" t-key="field.name" t-att-value="field.name" t-esc="field.label"/>
                        </select>
                    </section>
                    <section t-att-aria-label="texts.favorites">
                        <h2 t-esc="texts.favorites"/>
                        <DropdownItem role="'checkbox'" t-foreach="model.favorites" t-as="item" t-key="item.id" checked="model.isChosen(item)" onSelected="() => model.toggle(item)"><t t-esc="item.label"/></DropdownItem>
                        <form class="f-favorite-form" t-on-submit.prevent="() => this.saveFavorite(menu.close)">
                            <input type="text" class="f-input" t-ref="name" t-att-placeholder="texts.name" t-att-aria-label="texts.name"/>
                            <label class="f-radio"><input type="checkbox" class="f-checkbox" t-ref="shared"/><span t-esc="texts.shared"/></label>
                            <button type="submit" class="f-button f-button-small" t-esc="texts.save"/>
                        </form>
                    </section>
                </div>
            </t>
        </Dropdown>`;
    static components = { Dropdown, DropdownItem, Icon };
    static props = ["model"];

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        /** @type {{el: any}} */
        this.name = useRef("name");
        /** @type {{el: any}} */
        this.shared = useRef("shared");
        this.ready = Object.keys(PERIODS);
        this.quarters = QUARTERS;
        this.quarterName = (index) => _t("Q%s", index + 1);
        this.periodLabel = periodLabel;
        this.earlier = Object.entries(EARLIER);
        this.texts = {
            options: _t("Filters and groups"), filters: _t("Filters"), compare: _t("Compare with"), groups: _t("Group by"), favorites: _t("Favourites"), other: _t("Other field…"),
            name: _t("Name of this search"), shared: _t("For everybody"), save: _t("Save search"), own: _t("Filter of your own…"), range: _t("Custom range…"),
        };
    }

    get model() {
        return this.props.model;
    }

    /** @param {() => void} close */
    openOwnFilter(close) {
        close();
        this.dialog.add(FilterDialog, { searchModel: this.model });
    }

    /** @param {any} item a date @param {() => void} close */
    openRange(item, close) {
        close();
        this.dialog.add(RangeDialog, { item, searchModel: this.model });
    }

    onOtherGroup(event) {
        if (event.target.value) {
            this.model.addGroupBy(event.target.value);
        }
    }

    /** @param {() => void} close */
    async saveFavorite(close) {
        const name = this.name.el.value.trim();
        if (!name) {
            this.name.el.focus();
            return;
        }
        const { model } = this;
        const filter = {
            name, model_id: model.resModel, domain: writeLiteral(model.searchedDomain),
            context: writeLiteral({ ...model.context, ...model.viewContext(), ...model.timeToKeep, group_by: model.groupBy }), sort: "[]",
            user_id: this.shared.el.checked ? false : session.uid, action_id: this.env.config?.actionId || false,
        };
        const id = await this.orm.call("ir.filters", "create_or_replace", [filter]);
        model.keepFavorite({ ...filter, id });
        close();
        this.notification.add(_t("The search “%s” is kept among your favourites.", name), { type: "success" });
    }
}
