"""Texts in two languages: what is stored, what is read, what falls back."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.i18n import po
from fondaco.modules import terms


@pytest.fixture
def order(env: Any) -> Any:
    return env["ledger.order"].create({"title": "Good morning"})


def in_french(record: Any) -> Any:
    return record.with_context(lang="fr_FR")


def titles(stored: Any) -> list[Any]:
    return [title for (title,) in stored("ledger_order", "title")]


def test_a_text_without_translation_is_read_in_the_source_language(order: Any, stored: Any) -> None:
    assert in_french(order).title == "Good morning"
    assert titles(stored) == [{"en_US": "Good morning"}]


def test_each_language_keeps_its_text(env: Any, order: Any, stored: Any) -> None:
    french = in_french(order)
    french.title = "Bonjour"
    assert (order.title, french.title) == ("Good morning", "Bonjour")
    assert titles(stored) == [{"en_US": "Good morning", "fr_FR": "Bonjour"}]
    order.title = "Good evening"
    assert french.title == "Bonjour"
    env.invalidate_all()
    assert (order.title, french.title) == ("Good evening", "Bonjour")
    assert titles(stored) == [{"en_US": "Good evening", "fr_FR": "Bonjour"}]


def test_both_languages_written_before_a_flush(order: Any, stored: Any) -> None:
    order.title = "One"
    in_french(order).title = "Un"
    order.title = "Two"
    assert titles(stored) == [{"en_US": "Two", "fr_FR": "Un"}]
    assert in_french(order).title == "Un"


def test_a_record_made_in_french_has_its_text_as_source_too(env: Any, stored: Any) -> None:
    made = in_french(env["ledger.order"]).create({"title": "Bonsoir"})
    assert made.title == "Bonsoir"
    assert titles(stored) == [{"en_US": "Bonsoir", "fr_FR": "Bonsoir"}]
    assert made.with_context(lang=None).title == "Bonsoir"


def test_no_text_is_no_text_in_any_language(env: Any, order: Any, stored: Any) -> None:
    in_french(order).title = "Bonjour"
    order.title = False
    env.flush_all()
    assert (order.title, in_french(order).title) == (False, False)
    assert titles(stored) == [None]


def test_searches_are_made_in_the_language_of_the_user(env: Any, order: Any) -> None:
    in_french(order).title = "Bonjour"
    orders = env["ledger.order"]
    assert in_french(orders).search([("title", "=", "Bonjour")]) == order
    assert not orders.search([("title", "=", "Bonjour")])
    assert orders.search([("title", "ilike", "morning")]) == order
    assert in_french(orders).search([("title", "ilike", "morning")]) == orders
    other = orders.create({"title": "A"})
    assert in_french(orders).search([("id", "in", (order + other).ids)], order="title")._ids == (other.id, order.id)


def test_translations_of_a_field_are_set_and_told(env: Any, order: Any, stored: Any) -> None:
    order.update_field_translations("title", {"fr_FR": "Salut", "en_US": "Hi"})
    rows, about = order.get_field_translations("title")
    assert {row["lang"]: row["value"] for row in rows} == {"fr_FR": "Salut", "en_US": "Hi"}
    assert about == {"translation_type": "char", "translation_show_source": False}
    order.update_field_translations("title", {"fr_FR": False})
    assert titles(stored) == [{"en_US": "Hi"}]
    assert in_french(order).title == "Hi"
    with pytest.raises(ValueError, match=r"ledger\.order\.title: its translation into fr_FR is \{.*; expected a text"):
        order.update_field_translations("title", {"fr_FR": {"Hi": "Salut"}})


def test_a_copy_keeps_the_translations(env: Any, order: Any, stored: Any) -> None:
    in_french(order).title = "Bonjour"
    order.copy()
    in_french(order).copy()
    assert titles(stored) == [{"en_US": "Good morning", "fr_FR": "Bonjour"}] * 3


def test_what_is_not_saved_yet_is_copied_with_the_text_it_has(env: Any) -> None:
    assert env["ledger.order"].new({"title": "Good night"}).copy().title == "Good night"


def test_a_copy_keeps_the_translations_of_its_lines(env: Any, order: Any, queries: Any) -> None:
    order.line_ids = [(0, 0, {"motto": "Good morning"}), (0, 0, {"motto": "Good night"}), (0, 0, {})]
    for line, text in zip(in_french(order).line_ids, ("Bonjour", "Bonne nuit"), strict=False):
        line.motto = text

    def mottos(copy: Any) -> list[tuple[str, str]]:
        env.flush_all()
        env.invalidate_all()
        return [(line.motto, in_french(line).motto) for line in copy.line_ids.sorted("id")]

    both = [("Good morning", "Bonjour"), ("Good night", "Bonne nuit"), (False, False)]
    assert mottos(order.copy()) == both
    assert mottos(env["ledger.order"].browse(in_french(order).copy().id)) == both
    order.line_ids = [(0, 0, {"motto": f"m{n}"}) for n in range(20)]
    env.flush_all()
    with queries() as few:
        order.line_ids[:3].copy_translations(order.line_ids[:3])
    env.flush_all()
    with queries() as many:
        order.line_ids.copy_translations(order.line_ids)
    assert len(many) == len(few)


def test_many_translated_values_in_one_statement(env: Any, order: Any, queries: Any, stored: Any) -> None:
    orders = order + env["ledger.order"].create([{"title": f"n{n}"} for n in range(3)])
    env.flush_all()
    with queries() as seen:
        for place, record in enumerate(in_french(orders)):
            record.title = f"f{place}"
        env.flush_all()
    assert len([code for code in seen if code.startswith("UPDATE")]) == 1, seen
    assert [title["fr_FR"] for title in titles(stored)] == ["f0", "f1", "f2", "f3"]
    assert orders.mapped("title") == ["Good morning", "n0", "n1", "n2"]


def test_a_text_that_is_not_in_the_table_yet_shows_in_languages_without_one(order: Any) -> None:
    order.title = "Good evening"

    assert in_french(order).title == "Good evening"


def test_a_translation_that_is_not_in_the_table_yet_survives_a_change_of_the_source(env: Any) -> None:
    made = env["ledger.order"].create({"title": "Good morning"})
    in_french(made).title = "Bonjour"
    made.title = "Good evening"

    assert (in_french(made).title, made.title) == ("Bonjour", "Good evening")


@pytest.mark.parametrize("is_searched", [False, True])
def test_a_text_not_yet_written_is_seen_in_languages_without_their_own(env: Any, is_searched: bool) -> None:
    order = env["ledger.order"].create({})
    assert not order.title
    in_french(order).title = "Bonjour"

    seen = order.search_fetch([("id", "=", order.id)], ["title"]) if is_searched else order

    assert seen.title == "Bonjour"


# -- stored fields that are related to a translated one
@pytest.fixture
def detail(env: Any, order: Any) -> Any:
    in_french(order).title = "Bonjour"
    return env["ledger.detail"].create({"line_id": env["ledger.line"].create({"order_id": order.id}).id})


def detail_titles(stored: Any) -> Any:
    return stored("ledger_detail", "order_title")[-1][0]


def test_a_stored_related_field_has_the_text_of_each_language(env: Any, detail: Any, order: Any, stored: Any) -> None:
    assert (detail.order_title, in_french(detail).order_title) == ("Good morning", "Bonjour")
    assert detail_titles(stored) == {"en_US": "Good morning", "fr_FR": "Bonjour"}

    in_french(order).title = "Salut"
    assert (detail.order_title, in_french(detail).order_title) == ("Good morning", "Salut")
    order.title = "Hi"
    assert detail_titles(stored) == {"en_US": "Hi", "fr_FR": "Salut"}
    env.invalidate_all()
    assert in_french(detail.browse()).search([("order_title", "=", "Salut")]) == detail
    assert [row["order_title"] for row in in_french(detail).read(["order_title"])] == ["Salut"]


def test_it_follows_a_link_and_a_language_that_goes(env: Any, detail: Any, order: Any, stored: Any) -> None:
    order.update_field_translations("title", {"fr_FR": False})
    assert in_french(detail).order_title == "Good morning"
    order.title = False
    assert detail_titles(stored) is None

    detail.line_id.order_id = in_french(env["ledger.order"]).create({"title": "Autre"})
    in_french(detail.line_id.order_id).title = "Autrement"
    assert detail_titles(stored) == {"en_US": "Autre", "fr_FR": "Autrement"}


def test_texts_of_a_file_reach_it_too(env: Any, detail: Any, order: Any, stored: Any) -> None:
    env["ir.model.data"].create({"module": "t", "name": "hello", "model": order._name, "res_id": order.id})
    text = b"""msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n
#: model:ledger.order,title:t.hello\nmsgid "Good morning"\nmsgstr "Bien le bonjour"\n"""

    assert terms.take(env, po.read(text), "fr_FR", overwrite=True) == 1

    assert in_french(detail).order_title == "Bien le bonjour"
    assert detail_titles(stored) == {"en_US": "Good morning", "fr_FR": "Bien le bonjour"}
