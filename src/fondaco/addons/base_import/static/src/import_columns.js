/** The columns of the file, each with its first values and the field it goes to. */
import { Component, xml } from "@odoo/owl";
import { ParseError } from "@web/core/formats";
import { _t } from "@web/core/i18n";
import { AutoComplete } from "@web/ui/autocomplete/autocomplete";
import { Icon } from "@web/ui/icon/icon";
import { readPath } from "@base_import/file_import";

const SHOWN = 3;

export class ImportColumns extends Component {
    static template = xml`
        <table class="f-import-columns">
            <thead><tr><th scope="col" t-esc="texts.column"/><th scope="col" t-esc="texts.values"/><th scope="col" t-esc="texts.field"/></tr></thead>
            <tbody>
                <tr t-foreach="columns" t-as="column" t-key="column.index" t-att-class="{'f-import-left-out': !column.path}" t-att-data-column="column.title">
                    <th scope="row" t-esc="column.title"/>
                    <td class="f-import-values"><span t-foreach="column.samples" t-as="sample" t-key="sample_index" t-esc="sample"/></td>
                    <td class="f-import-field"><div>
                        <AutoComplete value="column.label" label="texts.fieldFor + ' ' + column.title" placeholder="texts.none" source="(text) => this.find(column.index, text)" onLeave="(text, restore) => this.onLeave(column.index, text, restore)"/>
                        <button type="button" class="f-button f-button-quiet f-button-icon" t-att-class="{'f-hidden': !column.path}" t-att-title="texts.leaveOut" t-att-aria-label="texts.leaveOut + ': ' + column.title" t-on-click="() => this.props.job.setPath(column.index, '')"><Icon name="'close'"/></button>
                    </div><p t-if="column.reading" class="f-muted f-import-reading" t-esc="column.reading"/></td>
                </tr>
            </tbody>
        </table>`;
    static components = { AutoComplete, Icon };
    static props = ["job"];

    setup() {
        this.texts = { column: _t("Column of the file"), values: _t("First values"), field: _t("Goes to"), fieldFor: _t("Field for"), none: _t("Left out"), leaveOut: _t("Leave out") };
    }

    get columns() {
        const { headers, samples, paths } = this.props.job;
        const columns = samples.map((values, index) => ({ index, title: headers[index] || _t("Column %s", index + 1), samples: [...new Set(values)].slice(0, SHOWN), path: paths[index], label: paths[index] ? this.props.job.labelOf(paths[index]) : "", reading: this.readingOf(index) }));
        // what has neither a title nor a value is not there for people
        return columns.filter(({ index, samples: seen }) => headers[index] || seen.length);
    }

    /** @param {number} index */
    readingOf(index) {
        const example = this.props.job.readingOf(index);
        return example && _t("Read as %s", example);
    }

    /** @param {number} index @param {string} text */
    async find(index, text) {
        return this.props.job.find(text).map((choice) => ({ label: choice.label, onSelect: () => this.props.job.setPath(index, choice.path) }));
    }

    /** @param {number} index @param {string} text @param {() => void} restore */
    onLeave(index, text, restore) {
        try {
            this.props.job.setPath(index, readPath(this.props.job, text));
        } catch (error) {
            if (!(error instanceof ParseError)) {
                throw error;
            }
            restore();
        }
    }
}
