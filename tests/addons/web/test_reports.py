"""Whether documents get their page, and letters look as their company chose."""

import pytest


@pytest.fixture
def letter(env):
    """The key of a report as addons write them: a container, a letter, a page."""
    arch = (
        '<t t-name="t.letter"><t t-call="web.html_container"><t t-foreach="docs" t-as="o">'
        '<t t-call="web.external_layout"><t t-set="layout_document_title">Order <t t-out="o.id"/></t>'
        '<div class="page" t-field="o.name"/></t></t></t></t>'
    )
    env["ir.ui.view"].create({"type": "qweb", "key": "t.letter", "name": "letter", "arch": arch})
    env["ir.actions.report"].create({"name": "Letter", "model": "res.partner", "report_name": "t.letter"})
    return "t.letter"


def test_a_letter_has_letterhead_title_and_content(env, letter):
    partner = env["res.partner"].create({"name": "Ada & Co"})
    env.company.report_footer = "<p>Thank you</p>"

    content, kind = env["ir.actions.report"]._render_qweb_html(letter, partner.ids)

    page = content.decode()
    assert kind == "html" and page.startswith("<!DOCTYPE html>")
    assert env.company.name in page
    assert f"<h2>Order {partner.id}</h2>" in page
    assert '<div class="page">Ada &amp; Co</div>' in page
    assert "<p>Thank you</p>" in page
    assert "/web/static/src/report/report.css" in page


def test_every_letter_of_the_choice_can_be_written(env, letter):
    partner = env["res.partner"].create({"name": "Ada"})
    layouts = env["report.layout"].search([])
    assert len(layouts) == 7

    for layout in layouts:
        env.company.external_report_layout_id = layout.view_id
        content, _kind = env["ir.actions.report"]._render_qweb_html(letter, partner.ids)
        assert b">Ada</div>" in content, layout.name
