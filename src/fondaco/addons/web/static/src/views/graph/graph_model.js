/**
 * The numbers behind a picture: one question to the server, answered as points.
 *
 * The first grouping is the axis; all further ones together make the series. No DOM.
 */
import { EventBus } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { groupCount, groupKey, groupLabel } from "@web/model/group_values";
import { aligned } from "@web/views/comparison";
import { aggregateOf, COUNT, formatMeasure, groupTitle } from "@web/views/measures";

/** @typedef {{value: number, text: string, count: number, domain: any[]}} Point */
/** @typedef {{key: string, label: string, points: (Point|null)[]}} Series */
/** @typedef {{labels: string[], places?: string[], series: Series[]}} Plot `places` tell groups of one name apart */

/**
 * @param {any[]} rows of `read_group` @param {string[]} groupBy @param {Record<string, any>} fields
 * @param {import("@web/views/measures").Measure} measure @returns {Plot}
 */
export function plotOf(rows, groupBy, fields, measure) {
    const fieldOf = (spec) => fields[spec.split(":")[0]];
    // a bare yes or no says nothing in a legend
    const nameOf = (spec, value) => (fieldOf(spec)?.type === "boolean" ? `${fieldOf(spec).string}: ` : "") + groupLabel(fieldOf(spec), value);
    const labels = new Map();
    /** @type {Map<string, {label: string, points: Map<string, Point>}>} */
    const series = new Map();
    for (const row of rows) {
        const [axis, ...others] = groupBy;
        const place = axis ? groupKey(row[axis]) : "all";
        labels.set(place, axis ? groupLabel(fieldOf(axis), row[axis]) : _t("All"));
        const key = others.map((spec) => groupKey(row[spec])).join(" ");
        if (!series.has(key)) {
            series.set(key, { label: others.map((spec) => nameOf(spec, row[spec])).join(" / ") || measure.label, points: new Map() });
        }
        const count = groupCount(row, groupBy);
        const value = Number((measure.name === COUNT ? count : row[measure.name]) || 0);
        series.get(key)?.points.set(place, { value, text: formatMeasure(measure, value), count, domain: row.__domain || [] });
    }
    const places = [...labels.keys()];
    return { labels: [...labels.values()], places, series: [...series].map(([key, { label, points }]) => ({ key, label, points: places.map((place) => points.get(place) || null) })) };
}

/**
 * The same places with the series of both times, those of now first.
 * @param {Plot} now @param {Plot} before @param {import("@web/views/comparison").Comparison} comparison @returns {Plot}
 */
export function besides(now, before, comparison) {
    const named = (plot) => plot.places.map((place, at) => [place, plot.labels[at]]);
    const labels = new Map([...named(before), ...named(now)]);
    const places = [...new Set([...named(now), ...named(before)].map(([place]) => place))];
    const spread = (plot, prefix, label) => plot.series.map((line) => ({
        key: `${prefix}${line.key}`, label: `${line.label} (${label})`, points: places.map((place) => line.points[plot.places.indexOf(place)] || null),
    }));
    return { labels: places.map((place) => labels.get(place)), places, series: [...spread(now, "", comparison.label), ...spread(before, "before ", comparison.before.label)] };
}

/** @param {Plot} plot @param {string} order "asc", "desc", or as the server ordered @returns {Plot} by the sum of each place */
export function ordered(plot, order) {
    if (!order) {
        return plot;
    }
    const sums = plot.labels.map((_label, place) => plot.series.reduce((sum, { points }) => sum + (points[place]?.value || 0), 0));
    const places = plot.labels.map((_label, place) => place).sort((left, right) => (sums[left] - sums[right]) * (order === "asc" ? 1 : -1));
    return { labels: places.map((place) => plot.labels[place]), series: plot.series.map((line) => ({ ...line, points: places.map((place) => line.points[place]) })) };
}

/** What a place has that no record is in. */
const NOTHING = [[0, "=", 1]];

/**
 * Each place with all that was before it. A press on it still lists what is in it alone.
 * @param {Plot} plot @param {import("@web/views/measures").Measure} measure @returns {Plot}
 */
export function cumulated(plot, measure) {
    const summed = (points) => {
        let value = 0;
        return points.map((point) => {
            value += point?.value || 0;
            return { count: 0, domain: NOTHING, ...point, value, text: formatMeasure(measure, value) };
        });
    };
    return { ...plot, series: plot.series.map((line) => ({ ...line, points: summed(line.points) })) };
}

export class GraphModel {
    /** @param {any} orm @param {{resModel: string, fields: any, arch: any, context: object}} config */
    constructor(orm, { resModel, fields, arch, context }) {
        this.orm = orm;
        this.resModel = resModel;
        this.fields = fields;
        this.arch = arch;
        this.context = context;
        this.bus = new EventBus();
        this.mode = arch.mode;
        this.isStacked = arch.isStacked;
        this.isCumulated = arch.isCumulated;
        this.order = arch.order;
        this.measureName = arch.measure;
        /** @type {Set<string>} series that are not shown */
        this.hidden = new Set();
        /** @type {{domain: any[], context: object, groupBy: string[], comparison?: import("@web/views/comparison").Comparison|null}} */
        this.query = { domain: [], context: {}, groupBy: [] };
        /** @type {any[]} */
        this.rows = [];
        /** Those of the time it is compared with. @type {any[]} */
        this.rowsBefore = [];
        this.isLoaded = false;
        this.request = 0;
    }

    get measure() {
        return this.arch.measures.find(({ name }) => name === this.measureName) || this.arch.measures.at(-1);
    }

    get plot() {
        const plotted = (rows) => plotOf(rows, this.query.groupBy, this.fields, this.measure);
        const { comparison } = this.query;
        // the parts of a pie are parts of one time
        const plot = ordered(comparison && this.mode !== "pie" ? besides(plotted(this.rows), plotted(this.rowsBefore), comparison) : plotted(this.rows), this.order);
        return this.mode === "line" && this.isCumulated ? cumulated(plot, this.measure) : plot;
    }

    get axisTitle() {
        const [axis] = this.query.groupBy;
        return axis ? groupTitle(axis, this.fields) : "";
    }

    /** @param {{domain: any[], context: object, groupBy: string[], comparison?: import("@web/views/comparison").Comparison|null}} query */
    async load(query) {
        // a slow answer to an older question must not replace a newer one
        const request = ++this.request;
        const ask = (domain) => this.orm.webReadGroup(this.resModel, domain, aggregateOf(this.measure), query.groupBy, {
            // periods without records are only filled in where there is one grouping
            context: { fill_temporal: true, ...this.context, ...query.context }, lazy: query.groupBy.length === 1,
        });
        const { comparison } = query;
        const [answer, before] = await Promise.all([ask(query.domain), comparison ? ask(comparison.before.domain) : { groups: [] }]);
        if (request !== this.request) {
            return;
        }
        this.query = query;
        this.rows = answer.groups;
        this.rowsBefore = comparison ? aligned(before.groups, answer.groups, query.groupBy, comparison) : [];
        this.isLoaded = true;
        this.bus.trigger("update");
    }

    /** @param {string} name */
    async setMeasure(name) {
        this.measureName = name;
        await this.load(this.query);
    }

    /** @param {{mode?: string, isStacked?: boolean, isCumulated?: boolean, order?: string}} changes */
    show(changes) {
        Object.assign(this, changes);
        this.bus.trigger("update");
    }

    /** @param {string} key of a series */
    toggle(key) {
        if (!this.hidden.delete(key)) {
            this.hidden.add(key);
        }
        this.bus.trigger("update");
    }
}
