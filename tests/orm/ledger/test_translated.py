"""Texts in two languages: what is stored, what is read, what falls back."""

from __future__ import annotations

from typing import Any

import pytest


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


def test_a_copy_keeps_the_translations(env: Any, order: Any, stored: Any) -> None:
    in_french(order).title = "Bonjour"
    order.copy()
    in_french(order).copy()
    assert titles(stored) == [{"en_US": "Good morning", "fr_FR": "Bonjour"}] * 3


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
