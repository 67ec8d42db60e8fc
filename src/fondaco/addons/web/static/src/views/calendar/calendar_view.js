/** Calendars as a kind of view: which stretch of time, what is in it, what one does there. */
import { Component, onWillStart, useState, useSubEnv, xml } from "@odoo/owl";
import { clockNow } from "@web/core/clock";
import { formatDate, formatDateTime, dateToMoment } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/services";
import { Icon } from "@web/ui/icon/icon";
import { parseCalendarArch } from "@web/views/calendar/calendar_arch";
import { EventDialog, QuickCreateDialog } from "@web/views/calendar/calendar_dialogs";
import { CalendarFilterBar } from "@web/views/calendar/calendar_filter_bar";
import { addDays, CalendarModel, dateToDay } from "@web/views/calendar/calendar_model";
import { CalendarRenderer } from "@web/views/calendar/calendar_renderer";
import { CogMenu } from "@web/views/cog_menu";
import { FormViewDialog } from "@web/views/form/form_dialogs";
import { Layout } from "@web/views/layout";
import { SearchBar } from "@web/views/search/search_bar";

const LABELS = { day: _t("Day"), week: _t("Week"), month: _t("Month"), year: _t("Year"), agenda: _t("Agenda") };

export class CalendarController extends Component {
    static template = xml`
        <Layout class="'f-calendar-view'" contentClass="'f-content-flush'">
            <t t-set-slot="buttons">
                <button t-if="canCreate" type="button" class="f-button f-button-primary" data-hotkey="c" t-on-click="() => this.createAt(now(), null, false)"><Icon name="'plus'"/><span t-esc="texts.new"/></button>
                <CogMenu/>
            </t>
            <t t-set-slot="search"><SearchBar/></t>
            <div class="f-calendar-page">
                <div class="f-calendar-bar">
                    <button type="button" class="f-button" data-hotkey="t" t-on-click="() => this.go(0)" t-esc="texts.today"/>
                    <button type="button" class="f-button f-button-quiet f-button-icon" data-hotkey="p" t-att-aria-label="texts.previous" t-att-title="texts.previous" t-on-click="() => this.go(-1)"><Icon name="'chevron-left'"/></button>
                    <button type="button" class="f-button f-button-quiet f-button-icon" data-hotkey="n" t-att-aria-label="texts.next" t-att-title="texts.next" t-on-click="() => this.go(1)"><Icon name="'chevron-right'"/></button>
                    <h2 aria-live="polite" t-esc="state.title"/>
                    <div class="f-switch-view" role="group" t-att-aria-label="texts.scale">
                        <button t-foreach="props.arch.scales" t-as="scale" t-key="scale" type="button" class="f-button f-button-quiet f-button-small" t-att-data-scale="scale" t-att-class="{'f-active': scale === state.scale}" t-att-aria-pressed="scale === state.scale ? 'true' : 'false'" t-on-click="() => this.state.scale = scale" t-esc="labels[scale]"/>
                    </div>
                </div>
                <p t-if="model.isCut" class="f-alert" role="status"><Icon name="'info'"/><span t-esc="texts.cut"/></p>
                <div t-if="model.groups.length gt 1" class="f-calendar-groups" role="group" t-att-aria-label="texts.groups">
                    <button t-foreach="model.groups" t-as="group" t-key="group.key" type="button" class="f-button f-button-small f-button-quiet" t-att-aria-pressed="group.isHidden ? 'false' : 'true'" t-on-click="() => model.toggleGroup(group.key)"><span class="f-graph-swatch" t-attf-class="f-tone-{{group.tone}}"/><span t-esc="group.label"/></button>
                </div>
                <CalendarFilterBar t-if="props.arch.filters.length" model="model"/>
                <t t-component="props.viewDescription.Renderer" model="model" scale="state.scale" date="state.date" onRange="(range, title) => this.onRange(range, title)" onOpen="(id) => this.open(id)" onMove="(id, start, end, isAllDay) => this.move(id, start, end, isAllDay)" onSelect="canCreate ? (start, end, isAllDay) => this.createAt(start, end, isAllDay) : undefined"/>
            </div>
        </Layout>`;
    static components = { CalendarFilterBar, CogMenu, Icon, Layout, SearchBar };
    static props = ["*"];

    setup() {
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        const { resModel, fields, arch, context, searchModel, state } = this.props;
        this.labels = LABELS;
        this.texts = {
            new: _t("New"), today: _t("Today"), previous: _t("Earlier"), next: _t("Later"), scale: _t("How much is shown"), groups: _t("Colours"),
            cut: _t("There is more here than can be shown: search, or show less time."),
        };
        this.model = new CalendarModel(useService("orm"), { resModel, fields, arch, context });
        const asked = context.initial_date ? new Date(context.initial_date) : clockNow();
        const isSmall = window.matchMedia("(max-width: 600px)").matches;
        this.state = useState({ scale: state?.scale || (isSmall && arch.scale !== "day" ? "agenda" : arch.scale), date: state?.date ? new Date(state.date) : asked, title: "" });
        useSubEnv({ searchModel, canImport: this.canCreate && arch.activeActions.import });
        useBus(this.model.bus, "update", () => this.render(true));
        useBus(searchModel, "update", () => this.model.range && this.model.load(this.model.range, this.query));
        this.env.config?.setController?.({ getState: () => ({ searchState: searchModel.exportState(), scale: this.state.scale, date: this.state.date.getTime() }) });
        onWillStart(async () => {
            this.model.query = this.query;
            await this.model.filters.load();
        });
    }

    get query() {
        const { domain, context } = this.props.searchModel;
        return { domain, context };
    }

    get canCreate() {
        return this.props.arch.activeActions.create && this.props.context.create !== false;
    }

    /** The next full hour. */
    now() {
        const now = clockNow();
        return new Date(now.getFullYear(), now.getMonth(), now.getDate(), now.getHours() + 1);
    }

    /** @param {{start: Date, end: Date}} range @param {string} title */
    onRange(range, title) {
        this.state.title = title;
        this.model.load(range);
    }

    /** @param {-1|0|1} direction 0: to today */
    go(direction) {
        const { date, scale } = this.state;
        if (!direction) {
            this.state.date = clockNow();
        } else if (scale === "year") {
            this.state.date = new Date(date.getFullYear() + direction, 0, 1);
        } else if (scale === "month" || scale === "agenda") {
            this.state.date = new Date(date.getFullYear(), date.getMonth() + direction, 1);
        } else {
            this.state.date = addDays(date, direction * (scale === "week" ? 7 : 1));
        }
    }

    /** @param {Date} start @param {Date|null} end the first moment after it @param {boolean} isAllDay */
    whenText(start, end, isAllDay) {
        if (isAllDay) {
            const last = end ? addDays(end, -1) : start;
            return dateToDay(last) === dateToDay(start) ? formatDate(dateToDay(start)) : `${formatDate(dateToDay(start))} – ${formatDate(dateToDay(last))}`;
        }
        const from = formatDateTime(dateToMoment(start));
        const until = end ? formatDateTime(dateToMoment(end)) : "";
        const isSameDay = end && dateToDay(end) === dateToDay(start);
        return until ? `${from} – ${isSameDay ? until.split(" ").slice(1).join(" ") : until}` : from;
    }

    /** @param {number} id */
    open(id) {
        const event = this.model.events.find((candidate) => candidate.id === id);
        if (event) {
            this.dialog.add(EventDialog, {
                event, model: this.model, when: this.eventText(event),
                onOpen: () => this.openEvent(id),
                onRemove: this.props.arch.activeActions.delete ? () => this.remove(event) : undefined,
            });
        }
    }

    /** What its view shows of the time of an event. @param {import("@web/views/calendar/calendar_model").CalendarEvent} event */
    eventText({ start, end, isAllDay }) {
        const { hidesDate, hidesTime } = this.props.arch;
        const isShort = hidesTime && !isAllDay;
        if (hidesDate) {
            return hidesTime || isAllDay ? "" : this.clockText(start, end);
        }
        return isShort ? this.whenText(start, end && addDays(end, 1), true) : this.whenText(start, end, isAllDay);
    }

    /** @param {Date} start @param {Date|null} end */
    clockText(start, end) {
        const clockOf = (/** @type {Date} */ date) => formatDateTime(dateToMoment(date)).split(" ").slice(1).join(" ");
        return end ? `${clockOf(start)} – ${clockOf(end)}` : clockOf(start);
    }

    /** @param {number} id */
    openEvent(id) {
        const { arch, context, resModel } = this.props;
        if (arch.opensDialog) {
            return this.dialog.add(FormViewDialog, { resModel, resId: id, viewId: arch.formViewId, context, onSaved: () => this.model.reload() });
        }
        if (arch.formViewId) {
            return this.action.doAction({ type: "ir.actions.act_window", res_model: resModel, res_id: id, views: [[arch.formViewId, "form"]], context });
        }
        return this.action.switchView("form", { resId: id, resIds: this.model.events.map((each) => each.id) });
    }

    /** @param {import("@web/views/calendar/calendar_model").CalendarEvent} event */
    async remove(event) {
        if (await this.dialog.ask({ title: _t("Delete"), body: _t("Delete “%s”? This cannot be undone.", event.title), confirmLabel: _t("Delete"), confirmClass: "f-button-danger" })) {
            await this.model.remove(event.id);
        }
    }

    /** @param {number} id @param {Date} start @param {Date|null} end @param {boolean} isAllDay */
    async move(id, start, end, isAllDay) {
        const before = this.model.events.find((event) => event.id === id);
        await this.model.move(id, start, end, isAllDay);
        if (before) {
            const undo = () => this.model.move(id, before.start, before.end, before.isAllDay);
            this.notification.add(_t("%(name)s: %(when)s", { name: before.title, when: this.whenText(start, end, isAllDay) }), { type: "success", buttons: [{ name: _t("Undo"), onClick: undo }] });
        }
    }

    /** @param {Date} start @param {Date|null} end @param {boolean} isAllDay */
    createAt(start, end, isAllDay) {
        const { arch } = this.props;
        const values = this.model.valuesOf(start, end, isAllDay);
        const more = (name = "") => this.openForm({ ...values, ...(name && arch.nameField ? { [arch.nameField]: name } : {}) });
        if (arch.hasQuickCreate && arch.nameField) {
            this.dialog.add(QuickCreateDialog, { when: this.whenText(start, end, isAllDay), onCreate: (name) => this.model.create(name, values), onMore: more });
        } else {
            more();
        }
    }

    /** @param {Record<string, any>} values */
    openForm(values) {
        const defaults = Object.fromEntries(Object.entries(values).map(([name, value]) => [`default_${name}`, value]));
        this.dialog.add(FormViewDialog, { resModel: this.props.resModel, viewId: this.props.arch.formViewId, title: _t("New"), context: { ...this.props.context, ...defaults }, onSaved: () => this.model.reload() });
    }
}

export const calendarView = { type: "calendar", isSearched: true, parse: parseCalendarArch, Controller: CalendarController, Renderer: CalendarRenderer };

registry.category("views").add("calendar", calendarView);
