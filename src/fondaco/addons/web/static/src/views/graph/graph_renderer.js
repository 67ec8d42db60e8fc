/** The picture on the page, its legend, and the same numbers as a table for whoever cannot see or point. */
import { Component, onMounted, onWillUnmount, useRef, useState, xml } from "@odoo/owl";
import { formatInteger } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { COUNT, formatMeasure } from "@web/views/measures";
import { drawAxes, drawPie, TONES } from "@web/views/graph/graph_drawing";

const LOWEST = 300;
const HIGHEST = 720;

export class GraphRenderer extends Component {
    static template = xml`
        <div class="f-graph">
            <ul t-if="legend.length gt 1" class="f-graph-legend" t-att-aria-label="texts.legend">
                <li t-foreach="legend" t-as="entry" t-key="entry.key">
                    <button t-if="entry.canHide" type="button" t-att-aria-pressed="entry.isHidden ? 'false' : 'true'" t-on-click="() => props.model.toggle(entry.key)"><span class="f-graph-swatch" t-att-class="'f-tone-' + entry.tone % tones"/><t t-esc="entry.label"/></button>
                    <span t-else=""><span class="f-graph-swatch" t-att-class="'f-tone-' + entry.tone % tones"/><t t-esc="entry.label"/></span>
                </li>
            </ul>
            <p t-if="isPie and drawing.hasNegative" class="f-alert" role="status" t-esc="texts.negative"/>
            <div class="f-graph-frame" t-ref="frame">
                <svg t-if="state.width" class="f-graph-picture" role="img" t-att-aria-label="description" t-att-width="drawing.width" t-att-height="drawing.height" t-att-viewBox="'0 0 ' + drawing.width + ' ' + drawing.height">
                    <t t-if="!isPie">
                        <g t-foreach="drawing.marks" t-as="mark" t-key="mark.value"><path class="f-graph-line" t-att-class="{'f-graph-zero': mark.isZero}" t-att-d="'M' + drawing.left + ' ' + mark.y + 'H' + drawing.right"/><text class="f-graph-mark" t-att-x="drawing.left - 8" t-att-y="mark.y + 4" t-esc="write(mark.value)"/></g>
                        <text t-foreach="drawing.names" t-as="name" t-key="name_index" class="f-graph-name" t-att-class="{'f-slanted': drawing.isSlanted}" t-att-x="name.x" t-att-y="name.y" t-att-transform="drawing.isSlanted ? 'rotate(-38 ' + name.x + ' ' + name.y + ')' : undefined"><t t-esc="name.text"/><title t-esc="name.title"/></text>
                        <path t-foreach="drawing.lines" t-as="line" t-key="line_index" class="f-graph-curve" t-att-class="'f-tone-' + line.tone % tones" t-att-d="line.d"/>
                    </t>
                    <path t-foreach="drawing.shapes" t-as="shape" t-key="shape_index" class="f-graph-shape" t-att-class="'f-tone-' + shape.tone % tones + (props.open ? ' f-graph-link' : '')" t-att-d="shape.d" t-on-click="() => this.open(shape)"><title t-esc="titleOf(shape)"/></path>
                </svg>
            </div>
            <details class="f-graph-numbers">
                <summary t-esc="texts.numbers"/>
                <div class="f-graph-frame" tabindex="0" role="region" t-att-aria-label="texts.numbers">
                    <table class="f-list">
                        <caption class="f-hidden-text" t-esc="description"/>
                        <thead><tr><th scope="col" t-esc="props.model.axisTitle"/><th t-foreach="plot.series" t-as="line" t-key="line.key" scope="col" class="f-number" t-esc="line.label"/></tr></thead>
                        <tbody><tr t-foreach="plot.labels" t-as="label" t-key="label_index">
                            <th scope="row" t-esc="label"/>
                            <td t-foreach="plot.series" t-as="line" t-key="line.key" class="f-number"><t t-set="point" t-value="line.points[label_index]"/><button t-if="point and props.open" type="button" class="f-button f-button-link" t-on-click="() => this.open({ point, label, series: plot.series.length gt 1 ? line.label : '' })" t-esc="point.text"/><t t-elif="point" t-esc="point.text"/></td>
                        </tr></tbody>
                    </table>
                </div>
            </details>
        </div>`;
    static props = ["model", "open?"];

    setup() {
        this.tones = TONES;
        this.texts = { legend: _t("What the colours mean"), numbers: _t("The numbers as a table"), negative: _t("A pie cannot show values below zero; they are left out of it. The bars and the table have them.") };
        /** @type {{el: any}} */
        this.frame = useRef("frame");
        this.state = useState({ width: 0, height: 0 });
        const observer = new ResizeObserver(() => this.measure());
        onMounted(() => {
            observer.observe(this.frame.el);
            this.measure();
        });
        onWillUnmount(() => observer.disconnect());
    }

    measure() {
        const { clientWidth, clientHeight } = this.frame.el;
        this.state.width = clientWidth;
        this.state.height = Math.min(Math.max(clientHeight - 8, LOWEST), HIGHEST);
    }

    get isPie() {
        return this.props.model.mode === "pie";
    }

    get plot() {
        return this.props.model.plot;
    }

    get drawing() {
        const { model } = this.props;
        const { plot } = this;
        const { width, height } = this.state;
        if (this.isPie) {
            return drawPie(plot, { width, height });
        }
        const shown = plot.series.map((line, tone) => ({ line, tone })).filter(({ line }) => !model.hidden.has(line.key));
        return drawAxes({ labels: plot.labels, series: shown.map(({ line }) => line) }, { width, height, isStacked: model.isStacked && !model.query.comparison && shown.length > 1, isWhole: model.measure.name === COUNT, mode: model.mode, tones: shown.map(({ tone }) => tone) });
    }

    get legend() {
        const { model } = this.props;
        if (this.isPie) {
            return drawPie(this.plot, this.state).slices.map(({ label }, tone) => ({ key: tone, tone, label, canHide: false, isHidden: false }));
        }
        return this.plot.series.map(({ key, label }, tone) => ({ key, tone, label, canHide: true, isHidden: model.hidden.has(key) }));
    }

    get description() {
        const { measure, axisTitle } = this.props.model;
        return axisTitle ? _t("%(measure)s by %(group)s", { measure: measure.label, group: axisTitle }) : measure.label;
    }

    /** A mark of the axis; whole numbers are written without the zeros of their field. @param {number} value */
    write(value) {
        return Number.isInteger(value) ? formatInteger(value) : formatMeasure(this.props.model.measure, value);
    }

    titleOf(shape) {
        const share = shape.share ? ` (${Math.round(shape.share * 100)}%)` : "";
        const series = shape.series && this.plot.series.length > 1 ? ` / ${shape.series}` : "";
        return `${shape.label}${series}: ${shape.point.text}${share}`;
    }

    open({ point, label, series }) {
        this.props.open?.(point.domain, series && series !== this.props.model.measure.label ? `${label} / ${series}` : label);
    }
}
