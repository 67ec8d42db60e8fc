"""Which texts a file of the client shows."""

from fondaco.i18n.client import Text, texts_of_script, texts_of_templates

SCRIPT = """
import { _n, _t } from "@web/core/i18n";
const one = _t("Save %s", name) + _n("%s row", "%s rows", count, formatted(count)) + `${_t("Inside")} <b>${x}</b>`;
export class Card extends Component {
    static template = xml`
        <div class="card" title="A card" t-att-title="_t('no text of markup')">
            Name: <span t-esc="name"/> is <b>new</b> & well
            <Field label="'expression'" placeholder.translate="Say it"/>
            <p t-translation="off">Fondaco</p> ${PART}
        </div>`;
}
// _t("a comment")
"""


def test_marks_templates_and_forms_are_found_as_owl_asks_for_them():
    assert texts_of_script(SCRIPT) == [
        Text("Save %s"), Text("%s row", "%s rows"), Text("Inside"), Text("A card"), Text("Name:"), Text("is"),
        Text("new"), Text("& well"), Text("Say it"),
    ]  # fmt: skip


def test_templates_of_xml_files_are_read_too():
    found = texts_of_templates(b'<templates><t t-name="x"><a aria-label="Open">Go <b>on</b></a> 12 %</t></templates>')

    assert found == [Text("Open"), Text("Go"), Text("on")]
