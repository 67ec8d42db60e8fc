/** The table on the page: headings that open and close, numbers that open their records, the arrows from cell to cell. */
import { Component, useRef, xml } from "@odoo/owl";
import { _t } from "@web/core/i18n";
import { Icon } from "@web/ui/icon/icon";
import { formatChange, formatMeasure, groupTitle } from "@web/views/measures";
import { headLines, isOpen, leaves, shownRows } from "@web/views/pivot/pivot_table";

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export class PivotRenderer extends Component {
    static template = xml`
        <div class="f-pivot" t-ref="root" tabindex="-1">
            <table class="f-pivot-table" t-on-keydown="(ev) => this.onKeydown(ev)">
                <caption class="f-hidden-text" t-esc="texts.caption"/>
                <thead>
                    <tr t-foreach="lines" t-as="line" t-key="line_index">
                        <th t-if="line_first" class="f-pivot-corner" t-att-rowspan="lines.length + 1" scope="col" t-esc="corner"/>
                        <th t-foreach="line" t-as="head" t-key="head.heading.key + (head.isTotal ? ' total' : '')" scope="colgroup" t-att-colspan="head.width * numbers.length" t-att-rowspan="head.height" t-att-class="{'f-pivot-total': head.isTotal}">
                            <t t-if="head.isTotal" t-esc="head.heading.label"/>
                            <button t-else="" type="button" class="f-pivot-heading" t-att-aria-expanded="isOpen('columns', head.heading) ? 'true' : 'false'" t-on-click="() => props.press('columns', head.heading)"><Icon name="isOpen('columns', head.heading) ? 'collapse' : 'expand'"/><t t-esc="head.heading.label"/></button>
                        </th>
                    </tr>
                    <tr>
                        <t t-foreach="columns" t-as="column" t-key="column.key">
                            <th t-foreach="numbers" t-as="number" t-key="number.key" scope="col" class="f-pivot-measure" t-att-class="{'f-pivot-total': !column.depth}" t-att-aria-sort="sortOf(column, number)">
                                <button type="button" class="f-pivot-heading" t-on-click="() => props.model.sortBy(column.key, number.key)"><t t-esc="number.label"/><Icon t-if="sortOf(column, number)" name="sortOf(column, number) === 'ascending' ? 'chevron-up' : 'chevron-down'"/></button>
                            </th>
                        </t>
                    </tr>
                </thead>
                <tbody>
                    <tr t-foreach="rows" t-as="row" t-key="row.key" t-att-class="{'f-pivot-total': !row.depth}">
                        <th scope="row" t-attf-style="--depth: {{row.depth}}"><button type="button" class="f-pivot-heading" t-att-aria-expanded="isOpen('rows', row) ? 'true' : 'false'" t-on-click="() => props.press('rows', row)"><Icon name="isOpen('rows', row) ? 'collapse' : 'expand'"/><t t-esc="row.label"/></button></th>
                        <t t-foreach="columns" t-as="column" t-key="column.key">
                            <td t-foreach="numbers" t-as="number" t-key="number.key" class="f-number" t-att-class="{'f-pivot-total': !column.depth}">
                                <t t-set="text" t-value="textOf(row, column, number)"/>
                                <button t-if="text and props.open and number.time !== 'change'" type="button" class="f-pivot-cell" tabindex="-1" t-att-aria-label="row.label + ', ' + column.label + ', ' + number.label + ': ' + text" t-on-click="() => props.open(row, column, number)" t-esc="text"/>
                                <span t-else="" class="f-pivot-cell" t-esc="text"/>
                            </td>
                        </t>
                    </tr>
                </tbody>
            </table>
        </div>`;
    static components = { Icon };
    static props = ["model", "press", "open?"];

    setup() {
        this.root = useRef("root");
        this.texts = { caption: _t("Totals. The arrows go from cell to cell; Enter opens or closes a heading and lists the records of a number.") };
    }

    get numbers() {
        return this.props.model.numbers;
    }

    get lines() {
        return headLines(this.props.model.data.columns, this.props.model.closed.columns);
    }

    get columns() {
        return leaves(this.props.model.data.columns, this.props.model.closed.columns);
    }

    get rows() {
        const { data, closed, compareRows } = this.props.model;
        return shownRows(data.rows, closed.rows, compareRows);
    }

    /** What the rows are, level by level. */
    get corner() {
        return this.props.model.rows.map((spec) => groupTitle(spec, this.props.model.fields)).join(" › ");
    }

    isOpen(axis, heading) {
        return isOpen(heading, this.props.model.closed[axis]);
    }

    textOf(row, column, number) {
        const value = this.props.model.valueOf(row.key, column.key, number);
        return number.time === "change" ? formatChange(value) : formatMeasure(number, value);
    }

    sortOf(column, number) {
        const { sorting } = this.props.model;
        return sorting?.column === column.key && sorting.number === number.key ? (sorting.asc ? "ascending" : "descending") : undefined;
    }

    /** The arrows move the focus to the nearest button in their direction. @param {KeyboardEvent} event */
    onKeydown(event) {
        const arrow = ARROWS[event.key];
        const from = /** @type {HTMLElement} */ (event.target).closest("button");
        if (!arrow || !from || event.altKey || event.ctrlKey) {
            return;
        }
        event.preventDefault();
        const [down, right] = arrow;
        const here = from.closest("td, th").getBoundingClientRect();
        const middle = (box) => [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
        const found = [...this.root.el.querySelectorAll("button")].map((button) => {
            const box = button.closest("td, th").getBoundingClientRect();
            const ahead = down ? (down > 0 ? box.top - here.bottom : here.top - box.bottom) : right > 0 ? box.left - here.right : here.left - box.right;
            const overlaps = down ? box.left < here.right - 1 && box.right > here.left + 1 : box.top < here.bottom - 1 && box.bottom > here.top + 1;
            const aside = down ? Math.abs(middle(box)[0] - middle(here)[0]) : Math.abs(middle(box)[1] - middle(here)[1]);
            return { button, ahead, aside, fits: overlaps && ahead > -2 };
        }).filter(({ fits }) => fits).sort((left, other) => left.ahead - other.ahead || left.aside - other.aside);
        found[0]?.button.focus();
    }
}
