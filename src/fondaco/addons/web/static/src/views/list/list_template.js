/** What the elements of a list are. Read beside `list_renderer.js`. */

export const LIST_TEMPLATE = /* xml */ `
<div class="f-list-frame">
    <t t-set="painted" t-value="paintedRows"/>
    <t t-set="shown" t-value="columns"/>
    <t t-set="link" t-value="linkColumn"/>
    <table class="f-list" t-ref="table" t-att-class="{'f-list-in-form': props.isInForm, 'f-list-editable': props.editable, 'f-list-fixed': headings.isFixed}" t-att-style="headings.tableStyle((props.isSelectable ? 1 : 0) + (hasEndColumn ? 1 : 0))" t-att-aria-label="props.label"
           t-att-aria-rowcount="rowWindow.isLong ? rows.length + 1 : undefined" t-on-focusin="onFocusin">
        <thead t-on-keydown="(ev) => this.headings.goDown(ev)">
            <tr>
                <th t-if="props.isSelectable" class="f-list-select" scope="col"><input type="checkbox" class="f-checkbox" t-att-aria-label="texts.all" t-att-checked="isAllSelected" t-on-change="(ev) => this.props.list.selectAll(ev.target.checked)"/></th>
                <th t-foreach="shown" t-as="column" t-key="column.id" scope="col" t-att-data-name="column.name" t-att-data-key="keyOf(column)" t-att-class="{'f-number': column.isNumeric, 'f-cell-handle': column.active and column.active.widget === 'handle'}" t-att-aria-sort="sortOf(column)" t-att-style="headings.headingStyle(column)"
                    draggable="true" t-on-dragstart="(ev) => this.headings.onDragStart(ev, column)" t-on-dragover="(ev) => this.headings.onDragOver(ev)" t-on-drop="(ev) => this.headings.onDrop(ev, column)" t-on-keydown="(ev) => this.headings.onKeydown(ev, column)">
                    <button t-if="canSort(column)" type="button" class="f-list-heading" t-on-click="() => this.sortBy(column)"><span t-esc="column.label or column.earLabel" t-att-class="{'f-ear': !column.label}"/><Icon t-if="sortOf(column) !== 'none'" name="sortOf(column) === 'ascending' ? 'chevron-up' : 'chevron-down'"/></button>
                    <span t-else="" class="f-list-heading" t-att-class="{'f-ear': !column.label}" t-esc="column.label or column.earLabel or texts.actions"/>
                    <span class="f-list-edge" aria-hidden="true" t-att-title="texts.edge" t-on-click.stop="" t-on-pointerdown="(ev) => this.headings.startResize(ev, column)" t-on-dblclick="() => this.headings.fit(column)"/>
                </th>
                <th t-if="hasEndColumn" class="f-list-end" scope="col">
                    <Dropdown t-if="hasColumnMenu" togglerClass="'f-button f-button-quiet f-button-icon'" label="texts.columns" title="texts.columns" position="'end'" keepOpen="true">
                        <Icon name="'dots'"/>
                        <t t-set-slot="content">
                            <DropdownItem t-foreach="optionalColumns" t-as="column" t-key="column.id" checked="layout.isShown(column)" onSelected="() => this.toggleColumn(column)"><t t-esc="column.label or column.earLabel"/></DropdownItem>
                            <DropdownItem t-if="layout.isChanged" onSelected="() => this.headings.reset()"><Icon name="'undo'"/><t t-esc="texts.reset"/></DropdownItem>
                        </t>
                    </Dropdown>
                    <span t-else="" class="f-ear" t-esc="texts.actions"/>
                </th>
            </tr>
        </thead>
        <tbody t-att-class="{'f-movable': mayMove}" t-on-pointerdown="(ev) => this.mover.take(ev)" t-on-click="onBodyClick" t-on-change="onBodyChange" t-on-keydown="onBodyKeydown">
            <t t-foreach="painted" t-as="row" t-key="row.key">
                <tr t-if="row.kind === 'gap'" class="f-gap" aria-hidden="true" t-att-style="'height:' + row.height + 'px'"><td t-att-colspan="width"/></tr>
                <tr t-elif="row.kind === 'group'" class="f-group-row" t-att-data-key="row.key" t-att-style="'--level:' + row.level">
                    <th t-att-colspan="groupSpan + (props.isSelectable ? 1 : 0)" scope="rowgroup">
                        <GroupHead group="row.group" leaveRow="() => this.leaveRow()"/>
                    </th>
                    <td t-foreach="shown.slice(groupSpan)" t-as="column" t-key="column.id" t-att-class="{'f-number': column.isNumeric}" t-esc="groupAggregate(column, row.group)"/>
                    <td t-if="hasEndColumn"/>
                </tr>
                <tr t-else="" t-att-class="rowClass(row.record)" tabindex="0" t-att-data-id="row.record.id" t-att-data-key="row.key" t-att-aria-rowindex="rowWindow.isLong ? row.place + 2 : undefined" t-att-aria-selected="props.isSelectable ? (row.record.selected ? 'true' : 'false') : undefined">
                    <t t-set="url" t-value="urlOf(row.record)"/>
                    <td t-if="props.isSelectable" class="f-list-select"><input type="checkbox" class="f-checkbox" tabindex="-1" t-att-aria-label="texts.select" t-att-checked="row.record.selected"/></td>
                    <t t-foreach="shown" t-as="column" t-key="column.id">
                        <t t-set="kind" t-value="kindOf(column, row.record, column.id === link and url)"/>
                        <td t-if="kind === 'text'" t-att-data-name="column.name" t-att-data-label="column.label" t-att-class="cellClass(column, row.record)" t-esc="textOf(column, row.record)"/>
                        <td t-else="" t-att-data-name="column.name" t-att-data-label="column.label" t-att-class="cellClass(column, row.record)">
                            <a t-if="kind === 'link'" class="f-row-link" tabindex="-1" t-att-href="url" t-esc="textOf(column, row.record) or '\u2013'"/>
                            <Field t-elif="kind === 'edited'" name="column.name" record="row.record" active="column.active" viewType="'list'"/>
                            <Field t-elif="kind === 'widget'" name="column.name" record="row.record" active="column.active" viewType="'list'" readonly="!column.active.isPressed or props.readonly"/>
                            <t t-elif="kind === 'button'"><ViewButton t-foreach="buttonsOf(column, row.record)" t-as="button" t-key="button.type + button.name + button.string" info="button" record="row.record" small="true"/></t>
                        </td>
                    </t>
                    <td t-if="hasEndColumn" class="f-list-end"><button t-if="opensForm and !row.record.isNew" type="button" class="f-button f-button-quiet f-button-icon" t-att-title="texts.open" t-att-aria-label="texts.open" t-on-click.stop="() => this.openForm(row.record)"><Icon name="'external'"/></button><button t-if="props.removeLine and !row.record.isTrue(props.arch.keepsLine)" type="button" class="f-button f-button-quiet f-button-icon" t-att-title="texts.remove" t-att-aria-label="texts.remove" t-on-click.stop="() => this.removeLine(row.record)"><Icon name="'trash'"/></button></td>
                </tr>
            </t>
            <tr t-if="props.isInForm and props.addLine" class="f-list-add"><td t-att-colspan="width"><LineAdders adders="props.arch.adders" above="props.above" add="(context) => this.addLine(context)" text="texts.add" look="'f-button f-button-link'"/></td></tr>
            <tr t-if="props.isInForm and !props.addLine and !rows.length" class="f-list-none"><td t-att-colspan="width">&#8211;</td></tr>
        </tbody>
        <tfoot t-if="hasAggregates">
            <tr>
                <td t-if="props.isSelectable"/>
                <td t-foreach="shown" t-as="column" t-key="column.id" t-att-class="{'f-number': column.isNumeric}" t-att-title="column.aggregate and column.aggregate.label" t-esc="aggregateOf(column)"/>
                <td t-if="hasEndColumn"/>
            </tr>
        </tfoot>
    </table>
    <p t-if="props.arch.handleField" class="f-ear" role="status" t-esc="said"/>
</div>`;
