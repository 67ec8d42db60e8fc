/**
 * One box for all searching: what is typed is offered for each field of the search view; filters, groups and favourites hang
 * beside it; what was chosen stands in it as facets.
 */
import { Component, onMounted, useRef, useState, xml } from "@odoo/owl";
import { formatDate, ParseError, parseDay, parseNumber } from "@web/core/formats";
import { useHotkey } from "@web/core/hotkeys";
import { _t } from "@web/core/i18n";
import { useBus, usePressOutside, useService } from "@web/core/services";
import { plain } from "@web/core/words";
import { Icon } from "@web/ui/icon/icon";
import { SearchMenu } from "@web/views/search/search_menu";

const readNumber = (/** @type {string} */ text) => ({ value: parseNumber(text), label: text });
const readDay = (/** @type {string} */ text) => ({ value: parseDay(text), label: formatDate(parseDay(text)) });
/** What is typed is a value of these types, or no choice. */
const READERS = { integer: readNumber, float: readNumber, monetary: readNumber, date: readDay, datetime: readDay };
/** What can have the focus below the search: rows, groups, cards. */
const FOUND = ".f-content :is(.f-list tbody tr[tabindex], .f-list .f-group-row button, .f-card[tabindex])";

export class SearchBar extends Component {
    static template = xml`
        <search class="f-search" t-ref="root" t-att-aria-label="texts.search">
            <div class="f-search-box" t-on-click="(ev) => ev.target === ev.currentTarget and this.input.el.focus()">
                <Icon name="'search'"/>
                <span t-foreach="model.facets" t-as="facet" t-key="facet.key" class="f-facet" t-att-class="'f-facet-' + facet.kind">
                    <span t-if="facet.title" class="f-facet-title" t-esc="facet.title"/>
                    <span class="f-facet-values" t-esc="facet.labels.join(facet.kind === 'groupBy' ? ' › ' : texts.either)"/>
                    <button type="button" t-att-aria-label="texts.remove + ' ' + facet.labels.join(', ')" t-on-click.stop="() => this.model.removeFacet(facet.key)"><Icon name="'close'"/></button>
                </span>
                <input type="text" t-ref="input" role="combobox" class="f-search-input" t-att-placeholder="model.facets.length ? '' : texts.search" t-att-aria-label="texts.search" autocomplete="off" spellcheck="false"
                       aria-autocomplete="list" aria-controls="search-choices" t-att-aria-expanded="choices.length ? 'true' : 'false'" t-att-aria-activedescendant="choices.length ? 'search-choice-' + state.active : undefined"
                       data-hotkey="q" t-on-input="(ev) => this.onInput(ev)" t-on-keydown="(ev) => this.onKeydown(ev)"/>
                <SearchMenu model="model"/>
            </div>
            <ul t-if="choices.length" id="search-choices" class="f-autocomplete-list" role="listbox">
                <li t-foreach="choices" t-as="choice" t-key="choice_index" role="option" t-att-id="'search-choice-' + choice_index" class="f-autocomplete-choice" t-att-class="{'f-active': choice_index === state.active}" t-att-aria-selected="choice_index === state.active ? 'true' : 'false'"
                    t-on-pointerdown.prevent="() => this.take(choice)" t-on-pointermove="() => this.state.active = choice_index">
                    <span t-esc="choice.before"/> <strong t-esc="choice.label"/>
                </li>
            </ul>
        </search>`;
    static components = { Icon, SearchMenu };
    static props = [];

    setup() {
        this.model = this.env.searchModel;
        this.orm = useService("orm");
        this.texts = { search: _t("Search…"), either: _t(" or "), remove: _t("Remove") };
        /** @type {{el: any}} */
        this.input = useRef("input");
        this.root = useRef("root");
        this.state = useState({ text: "", active: 0 });
        useBus(this.model, "update", () => this.render(true));
        useBus(this.model, "named", () => this.render(true));
        // names may have come after this was painted and before it was listening
        onMounted(() => this.model.hasRecords && this.render());
        usePressOutside(() => [this.root.el], () => this.reset());
        useHotkey("/", () => this.input.el.focus());
    }

    /** @returns {{before: string, label: string, apply: () => void}[]} */
    get choices() {
        const text = this.state.text.trim();
        return text ? this.model.searchFields.flatMap((item) => this.choicesOf(item, text)) : [];
    }

    /** What the text can mean for a field; nothing when it cannot. */
    choicesOf(item, text) {
        const before = _t("%s:", item.label);
        const like = plain(text);
        if (item.field.type === "selection" && !item.filterDomain) {
            const options = item.field.selection.filter(([, label]) => plain(label).includes(like));
            return options.map(([value, label]) => ({ before, label, apply: () => this.model.addValue(item, value, label) }));
        }
        if (item.field.type === "boolean") {
            const options = [[true, _t("Yes")], [false, _t("No")]].filter(([, label]) => plain(String(label)).startsWith(like));
            return options.map(([value, label]) => ({ before, label: String(label), apply: () => this.model.addValue(item, value, String(label)) }));
        }
        const read = READERS[item.field.type];
        if (read) {
            try {
                const { value, label } = read(text);
                return [{ before, label, apply: () => this.model.addValue(item, value, label) }];
            } catch (error) {
                if (error instanceof ParseError) {
                    return [];
                }
                throw error;
            }
        }
        return [{ before, label: text, apply: () => this.model.addValue(item, text, text) }];
    }

    onInput(event) {
        this.state.text = event.target.value;
        this.state.active = 0;
    }

    reset() {
        if (this.state.text) {
            this.state.text = "";
            this.input.el.value = "";
        }
    }

    take(choice) {
        this.reset();
        choice.apply();
        this.input.el.focus();
    }

    /** From the search to what was found. */
    goDown() {
        /** @type {HTMLElement|null|undefined} */ (this.input.el.closest(".f-view")?.querySelector(FOUND))?.focus();
    }

    /** @param {KeyboardEvent} event */
    onKeydown(event) {
        const choices = this.choices;
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            if (!choices.length && event.key === "ArrowDown") {
                this.goDown();
            } else if (choices.length) {
                this.state.active = (this.state.active + (event.key === "ArrowDown" ? 1 : -1) + choices.length) % choices.length;
            }
        } else if (event.key === "Enter") {
            event.preventDefault();
            if (choices[this.state.active]) {
                this.take(choices[this.state.active]);
            }
        } else if (event.key === "Escape") {
            this.reset();
        } else if (event.key === "Backspace" && !this.input.el.value) {
            this.model.removeLastFacet();
        }
    }
}
