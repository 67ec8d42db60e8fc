"""Whether labels hold what a shop needs: name, price and a barcode that reads, on their paper."""

from io import BytesIO

import pytest
import zxingcpp
from pypdf import PdfReader


@pytest.fixture
def products(env):
    return env["product.template"].create(
        [{"name": f"Chair {number}", "list_price": 12.5, "barcode": f"C-{number}"} for number in range(25)]
    )


def printed(env, name, records):
    return PdfReader(BytesIO(env["ir.actions.report"]._render_qweb_pdf(name, records.ids)[0])).pages


def test_a_sheet_holds_24_labels_with_barcodes_that_read(env, products):
    pages = printed(env, "product.report_label_sheet", products)

    assert len(pages) == 2
    text = pages[0].extract_text()
    assert "Chair 0" in text and "Chair 23" in text and "12.50" in text and "Chair 24" in pages[1].extract_text()
    (code,) = [found.text for found in zxingcpp.read_barcodes(pages[1].images[0].image)]
    assert code == "C-24"


def test_variants_are_printed_one_a_piece_on_the_roll(env, products):
    pages = printed(env, "product.report_label_roll_variants", products[:3].product_variant_ids)

    assert len(pages) == 3 and "Chair 2" in pages[2].extract_text()
    assert round(float(pages[0].mediabox.width) / 72 * 25.4) == 57


def test_labels_are_offered_in_the_print_menu(env):
    offered = env["product.template"].get_views([(False, "list")], {"toolbar": True})["views"]["list"]["toolbar"]

    assert "Labels (sheet of 24)" in [action["name"] for action in offered["print"]]
