/** Numbers that a model gives as JSON, drawn small in a card: a line, or bars. */
import { Component, xml } from "@odoo/owl";
import { formatFloat } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { registry } from "@web/core/registry";

const WIDTH = 300;
const HEIGHT = 80;
const GAP = 4;

/**
 * Series as addons write them: `[{key, title, values: [{label, value}]}]`, a point of a line `{x, y, name}`.
 * @param {any} source @returns {{label: string, value: number}[]} the points of the first one
 */
export function readPoints(source) {
    let series = source || [];
    if (typeof series === "string") {
        try {
            series = JSON.parse(series);
        } catch {
            series = [];
        }
    }
    const values = (Array.isArray(series) ? series[0]?.values : series.values) || [];
    return values.map((point) => ({ label: String(point.label ?? point.name ?? point.x ?? ""), value: Number(point.value ?? point.y) || 0 }));
}

export class DashboardGraphField extends Component {
    static template = xml`
        <div t-if="points.length" class="f-dashboard-graph" role="img" t-att-aria-label="said">
            <svg viewBox="0 0 300 80" preserveAspectRatio="none" aria-hidden="true">
                <t t-if="props.isLine"><polygon class="f-dashboard-area" t-att-points="area"/><polyline class="f-dashboard-line" t-att-points="line"/></t>
                <rect t-else="" t-foreach="bars" t-as="bar" t-key="bar_index" class="f-dashboard-bar" t-att-x="bar.x" t-att-y="bar.y" t-att-width="bar.width" t-att-height="bar.height"><title t-esc="bar.text"/></rect>
            </svg>
            <p class="f-dashboard-labels" aria-hidden="true"><span t-esc="points[0].label"/><span t-if="points.length gt 1" t-esc="points[points.length - 1].label"/></p>
        </div>`;
    static props = ["*"];

    get points() {
        return readPoints(this.props.record.data[this.props.name]);
    }

    get said() {
        return `${this.props.label}: ${this.points.map((point) => this.textOf(point)).join(", ")}`;
    }

    /** @param {{label: string, value: number}} point */
    textOf({ label, value }) {
        return _t("%(label)s: %(value)s", { label, value: formatFloat(value) });
    }

    /** Where a number stands; nought is always in the picture. @param {number} value */
    yOf(value) {
        const values = [0, ...this.points.map((point) => point.value)];
        const [least, most] = [Math.min(...values), Math.max(...values)];
        return most === least ? HEIGHT : HEIGHT - ((value - least) / (most - least)) * HEIGHT;
    }

    get line() {
        const step = WIDTH / Math.max(1, this.points.length - 1);
        return this.points.map(({ value }, place) => `${place * step},${this.yOf(value)}`).join(" ");
    }

    get area() {
        return `0,${this.yOf(0)} ${this.line} ${WIDTH},${this.yOf(0)}`;
    }

    get bars() {
        const step = WIDTH / this.points.length;
        const zero = this.yOf(0);
        return this.points.map((point, place) => {
            const y = this.yOf(point.value);
            return { x: place * step + GAP / 2, width: Math.max(1, step - GAP), y: Math.min(y, zero), height: Math.max(1, Math.abs(zero - y)), text: this.textOf(point) };
        });
    }
}

export const dashboardGraphField = {
    component: DashboardGraphField,
    displayName: _t("Small graph"),
    supportedTypes: ["char", "text"],
    extractProps: ({ attrs }) => ({ isLine: attrs.graph_type !== "bar" }),
};
registry.category("fields").add("dashboard_graph", dashboardGraphField);
