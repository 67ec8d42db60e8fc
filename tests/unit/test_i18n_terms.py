"""Markup cut into terms and put together again."""

import pytest

from fondaco.i18n.terms import get_text_content, html_translate, is_text, terms_of, xml_translate


@pytest.mark.parametrize(
    "value, terms",
    [
        ("<form string='Form'><field name='a' string='A' help='Help me'/></form>", ["Form", "A", "Help me"]),
        ("<div>Press <b>Save</b> twice<p>Then</p> wait</div>", ["Press <b>Save</b> twice", "Then", "wait"]),
        ("<div><i class='fa fa-x'/> Text</div>", ['<i class="fa fa-x"/> Text']),
        ("<div><span class='x'/></div>", []),
        ("<div><span title='Tip'/></div>", ["Tip"]),
        ("<div>12.5 %</div>", []),
        ("<div t-translation='off'>Keep <p>this</p></div>", []),
        ("<div><script>var x = 'Hello'</script><style>p {}</style><!-- Hello --></div>", []),
        ("<div><span t-if='x'>One</span> two</div>", ["One", "two"]),
        ("<t t-name='x'><p t-attf-title='Hello {{ name }}'>Hi <t t-esc='n'/></p></t>", ["Hello {{ name }}", "Hi"]),
        ("<input type='submit' value='Go'/>", ["Go"]),
        ("<input type='text' value='Go'/>", []),
    ],
)
def test_terms_of_xml(value, terms):
    assert terms_of(xml_translate, value) == terms


def test_translations_take_the_place_of_their_terms():
    french = {"Press <b>Save</b> twice": "Deux fois <b>Enregistrer</b>", "Then": "Puis", "Go": "Va"}

    result = xml_translate(french.get, "<div> Press <b>Save</b> twice <p>Then</p>wait<a title='Go' t-if='1'/></div>")

    assert result == '<div> Deux fois <b>Enregistrer</b> <p>Puis</p>wait<a title="Va" t-if="1"/></div>'


def test_text_may_become_markup_in_its_place():
    result = xml_translate({"wait": "<b>attends</b> ici"}.get, "<div><p>a</p> wait <p>b</p></div>")

    assert result == "<div><p>a</p> <b>attends</b> ici <p>b</p></div>"


def test_untranslated_values_stay_as_they_are():
    arch = '<form>\n    <field name="a"/>\n    <p>Hi &amp; <b>you</b></p>\n</form>'

    assert xml_translate(lambda term: None, arch) == arch
    assert xml_translate(lambda term: None, '<?xml version="1.0"?>\n' + arch) == arch


def test_broken_translations_are_passed_over():
    assert xml_translate(lambda term: "<b>oops", "<p>Hello</p>") == "<p>Hello</p>"


def test_html_is_forgiven():
    assert html_translate({"Hi": "Salut", "there": "là"}.get, "<p>Hi<br>x</p><p>there") == "<p>Hi<br>x</p><p>là</p>"
    assert html_translate({"Hi": "Salut"}.get, "<p>Hi</p>&nbsp;") == "<p>Salut</p>&nbsp;"
    assert html_translate({"plain": "simple"}.get, "plain") == "simple"


def test_what_a_term_says():
    assert get_text_content("Press <b>Save</b>  twice") == "Press Save twice"
    assert is_text("Hello") and not is_text("<b>Hello</b>")
