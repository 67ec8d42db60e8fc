/**
 * A calendar on the page: FullCalendar lays out and drags, this component tells it what to show and hears what was done.
 *
 * By keyboard: Tab goes from event to event, Enter opens one; Shift with an arrow moves it by a day (up and down: by a week
 * in the month, by half an hour in day and week), with Ctrl too it becomes shorter or longer by that.
 */
import { Component, onMounted, onPatched, onWillStart, onWillUnmount, useRef, xml } from "@odoo/owl";
import { clockNow } from "@web/core/clock";
import { loadJS } from "@web/core/assets";
import { intlTag, locale, _n, stepAlong, _t } from "@web/core/i18n";
import { addDays } from "@web/views/calendar/calendar_model";

const LIBRARY = "/web/static/lib/fullcalendar/fullcalendar.js?6.1.21";
const KINDS = { day: "timeGridDay", week: "timeGridWeek", month: "dayGridMonth", year: "multiMonthYear", agenda: "listMonth" };
const DAY_KINDS = { day: "dayGridDay", week: "dayGridWeek", month: "dayGridMonth", year: "multiMonthYear", agenda: "listMonth" };
const HALF_HOUR_MS = 1800000;

export class CalendarRenderer extends Component {
    static template = xml`<div class="f-calendar" t-ref="root" t-on-keydown="onKeydown"/>`;
    static props = ["model", "scale", "date", "onRange", "onOpen", "onMove", "onSelect?"];

    setup() {
        /** @type {{el: any}} */
        this.root = useRef("root");
        this.shown = "";
        onWillStart(() => loadJS(LIBRARY));
        onMounted(() => this.mount());
        onPatched(() => this.update());
        onWillUnmount(() => this.calendar.destroy());
    }

    get kind() {
        return (this.props.model.isDay ? DAY_KINDS : KINDS)[this.props.scale];
    }

    mount() {
        const { Calendar } = /** @type {any} */ (window).FullCalendar;
        const { model } = this.props;
        this.calendar = new Calendar(this.root.el, {
            initialView: this.kind, initialDate: this.props.date, headerToolbar: false, height: "100%", nowIndicator: true, navLinks: false,
            locale: intlTag(), direction: locale.direction, firstDay: locale.weekStart % 7, timeZone: "local", now: clockNow, weekNumbers: true,
            scrollTime: "07:00:00", dayMaxEvents: model.arch.eventLimit, displayEventTime: !model.arch.hidesTime, eventInteractive: true, editable: model.arch.activeActions.edit, selectable: Boolean(this.props.onSelect), selectMirror: true, longPressDelay: 400,
            allDaySlot: Boolean(model.arch.allDay) || model.isDay,
            allDayText: _t("All day"), noEventsText: _t("Nothing in this time"), weekText: _t("W"), closeHint: _t("Close"), timeHint: _t("Time"), eventHint: _t("Entry"),
            // the library makes it a link without an address
            moreLinkDidMount: ({ el }) => el.setAttribute("role", "button"),
            moreLinkText: (count) => _n("%s more", "%s more", count), moreLinkHint: (count) => _n("Show %s more entry", "Show %s more entries", count),
            events: (info, done) => done(model.shownEvents.map((event) => this.shape(event))),
            datesSet: ({ start, end, view }) => this.props.onRange({ start, end }, view.title),
            eventDidMount: ({ event, el }) => {
                el.dataset.event = event.id;
            },
            eventClick: ({ event, jsEvent }) => {
                jsEvent.preventDefault();
                this.props.onOpen(Number(event.id));
            },
            eventDrop: (change) => this.onChange(change),
            eventResize: (change) => this.onChange(change),
            select: ({ start, end, allDay }) => this.props.onSelect(start, end, allDay),
        });
        this.calendar.render();
        this.shown = this.key;
    }

    get key() {
        return `${this.kind} ${this.props.date.getTime()}`;
    }

    update() {
        if (this.shown !== this.key) {
            this.shown = this.key;
            this.calendar.changeView(this.kind, this.props.date);
        }
        const focused = this.focusedId;
        this.calendar.refetchEvents();
        if (focused) {
            this.root.el.querySelector(`[data-event="${focused}"]`)?.focus();
        }
    }

    get focusedId() {
        return /** @type {HTMLElement|null} */ (document.activeElement)?.closest?.("[data-event]")?.getAttribute("data-event") || "";
    }

    /** @param {import("@web/views/calendar/calendar_model").CalendarEvent} event */
    shape({ id, title, start, end, isAllDay, tone, canMove }) {
        return { id: String(id), title, start, end: end || undefined, allDay: isAllDay, editable: canMove, classNames: ["f-event", `f-tone-${tone}`] };
    }

    /** @param {any} change */
    onChange({ event }) {
        return this.props.onMove(Number(event.id), event.start, event.end, event.allDay);
    }

    /** @param {KeyboardEvent} event */
    onKeydown(event) {
        const id = Number(this.focusedId);
        const found = this.props.model.events.find((candidate) => candidate.id === id);
        if (!found || !event.shiftKey || !found.canMove || !event.key.startsWith("Arrow")) {
            return;
        }
        event.preventDefault();
        const isStretched = event.ctrlKey || event.metaKey;
        const isBack = event.key === "ArrowUp" || stepAlong(event.key) < 0;
        const isVertical = event.key === "ArrowUp" || event.key === "ArrowDown";
        const shift = (/** @type {Date} */ date) => this.shift(date, isVertical, isBack ? -1 : 1, found.isAllDay);
        const end = found.end || (found.isAllDay ? addDays(found.start, 1) : new Date(found.start.getTime() + 2 * HALF_HOUR_MS));
        const start = isStretched ? found.start : shift(found.start);
        const newEnd = shift(end);
        if (newEnd > start) {
            this.props.onMove(found.id, start, newEnd, found.isAllDay);
        }
    }

    /** @param {Date} date @param {boolean} isVertical @param {1|-1} sign @param {boolean} isAllDay */
    shift(date, isVertical, sign, isAllDay) {
        if (isVertical && !isAllDay && !["month", "year"].includes(this.props.scale)) {
            return new Date(date.getTime() + sign * HALF_HOUR_MS);
        }
        return addDays(date, sign * (isVertical ? 7 : 1));
    }
}
