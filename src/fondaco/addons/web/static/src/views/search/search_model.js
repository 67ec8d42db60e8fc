/**
 * What is being looked for: the facets a person chose, and the domain, context and groups they come to. No DOM.
 *
 * `facets` is the one state. Facets of one field, and filters of one group, are joined by OR; different ones by AND.
 */
import { EventBus } from "@odoo/owl";
import { makeContext } from "@web/core/context";
import { parseNumber } from "@web/core/formats";
import { Domain } from "@web/core/domain";
import { _t } from "@web/core/i18n";
import { evaluateExpression } from "@web/core/python/evaluator";
import { session } from "@web/core/session";
import { EARLIER } from "@web/views/comparison";
import { hasTwoEnds, isPeriod, joinedPeriods, ownRange, periodLabel, rangeOf, readOwnRange, within } from "@web/views/search/periods";
import { readAddress, writeAddress } from "@web/views/search/search_address";
import { groupableFields, isRecord, parseSearchArch } from "@web/views/search/search_arch";
import { parseSearchPanel } from "@web/views/search/search_panel_arch";
import { SearchPanelModel } from "@web/views/search/search_panel_model";

/** @typedef {import("@web/views/search/search_arch").SearchItem} SearchItem */
/** @typedef {{itemId: number, value?: any, label?: string, operator?: string, period?: string, interval?: string}} Choice */
/** @typedef {{key: string, kind: string, title: string, labels: string[], choices: Choice[]}} Facet */

/** The facet of a comparison. */
const COMPARED = "comparison";
/** Under this key of its context a favourite keeps the time that was looked at. */
const KEPT_TIME = "searched_time";

/** @typedef {{field: string, period: string, earlier: string, domain: any[]}} Time a period of a date, the earlier one beside it, and what else is searched */

/** What a search field may ask of a record beside being that one. */
const TREE_OPERATORS = ["child_of", "parent_of"];
/** A value that a context or an address gives. @param {SearchItem} item @param {any} value @returns {Choice} */
function givenValue(item, value) {
    if (isRecord(item, value)) {
        return { itemId: item.id, value, label: "", operator: "=" };
    }
    const label = item.field.type === "selection" ? item.field.selection.find(([key]) => key === value)?.[1] : undefined;
    return { itemId: item.id, value, label: label ?? (item.field.type === "boolean" && value === true ? _t("Yes") : String(value)), operator: undefined };
}

/** @param {Choice} one @param {Choice} other */
const isSame = (one, other) => one.itemId === other.itemId && one.period === other.period;

export class SearchModel extends EventBus {
    /** @param {{resModel: string, fields: Record<string, any>, arch?: string, filters?: any[], context: Record<string, any>, domain: any, state?: any, viewType?: string, orm?: any}} config viewType: of a view beside which a panel may stand */
    constructor({ resModel, fields, arch, filters = [], context, domain, state, viewType, orm }) {
        super();
        this.resModel = resModel;
        this.fields = fields;
        this.baseContext = context;
        this.baseDomain = domain;
        /** What a favourite keeps of the view beside the search; the view says. @type {() => object} */
        this.viewContext = () => ({});
        /** Whether the view can put an earlier time beside the one looked at; the view says. */
        this.canCompare = false;
        this.items = parseSearchArch(arch, fields, this.names);
        /** As the view has them, for whoever makes the next search of it. */
        this.filters = filters;
        filters.forEach((filter) => this.addFavorite(filter));
        /** Behind these are those that a person added. */
        this.given = this.items.length;
        const panel = viewType && orm && parseSearchPanel(arch, fields, this.names);
        /** What is chosen beside the records; the search view may offer nothing there. @type {SearchPanelModel|null} */
        this.panel = panel ? new SearchPanelModel(this, panel, orm) : null;
        /** The same, where the view is one beside which it stands. */
        this.shownPanel = panel && panel.viewTypes.includes(viewType) ? this.panel : null;
        /** @type {Choice[]} */
        this.choices = this.defaultChoices(context, filters);
        /** The earlier time beside which this one is looked at: a key of EARLIER. */
        this.earlier = this.keptTime(this.choices[0])?.earlier || "";
        /** What the address of the page need not say. */
        this.usualAddress = writeAddress(this);
        if (state?.choices) {
            this.choices = this.takeOver(state);
            this.earlier = state.earlier || "";
            if (state.panel) {
                this.panel?.takeOver(state.panel);
            }
        } else if (state?.address !== undefined) {
            readAddress(this, state.address);
        }
    }

    /** For the address of the page; undefined where it need not say. @returns {string|undefined} */
    get address() {
        const address = writeAddress(this);
        return address === this.usualAddress ? undefined : address;
    }

    /** @param {any} filter @param {number} [id] of the item in whose place it comes */
    addFavorite(filter, id = this.items.length) {
        const item = { id, kind: /** @type {const} */ ("favorite"), name: filter.name, label: filter.name, filterId: filter.id, domain: filter.domain, context: filter.context, isShared: !filter.user_id };
        this.items[id] = item;
        return item;
    }

    /** A favourite made just now, or one of that name made anew. @param {any} filter as the server has it */
    keepFavorite(filter) {
        const known = this.filters.findIndex(({ id }) => id === filter.id);
        this.filters.splice(known < 0 ? this.filters.length : known, 1, filter);
        this.addFavorite(filter, this.items.find(({ filterId }) => filterId === filter.id)?.id);
    }

    /** What another kind of view was searched by, with what a person added there. @param {{choices: Choice[], added?: SearchItem[]}} state @returns {Choice[]} */
    takeOver({ choices, added = [] }) {
        const places = new Map(added.map((item) => {
            const known = item.filterId && this.items.find(({ filterId }) => filterId === item.filterId);
            return [item.id, known ? known.id : this.items.push({ ...item, id: this.items.length }) - 1];
        }));
        return choices.map((choice) => ({ ...choice, itemId: places.get(choice.itemId) ?? choice.itemId })).filter(({ itemId }) => this.items[itemId]);
    }

    /** What `search_default_...` of the context and the default favourite ask for. */
    defaultChoices(context, filters) {
        const favorite = filters.find((filter) => filter.is_default);
        if (favorite) {
            const item = this.items.find((candidate) => candidate.filterId === favorite.id);
            return item ? [{ itemId: item.id }] : [];
        }
        const choices = [];
        for (const [key, value] of Object.entries(context)) {
            const item = key.startsWith("search_default_") && value ? this.items.find((candidate) => candidate.name === key.slice(15)) : undefined;
            if (item?.kind === "field") {
                choices.push(...[value].flat().map((one) => givenValue(item, one)));
            } else if (item?.kind === "dateFilter") {
                choices.push(...(item.offer?.usual || []).map((period) => ({ itemId: item.id, period })));
            } else if (item) {
                choices.push({ itemId: item.id });
            }
        }
        // the number says which of the groups comes first, wherever the context names them
        const isGroup = ({ itemId }) => this.items[itemId].kind === "groupBy";
        const numberOf = ({ itemId }) => Number(context[`search_default_${this.items[itemId].name}`]) || 1;
        const groups = choices.filter(isGroup).sort((one, other) => numberOf(one) - numberOf(other));
        return choices.map((choice) => (isGroup(choice) ? groups.shift() ?? choice : choice));
    }

    get hasRecords() {
        return this.choices.some(({ itemId, value }) => isRecord(this.items[itemId], value));
    }

    /** Records that were chosen by their ids are called by their names. @param {any} orm */
    async nameRecords(orm) {
        const nameless = this.choices.filter((choice) => choice.label === "" && isRecord(this.items[choice.itemId], choice.value));
        const models = [...new Set(nameless.map(({ itemId }) => this.items[itemId].field.relation))];
        await Promise.all(models.map(async (model) => {
            const of = nameless.filter(({ itemId }) => this.items[itemId].field.relation === model);
            const found = await orm.silent.searchRead(model, [["id", "in", of.map(({ value }) => value)]], ["display_name"], { context: { active_test: false } });
            for (const choice of of) {
                choice.label = found.find(({ id }) => id === choice.value)?.display_name || String(choice.value);
            }
        }));
        if (nameless.length) {
            this.trigger("named");
        }
    }

    exportState() {
        return { choices: this.choices.map((choice) => ({ ...choice })), added: this.items.slice(this.given), earlier: this.earlier, panel: this.panel?.exportState() };
    }

    changed() {
        this.trigger("update");
        this.shownPanel?.load();
    }

    // -- what is offered --------------------------------------------------------------------------------------------

    get searchFields() {
        return this.items.filter((item) => item.kind === "field");
    }

    /** Filters in their groups, each group an array. */
    get filterGroups() {
        const groups = new Map();
        for (const item of this.items.filter((candidate) => (candidate.kind === "filter" || candidate.kind === "dateFilter") && !candidate.isHidden)) {
            groups.set(item.group, [...(groups.get(item.group) || []), item]);
        }
        return [...groups.values()];
    }

    get groupBys() {
        return this.items.filter((item) => item.kind === "groupBy" && !item.isHidden);
    }

    get favorites() {
        return this.items.filter((item) => item.kind === "favorite");
    }

    get groupableFields() {
        const known = new Set(this.groupBys.map((item) => item.fieldName));
        return groupableFields(this.fields).filter(({ name }) => !known.has(name));
    }

    /** @param {SearchItem} item @param {string} [period] */
    isChosen(item, period) {
        return this.choices.some((choice) => choice.itemId === item.id && (!period || choice.period === period));
    }

    // -- what a person does -----------------------------------------------------------------------------------------

    /** @param {SearchItem} item @param {string} [period] */
    toggle(item, period) {
        if (this.isChosen(item, period)) {
            this.choices = this.choices.filter((choice) => choice.itemId !== item.id || (period && choice.period !== period));
        } else if (item.kind === "favorite") {
            this.choices = [{ itemId: item.id }];
            this.earlier = this.keptTime(this.choices[0])?.earlier || "";
        } else {
            const isOwn = period && this.ownDomain(item, period) !== undefined;
            const excludes = (choice) => choice.itemId === item.id && (isOwn || this.ownDomain(item, choice.period) !== undefined);
            this.choices = [...this.choices.filter((choice) => !excludes(choice)), { itemId: item.id, period }];
        }
        this.changed();
    }

    /** The domain that a view has in place of a period. @param {SearchItem} item @param {string|undefined} period @returns {string|undefined} */
    ownDomain({ offer }, period) {
        return offer?.own.find((own) => own.period === period)?.domain;
    }

    /** The ranges of one's own that a date is filtered by. @param {SearchItem} item @returns {string[]} */
    ownRangesOf(item) {
        return this.choices.flatMap(({ itemId, period }) => (itemId === item.id && period && readOwnRange(period) ? [period] : []));
    }

    /** @param {SearchItem} item @param {string} period a range of one's own; the days it had stay searched, either is found */
    addRange(item, period) {
        if (!this.isChosen(item, period)) {
            this.toggle(item, period);
        }
    }

    /** @param {SearchItem} item @param {any} value @param {string} label @param {string} [operator] */
    addValue(item, value, label, operator) {
        this.choices.push({ itemId: item.id, value, label, operator });
        this.changed();
    }

    /** @param {string} fieldName */
    addGroupBy(fieldName) {
        this.toggle(this.ownGroup(fieldName));
    }

    /** A filter of one's own. @param {string} domain as Python writes it @param {string} label */
    addFilter(domain, label) {
        this.toggle(this.ownFilter(domain, label));
    }

    /** @param {string} fieldName @returns {SearchItem} */
    ownGroup(fieldName) {
        const field = this.fields[fieldName];
        const item = { id: this.items.length, kind: /** @type {const} */ ("groupBy"), label: field.string, fieldName, field, interval: ["date", "datetime"].includes(field.type) ? "month" : undefined };
        this.items.push(item);
        return item;
    }

    /** @param {string} domain @param {string} label @returns {SearchItem} */
    ownFilter(domain, label) {
        const item = { id: this.items.length, kind: /** @type {const} */ ("filter"), label, domain, group: -this.items.length, isHidden: true };
        this.items.push(item);
        return item;
    }

    /** @param {string} earlier a key of EARLIER; once more ends it */
    compare(earlier) {
        this.earlier = this.earlier === earlier ? "" : earlier;
        this.changed();
    }

    /** @param {string} key */
    removeFacet(key) {
        if (key === COMPARED) {
            this.compare(this.earlier);
            return;
        }
        const facet = this.facets.find((candidate) => candidate.key === key);
        this.choices = this.choices.filter((choice) => !facet?.choices.includes(choice));
        this.changed();
    }

    removeLastFacet() {
        const facet = this.facets[this.facets.length - 1];
        if (facet) {
            this.removeFacet(facet.key);
        }
    }

    clear() {
        this.choices = [];
        this.earlier = "";
        this.changed();
    }

    // -- what it comes to -------------------------------------------------------------------------------------------

    /** @returns {Facet[]} */
    get facets() {
        /** @type {Map<string, Facet>} */
        const facets = new Map();
        for (const choice of this.choices) {
            const item = this.items[choice.itemId];
            const key = item.kind === "field" ? `field ${item.id}` : item.kind === "groupBy" ? "groupBy" : item.kind === "favorite" ? `favorite ${item.id}` : `filter ${item.group}`;
            if (!facets.has(key)) {
                const title = item.kind === "field" ? item.label : item.kind === "groupBy" ? _t("Group by") : "";
                facets.set(key, { key, kind: item.kind, title, labels: [], choices: [] });
            }
            /** @type {Facet} */ (facets.get(key)).choices.push(choice);
        }
        for (const facet of facets.values()) {
            const meant = this.meant(facet.choices);
            facet.labels = meant.map((choice, index) => this.labelOf(choice, index > 0 && meant[index - 1].itemId === choice.itemId));
        }
        if (this.earlier && this.comparable) {
            facets.set(COMPARED, { key: COMPARED, kind: COMPARED, title: _t("Compared with"), labels: [EARLIER[this.earlier].label], choices: [] });
        }
        return [...facets.values()];
    }

    /** @param {Choice} choice @param {boolean} isNext whether one of the same item stands before it */
    labelOf(choice, isNext) {
        const item = this.items[choice.itemId];
        if (item.kind === "field" || !choice.period) {
            return item.kind === "field" ? choice.label || "" : item.label;
        }
        const period = item.offer?.own.find((own) => own.period === choice.period)?.label || periodLabel(choice.period);
        return isNext ? period : _t("%s: %s", item.label, period);
    }

    /** What is chosen of dates as the days that are meant: "year-1" and "month" are this month a year ago. @param {Choice[]} choices @returns {Choice[]} */
    meant(choices) {
        const periodsOf = (itemId) => choices.flatMap((choice) => (choice.itemId === itemId && choice.period ? [choice.period] : []));
        return choices.flatMap((choice, index) => {
            if (!choice.period) {
                return [choice];
            }
            const isFirst = choices.findIndex(({ itemId }) => itemId === choice.itemId) === index;
            return isFirst ? joinedPeriods(periodsOf(choice.itemId)).map((period) => ({ ...choice, period })) : [];
        });
    }

    /** The one time that is looked at, if there is one. @returns {{choice: Choice, field: string, period: string, rest: any[]}|undefined} rest: what else its choice searches */
    get time() {
        const times = this.meant(this.choices).flatMap((choice) => {
            const kept = this.keptTime(choice);
            const item = this.items[choice.itemId];
            if (kept) {
                return [{ choice, field: kept.field, period: kept.period, rest: kept.domain }];
            }
            return choice.period && item.fieldName && isPeriod(choice.period) ? [{ choice, field: item.fieldName, period: choice.period, rest: [] }] : [];
        });
        return times.length === 1 ? times[0] : undefined;
    }

    /** The time that an earlier one can be compared with. */
    get comparable() {
        const { time } = this;
        return this.canCompare && time && hasTwoEnds(time.period) ? time : undefined;
    }

    /** What a favourite was kept with, so that "this month" is the month of who chooses it. @param {Choice|undefined} choice @returns {Time|undefined} */
    keptTime(choice) {
        const item = choice && this.items[choice.itemId];
        const kept = item?.kind === "favorite" ? makeContext([item.context], this.names)[KEPT_TIME] : undefined;
        return kept && isPeriod(kept.period) && kept.field in this.fields ? kept : undefined;
    }

    /** For the context of a favourite that is made of what is searched now. @returns {{[KEPT_TIME]?: Time}} */
    get timeToKeep() {
        const { time } = this;
        // beside others of its group it is one of several ways to be found, and no part of each
        if (!time || this.facets.some(({ labels, choices }) => labels.length > 1 && choices.some(({ itemId }) => itemId === time.choice.itemId))) {
            return {};
        }
        const domain = this.domainWith((choice) => (isSame(choice, time.choice) ? time.rest : this.domainOf(choice)));
        return { [KEPT_TIME]: { field: time.field, period: time.period, earlier: this.comparable ? this.earlier : "", domain } };
    }

    /** @returns {import("@web/views/comparison").Comparison|null} */
    get comparison() {
        const time = this.comparable;
        if (!time || !this.earlier) {
            return null;
        }
        const { choice, field, period, rest } = time;
        const range = rangeOf(period);
        const [from, to] = EARLIER[this.earlier].shift(range);
        return {
            fieldName: field, label: periodLabel(period), start: range[0], domain: this.domain,
            before: { label: EARLIER[this.earlier].label, start: from, domain: this.besidePanel(this.domainWith((other) => (isSame(other, choice) ? Domain.and([rest, this.within(field, [from, to])]).toList() : this.domainOf(other)))) },
        };
    }

    get names() {
        return { uid: session.uid, context: this.baseContext, active_id: this.baseContext.active_id ?? false, active_ids: this.baseContext.active_ids || [], allowed_company_ids: session.user_context.allowed_company_ids || [] };
    }

    /** @returns {any[]} of the records that are shown */
    get domain() {
        return this.besidePanel(this.searchedDomain);
    }

    /** @returns {any[]} without what is chosen beside the records */
    get searchedDomain() {
        return this.domainWith((choice) => this.domainOf(choice));
    }

    /** @param {any[]} domain @returns {any[]} with what is chosen beside the records */
    besidePanel(domain) {
        return this.shownPanel ? Domain.and([domain, this.shownPanel.domain]).toList() : domain;
    }

    /** Whether there may be more records than are shown. */
    get isFiltered() {
        return this.facets.length > 0 || Boolean(this.shownPanel && Object.keys(this.shownPanel.chosen).length);
    }

    /** @param {(choice: Choice) => any[]} domainOf @returns {any[]} */
    domainWith(domainOf) {
        const parts = [new Domain(this.baseDomain || []).toList(this.names)];
        for (const facet of this.facets) {
            if (facet.kind !== "groupBy" && facet.kind !== COMPARED) {
                parts.push(Domain.or(this.meant(facet.choices).map(domainOf)).toList());
            }
        }
        return Domain.and(parts).toList();
    }

    /** @param {string} name of a date or a moment, of a related record too @param {Date[]} range @returns {any[]} */
    within(name, range) {
        return within({ name, type: this.fields[name]?.type }, range);
    }

    /** @param {Choice} choice @returns {any[]} */
    domainOf(choice) {
        const item = this.items[choice.itemId];
        if (item.kind === "field") {
            return this.domainOfField(item, choice);
        }
        if (item.kind === "dateFilter" && choice.period) {
            const own = this.ownDomain(item, choice.period);
            return own !== undefined ? new Domain(own).toList(this.names) : this.within(/** @type {string} */ (item.fieldName), rangeOf(choice.period));
        }
        const kept = this.keptTime(choice);
        if (kept) {
            return Domain.and([kept.domain, this.within(kept.field, rangeOf(kept.period))]).toList();
        }
        return new Domain(item.domain || []).toList(this.names);
    }

    /** @param {SearchItem} item @param {Choice} choice */
    domainOfField(item, choice) {
        if (item.filterDomain) {
            return evaluateExpression(item.filterDomain, { ...this.names, self: choice.value, raw_value: choice.value });
        }
        const type = item.field.type;
        if (choice.operator) {
            return [[item.fieldName, TREE_OPERATORS.includes(item.operator || "") ? item.operator : choice.operator, choice.value]];
        }
        if (type === "integer" || type === "float" || type === "monetary") {
            return [[item.fieldName, item.operator || "=", typeof choice.value === "number" ? choice.value : parseNumber(choice.value)]];
        }
        if (type === "datetime" && !item.operator && readOwnRange(ownRange(choice.value, choice.value))) {
            return this.within(/** @type {string} */ (item.fieldName), rangeOf(ownRange(choice.value, choice.value)));
        }
        const isExact = item.field.encrypted || type === "boolean" || type === "selection" || type === "date" || type === "datetime";
        return [[item.fieldName, item.operator || (isExact ? "=" : "ilike"), choice.value]];
    }

    get context() {
        const contexts = this.choices.map((choice) => {
            const item = this.items[choice.itemId];
            const names = { ...this.names, self: choice.value };
            return item.context && item.kind !== "groupBy" ? makeContext([item.context], names) : {};
        });
        const { group_by: _groupBy, [KEPT_TIME]: _time, ...context } = Object.assign({}, ...contexts);
        return context;
    }

    /** @returns {string[]} like "country_id" or "create_date:month" */
    get groupBy() {
        const result = [];
        for (const choice of this.choices) {
            const item = this.items[choice.itemId];
            if (item.kind === "groupBy") {
                const isDate = ["date", "datetime"].includes(item.field?.type);
                result.push(isDate ? `${item.fieldName}:${item.interval || "month"}` : /** @type {string} */ (item.fieldName));
            } else if (item.kind === "favorite") {
                result.push(...[makeContext([item.context], this.names).group_by || []].flat());
            }
        }
        if (!result.length && this.baseContext.group_by) {
            return [this.baseContext.group_by].flat();
        }
        return result;
    }
}
