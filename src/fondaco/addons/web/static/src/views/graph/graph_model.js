/**
 * The numbers behind a picture: one question to the server, answered as points.
 *
 * The first grouping is the axis; all further ones together make the series. No DOM.
 */
import { EventBus } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { groupCount, groupKey, groupLabel } from "@web/model/group_values";
import { aggregateOf, COUNT, formatMeasure, groupTitle } from "@web/views/measures";

/** @typedef {{value: number, text: string, count: number, domain: any[]}} Point */
/** @typedef {{key: string, label: string, points: (Point|null)[]}} Series */
/** @typedef {{labels: string[], series: Series[]}} Plot */

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
    return { labels: [...labels.values()], series: [...series].map(([key, { label, points }]) => ({ key, label, points: places.map((place) => points.get(place) || null) })) };
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
        this.order = arch.order;
        this.measureName = arch.measure;
        /** @type {Set<string>} series that are not shown */
        this.hidden = new Set();
        this.query = { domain: /** @type {any[]} */ ([]), context: {}, groupBy: /** @type {string[]} */ ([]) };
        /** @type {any[]} */
        this.rows = [];
        this.isLoaded = false;
        this.request = 0;
    }

    get measure() {
        return this.arch.measures.find(({ name }) => name === this.measureName) || this.arch.measures.at(-1);
    }

    get plot() {
        return ordered(plotOf(this.rows, this.query.groupBy, this.fields, this.measure), this.order);
    }

    get axisTitle() {
        const [axis] = this.query.groupBy;
        return axis ? groupTitle(axis, this.fields) : "";
    }

    /** @param {{domain: any[], context: object, groupBy: string[]}} query */
    async load(query) {
        // a slow answer to an older question must not replace a newer one
        const request = ++this.request;
        const answer = await this.orm.webReadGroup(this.resModel, query.domain, aggregateOf(this.measure), query.groupBy, {
            // periods without records are only filled in where there is one grouping
            context: { fill_temporal: true, ...this.context, ...query.context }, lazy: query.groupBy.length === 1,
        });
        if (request !== this.request) {
            return;
        }
        this.query = query;
        this.rows = answer.groups;
        this.isLoaded = true;
        this.bus.trigger("update");
    }

    /** @param {string} name */
    async setMeasure(name) {
        this.measureName = name;
        await this.load(this.query);
    }

    /** @param {{mode?: string, isStacked?: boolean, order?: string}} changes */
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
