"""Small questions to text, and functions with a memory."""

import logging

import pytest
from lxml import etree

from fondaco.values.barcodes import check_barcode_encoding
from fondaco.values.functions import (
    classproperty,
    conditional,
    filter_kwargs,
    lazy,
    lazy_classproperty,
    lazy_property,
    replace_exceptions,
)
from fondaco.values.html import html2plaintext, html_keep_url, is_html_empty, plaintext2html
from fondaco.values.loggers import lower_logging, mute_logger
from fondaco.values.texts import (
    clean_filename,
    format_duration,
    human_size,
    named_to_positional_printf,
    parse_version,
    remove_accents,
    reverse_order,
    str2bool,
    street_split,
)
from fondaco.values.xmlnodes import cleanup_xml_node, create_xml_node_chain


def test_texts():
    assert remove_accents("Élève") == "Eleve"
    assert str2bool("YES") is True and str2bool("x", default=False) is False
    with pytest.raises(ValueError):
        str2bool("x")
    assert human_size(1207) == "1.18 Kb" and human_size(0) is False
    assert format_duration(-1.5) == "-01:30"
    assert reverse_order("name, date desc") == "name desc, date asc"
    assert named_to_positional_printf("%(a)s 10%% %(a)d", {"a": 1}) == ("%s 10%% %d", (1, 1))
    assert clean_filename("../a:b?.txt") == "ab.txt" and clean_filename("CON.txt") == "_.txt"
    assert street_split("Chaussée de Namur 40 - 2b") == {
        "street_name": "Chaussée de Namur", "street_number": "40", "street_number2": "2b",
    }  # fmt: skip


def test_versions_sort():
    ordered = ["17.0.9", "18.0rc1", "18.0", "18.0.1.2", "18.0.1.10", "18.1"]

    assert sorted(sorted(ordered, key=len), key=parse_version) == ordered
    assert parse_version("18") == parse_version("18.0.0")


def test_barcodes():
    assert check_barcode_encoding("4006381333931", "ean13") and not check_barcode_encoding("4006381333932", "ean13")
    assert check_barcode_encoding("anything", "any") and not check_barcode_encoding("123", "ean8")


def test_html_and_text():
    assert is_html_empty("<p><br/> &nbsp;</p>") and not is_html_empty('<p><i class="fa fa-star"></i></p>')
    assert not is_html_empty("<img src='x'>") and is_html_empty(False)
    assert html2plaintext('<p>Hi <b>you</b></p><p>see <a href="http://x.y">this</a></p>') == (
        "Hi *you*\nsee this [1]\n\n\n[1] http://x.y"
    )
    assert plaintext2html("a\n<b>\n\nc", "div") == "<div><p>a<br/>&lt;b&gt;</p><p>c</p></div>"
    assert html_keep_url('<a href="http://a.b">http://a.b</a> http://c.d') == (
        '<a href="http://a.b">http://a.b</a> <a href="http://c.d" target="_blank" rel="noreferrer noopener">http://c.d</a>'
    )


def test_lazy_things_are_computed_once():
    class Thing:
        count = 0

        @lazy_property
        def value(self):
            Thing.count += 1
            return Thing.count

        @classproperty
        def title(cls):
            return cls.__name__

        @lazy_classproperty
        def once(cls):
            Thing.count += 10
            return Thing.count

    thing = Thing()
    assert (thing.value, thing.value) == (1, 1)
    lazy_property.reset_all(thing)
    assert thing.value == 2 and Thing.title == "Thing" and (Thing.once, Thing.once) == (12, 12)


def test_a_lazy_value_is_the_value():
    calls = []
    value = lazy(lambda: calls.append(1) or 5)

    assert not calls
    assert (value + 1, 1 + value, -value, value == 5, [0] * value) == (6, 6, -5, True, [0] * 5)
    assert calls == [1]


def test_wrappers():
    assert conditional(False, 1 / 1)(len) is len
    assert filter_kwargs(lambda a, *, b: 0, {"a": 1, "b": 2, "c": 3}) == {"a": 1, "b": 2}
    with pytest.raises(LookupError, match="gone"), replace_exceptions(KeyError, by=LookupError("gone")):
        raise KeyError("x")


def test_xml_trees_are_tidied():
    root = cleanup_xml_node("<a><b> </b><c>x&#1;</c><d><e/></d></a>")
    create_xml_node_chain(root, ["f", "g"], 1)

    assert etree.tostring(root) == b"<a>\n  <c>x</c>\n<f><g>1</g></f></a>"


def test_loggers_are_muted_and_lowered(caplog):
    caplog.set_level(logging.INFO)
    logger = logging.getLogger("fondaco.test")
    with mute_logger("fondaco.test"):
        logger.error("hidden")
    with lower_logging(logging.INFO, logging.INFO) as lowered:
        logger.error("softened")

    assert lowered.had_error_log
    assert [(r.levelno, r.getMessage()) for r in caplog.records if r.levelno < 40] == [(20, "_ERROR softened")]
