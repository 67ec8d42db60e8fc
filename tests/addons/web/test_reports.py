"""Whether documents get their page, and letters look as their company chose."""

import sys
from base64 import b64encode
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from fondaco.errors import UserError
from fondaco.pdf import engine as engines
from fondaco.pdf.paper import Paper
from tests.fix_addons import addon_module


@pytest.fixture
def printed(env):
    """printed(url): what a document of this environment, or of another, loads from an address."""

    def printed(url, env=env):
        return addon_module("base.models.printed_resources").PrintedResources(env)(url)

    return printed


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


def pages(content):
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def test_a_letter_in_pdf_has_one_page_a_record_with_its_own_numbers(env, letter):
    partners = env["res.partner"].create([{"name": "Ada"}, {"name": "Bob"}])

    content, kind = env["ir.actions.report"]._render_qweb_pdf(letter, partners.ids)

    assert kind == "pdf"
    ada, bob = pages(content)
    assert "Ada" in ada and "Bob" not in ada and "Bob" in bob
    assert env.company.name in ada and "Page 1 of 1" in ada and "Page 1 of 1" in bob


def test_rendering_names_the_kind_and_the_address_of_the_server_to_the_template(env):
    arch = (
        '<t t-name="t.kind"><p t-out="report_type"/><a t-if="report_type == \'html\'" t-att-href="web_base_url"/></t>'
    )
    env["ir.ui.view"].create({"type": "qweb", "key": "t.kind", "name": "kind", "arch": arch})
    env["ir.config_parameter"].set_param("web.base.url", "https://erp.example.com")
    report = env["ir.actions.report"].create({"name": "Kind", "model": "res.partner", "report_name": "t.kind"})

    assert b'<p>html</p><a href="https://erp.example.com"></a>' in report._render_qweb_html(report, [1])[0]
    assert b"text" in report._render_qweb_text(report, [1])[0]
    assert pages(report._render_qweb_pdf(report, [1])[0]) == ["pdf"]
    assert report._render(report, [1])[1] == "pdf"


def test_what_a_report_keeps_is_printed_again_as_it_was(env, letter):
    report = env["ir.actions.report"]._get_report_from_name(letter)
    report.write({"attachment": "object.name != 'Draft' and 'Letter-%s.pdf' % object.name", "attachment_use": True})
    partners = env["res.partner"].create([{"name": "Ada"}, {"name": "Bob"}, {"name": "Draft"}])
    report._render_qweb_pdf(letter, partners.ids)
    kept = env["ir.attachment"].search([("res_model", "=", "res.partner"), ("res_id", "in", partners.ids)])
    assert sorted(kept.mapped("name")) == ["Letter-Ada.pdf", "Letter-Bob.pdf"]
    assert [len(pages(file.raw)) for file in kept] == [1, 1]
    env.company.name = "Renamed"

    again = pages(report._render_qweb_pdf(letter, partners.ids)[0])

    assert len(again) == 3
    assert "Renamed" not in again[0] + again[1] and "Renamed" in again[2]
    assert env["ir.attachment"].search_count([("res_id", "in", partners.ids), ("res_model", "=", "res.partner")]) == 2


def test_a_report_on_several_records_that_does_not_say_whose_its_pages_are_keeps_nothing(env, caplog):
    arch = '<t t-name="t.plain"><t t-foreach="docs" t-as="o"><div class="article" t-out="o.name"/></t></t>'
    env["ir.ui.view"].create({"type": "qweb", "key": "t.plain", "name": "plain", "arch": arch})
    report = env["ir.actions.report"].create(
        {"name": "Plain", "model": "res.partner", "report_name": "t.plain", "attachment": "object.name"}
    )
    partners = env["res.partner"].create([{"name": "Ada"}, {"name": "Bob"}])

    assert pages(report._render_qweb_pdf(report, partners.ids)[0]) == ["Ada", "Bob"]
    assert "documents not kept" in caplog.text
    assert not env["ir.attachment"].search([("res_model", "=", "res.partner"), ("res_id", "in", partners.ids)])


@pytest.fixture
def without_engine(monkeypatch):
    """A Python for which no library that writes PDF is installed."""
    for name in ("plutoprint", "weasyprint"):
        monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.delitem(sys.modules, f"fondaco.pdf.on_{name}", raising=False)
    engines.find.cache_clear()
    yield
    engines.find.cache_clear()


def test_without_an_engine_the_user_is_told_what_to_do(env, letter, without_engine):
    reports = env["ir.actions.report"]

    assert reports.get_wkhtmltopdf_state() == "install"
    with pytest.raises(UserError, match="cannot write PDF.*pip install plutoprint"):
        reports._render_qweb_pdf(letter, env.user.partner_id.ids)


def test_a_picture_that_was_kept_is_printed_as_a_page(env, letter):
    report = env["ir.actions.report"]._get_report_from_name(letter)
    report.write({"attachment": "'scan'", "attachment_use": True})
    partner = env["res.partner"].create({"name": "Ada"})
    scan = BytesIO()
    Image.new("RGB", (20, 20)).save(scan, "PNG")
    env["ir.attachment"].create(
        {"name": "scan", "raw": scan.getvalue(), "res_model": "res.partner", "res_id": partner.id}
    )

    assert pages(report._render_qweb_pdf(letter, partner.ids)[0]) == [""]


def test_paper_decides_size_margins_and_what_a_pixel_is(env, letter):
    partner = env["res.partner"].create({"name": "Ada"})
    report = env["ir.actions.report"]._get_report_from_name(letter)
    report.paperformat_id = env["report.paperformat"].create(
        {"name": "Slip", "format": "custom", "page_width": 90, "page_height": 150, "orientation": "Landscape",
         "margin_top": 30, "header_spacing": 20, "dpi": 192, "disable_shrinking": True}
    )  # fmt: skip

    page = PdfReader(BytesIO(report._render_qweb_pdf(letter, partner.ids)[0])).pages[0]
    paper = report._paper(report.paperformat_id)

    assert (round(float(page.mediabox.width) / 72 * 25.4), round(float(page.mediabox.height) / 72 * 25.4)) == (150, 90)
    assert (paper.top, paper.header_at, paper.scale) == (30, 10, 0.5)


def test_the_page_may_ask_for_its_paper(env, letter):
    paper = env["ir.actions.report"]._special_paper(
        Paper(), {"landscape": "True", "margin-top": "35", "header-spacing": "5", "dpi": "48"}, False
    )

    assert (paper.width, paper.height, paper.top, paper.header_at, paper.scale) == (297, 210, 35, 30, 2)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("/web/static/src/report/report.css?v=1", "text/css"),
        ("/web/static/fonts/NotoSans-Regular.ttf", "font/ttf"),
        ("/web/image/res.partner/{partner}/image_128", "image/png"),
        ("/web/image?model=res.partner&id={partner}&field=image_128&width=16&height=16", "image/png"),
        ("/web/content/{file}", "text/plain"),
        ("{base}/web/content/{file}?download=1", "text/plain"),
        ("/report/barcode/QR/hello?width=80&height=80", "image/png"),
        ("/report/barcode?barcode_type=auto&value=96385074", "image/png"),
        ("/logo.png", "image/png"),
    ],
)
def test_documents_load_files_and_records(env, printed, url, kind):
    partner = env["res.partner"].create({"name": "Ada"})
    file = env["ir.attachment"].create({"name": "a.txt", "raw": b"hello", "mimetype": "text/plain"})
    base = env["ir.config_parameter"].sudo().get_param("web.base.url")

    found = printed(url.format(partner=partner.id, file=file.id, base=base))

    assert found is not None and found[0] and found[1] == kind


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest", "https://example.com/a.png", "file:///etc/passwd", "//example.com/a.png",
        "/web/static/../__manifest__.py", "/base/models/ir_qweb.py", "/web/image/nope", "/web/content/999999999",
        "x.png",        "/report/barcode/Nope/x", "/web/session/get_session_info", "/web//image/1",
        "/web/content/99999999999999999999", "/web/content?id=99999999999999999999", "/web/image/res.partner/1/name",
        "/web/content?model=no.such&id=1&field=x", "/web/content/base.main_partner", "/web/image?id=x",
    ],
)  # fmt: skip
def test_documents_load_nothing_else(env, printed, url):
    found = printed(url)

    assert found is None or found[0] == env["ir.binary"]._placeholder()


def test_a_document_loads_with_the_rights_of_who_prints(env, printed):
    secret = env["ir.attachment"].create({"name": "s.txt", "raw": b"secret"})
    user = env["res.users"].create(
        {"name": "P", "login": "p", "groups_id": [(6, 0, [env.ref("base.group_portal").id])]}
    )

    assert printed(f"/web/content/{secret.id}", env(user=user.id)) is None


def test_barcodes_that_their_kind_cannot_hold_are_written_as_code_128(env):
    reports = env["ir.actions.report"]

    picture = Image.open(BytesIO(reports.barcode("EAN13", "4012345678900", width="300", height="80")))

    assert picture.size == (300, 80)
    assert [(found.text, found.format.name) for found in zxingcpp.read_barcodes(picture)] == [
        ("4012345678900", "Code128")
    ]
    with pytest.raises(ValueError, match="unknown kind"):
        reports.barcode("Nope", "1")


def test_printing_more_records_asks_no_more_statements_for_each(env, letter, queries):
    partners = env["res.partner"].create([{"name": f"P{number}"} for number in range(40)])
    env["ir.actions.report"]._render_qweb_pdf(letter, partners[:2].ids)
    env.invalidate_all()

    with queries() as few:
        env["ir.actions.report"]._render_qweb_pdf(letter, partners[:2].ids)
    env.invalidate_all()
    with queries() as many:
        env["ir.actions.report"]._render_qweb_pdf(letter, partners.ids)

    assert len(many) == len(few)


def test_the_foot_of_each_letter_names_the_document_where_the_report_wants_it(env, letter):
    partner = env["res.partner"].create({"name": "Ada"})
    view = env["ir.ui.view"].search([("key", "=", letter)])
    view.arch = view.arch.replace("<t t-foreach", '<t t-set="display_name_in_footer" t-value="True"/><t t-foreach', 1)

    for layout in env["report.layout"].search([]):
        env.company.external_report_layout_id = layout.view_id
        (page,) = pages(env["ir.actions.report"]._render_qweb_pdf(letter, partner.ids)[0])
        assert page.count("Ada") == 2 and "Page 1 of 1" in page, layout.name


def test_a_letter_has_the_font_and_the_paper_of_its_company(env, letter):
    env.company.write(
        {"font": "Open_Sans", "layout_background": "Custom", "layout_background_image": b64encode(b"picture")}
    )
    partner = env["res.partner"].create({"name": "Ada"})

    page = env["ir.actions.report"]._render_qweb_html(letter, partner.ids)[0].decode()

    assert f'.o_company_{env.company.id}_layout {{ font-family: "Open Sans", "Noto Sans"' in page
    assert f"@page {{ background: url(/web/image/res.company/{env.company.id}/layout_background_image)" in page
