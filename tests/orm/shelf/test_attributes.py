"""What an addon may say of a field, and what follows from it."""

from __future__ import annotations

import base64
import importlib
import io
import json
from datetime import date, datetime
from typing import Any

import pytest
from markupsafe import Markup
from PIL import Image

from fondaco.addon import fields
from fondaco.errors import AccessError, FieldError, UserError
from fondaco.i18n import po
from fondaco.modules import terms
from fondaco.orm.commands import Command
from fondaco.orm.fields import selection


@pytest.fixture
def env(shelf_env: Any) -> Any:
    return shelf_env


@pytest.fixture
def author(env: Any) -> Any:
    return env["shelf.author"].create({"pen_name": "Ada", "town": "London", "number": 7})


@pytest.fixture
def book(env: Any, author: Any) -> Any:
    return env["shelf.book"].create({"name": "Notes", "author_id": author.id})


def picture(size: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (size, size), "red").save(out, "PNG")
    return base64.b64encode(out.getvalue())


def size_of(value: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(base64.b64decode(value))).size


# -- texts --
def test_clients_trim_what_a_char_field_does_not_forbid(env):
    described = env["shelf.book"].fields_get(["name", "untrimmed"], ["trim", "size"])

    assert described["name"] == {"trim": True, "size": 20}
    assert described["untrimmed"]["trim"] is False


def test_a_field_is_asked_for_one_part_of_its_description(env):
    book = env["shelf.book"].with_context(lang="fr_FR")
    field = book._fields

    assert dict(field["state"]._description_selection(env)).get("old") == "Old"
    assert dict(field["kind"]._description_selection(book.env)) == {"paper": "Paper", "file": "File"}
    assert field["author_town"]._description_string(book.env) == "Town"
    assert field["author_town"]._description_help(env) is None
    assert field["company_id"]._description_relation == "res.company"
    assert field["note_ids"]._description_domain(env) == [("model", "=", "shelf.book")]


def test_html_is_sanitised_as_the_field_says(book):
    book.summary = '<p class="a" data-x="1" style="color:red; position:fixed">t<script>1</script></p>'

    assert 'data-x="1"' in book.summary and "script" not in book.summary and "position" not in book.summary


def test_html_terms_are_translated_one_by_one(env, book):
    book.terms = "<div><p>Hello</p><p>World</p></div>"
    book.update_field_translations("terms", {"fr_FR": {"Hello": "Bonjour"}})
    with pytest.raises(ValueError, match=r"\.terms: its translation into fr_FR is '<p>x</p>'; expected \{term: its"):
        book.update_field_translations("terms", {"fr_FR": "<p>x</p>"})

    assert book.with_context(lang="fr_FR").terms == "<div><p>Bonjour</p><p>World</p></div>"
    assert book.with_context(lang="en_US").terms == "<div><p>Hello</p><p>World</p></div>"


def test_a_translated_term_is_translated_anew_by_its_source(book):
    book.terms = "<p>One</p><p>Two</p><p>Three</p>"
    french = book.with_context(lang="fr_FR")
    book.update_field_translations("terms", {"fr_FR": {"One": "Two", "Two": "Deux", "Three": "Deux"}})

    book.update_field_translations("terms", {"fr_FR": {"Two": "Second"}})
    assert french.terms == "<p>Two</p><p>Second</p><p>Deux</p>"
    book.update_field_translations("terms", {"fr_FR": {"One": False, "Deux": "Trois"}})
    assert french.terms == "<p>One</p><p>Second</p><p>Trois</p>"
    book.update_field_translations("terms", {"en_US": {"Trois": "Four"}}, source_lang="fr_FR")
    assert book.with_context(lang="en_US").terms == "<p>One</p><p>Two</p><p>Four</p>"
    assert french.terms == "<p>One</p><p>Second</p><p>Trois</p>"


@pytest.mark.parametrize("odd", ["123", "<br/>", '<img src="x"/>', "a</p><p>b"])
def test_a_translation_that_holds_no_term_or_two_can_be_translated_anew(book, odd):
    book.terms = "<p>Hello</p><p>World</p>"
    french = book.with_context(lang="fr_FR")
    book.update_field_translations("terms", {"fr_FR": {"Hello": odd}})

    book.update_field_translations("terms", {"fr_FR": {"Hello": "Salut", "World": "Terre"}})

    assert french.terms == "<p>Salut</p><p>Terre</p>"
    assert book.with_context(lang="en_US").terms == "<p>Hello</p><p>World</p>"


def test_html_terms_are_sanitised_by_whatever_way_they_come(env, book, reader):
    env["ir.model.data"].create({"module": "t", "name": "book", "model": book._name, "res_id": book.id})
    book.terms = "<p>Hello</p><p>World</p>"
    bad = '<img src="x" onerror="alert(1)"/>'
    file = f"""msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n
#: model_terms:shelf.book,terms:t.book\nmsgid "Hello"\nmsgstr {json.dumps(bad)}\n"""

    terms.take(env, po.read(file.encode()), "fr_FR", overwrite=True)
    from_file = book.with_context(lang="fr_FR").terms
    book.with_user(reader).update_field_translations("terms", {"fr_FR": {"World": bad}})

    assert "<img" in from_file and "onerror" not in from_file
    assert book.with_context(lang="fr_FR").terms.count("<img") == 2
    assert "onerror" not in book.with_context(lang="fr_FR").terms


# -- numbers --
def test_a_float_takes_its_digits_from_a_named_precision(env, book):
    book.weight = 1.23456

    book.flush_recordset()
    env.cr.execute("SELECT weight FROM shelf_book WHERE id = %s", [book.id])
    assert book.weight == 1.235
    assert str(env.cr.fetchone()[0]) == "1.235"
    assert env["shelf.book"]._fields["weight"].get_digits(env) == (16, 3)


def test_money_is_rounded_by_the_currency_field_named(env, book):
    book.write({"money_id": env.ref("base.EUR").id, "price": 1.239})

    assert book.price == 1.24
    assert env["shelf.book"].fields_get(["price"])["price"]["currency_field"] == "money_id"


def test_a_float_has_static_helpers():
    assert fields.Float.round(1.005, precision_digits=2) == 1.01
    assert fields.Float.is_zero(0.001, precision_digits=2)
    assert fields.Float.compare(1.01, 1.0, precision_digits=2) == 1


# -- dates --
def test_dates_have_static_helpers(env):
    Date, Datetime = fields.Date, fields.Datetime  # noqa: N806

    assert Date.to_date("2024-02-29") == date(2024, 2, 29)
    assert Date.to_date("2024-02-29 10:00:00") == date(2024, 2, 29)
    assert Date.to_string(date(2024, 2, 29)) == "2024-02-29" and Date.to_string(False) is False
    assert Date.add(date(2024, 1, 31), months=1) == date(2024, 2, 29)
    assert Date.subtract(date(2024, 3, 1), days=1) == date(2024, 2, 29)
    assert Date.start_of(date(2024, 2, 29), "quarter") == date(2024, 1, 1)
    assert Date.end_of(date(2024, 2, 1), "month") == date(2024, 2, 29)
    assert Datetime.to_datetime("2024-02-29") == datetime(2024, 2, 29)
    assert Datetime.to_string(datetime(2024, 2, 29, 1, 2, 3, 4)) == "2024-02-29 01:02:03"
    assert Datetime.end_of(datetime(2024, 2, 29, 5), "hour") == datetime(2024, 2, 29, 5, 59, 59, 999999)
    assert Datetime.now().microsecond == 0 and Datetime.today().hour == 0
    far = env["shelf.book"].with_context(tz="Pacific/Auckland")
    assert Date.context_today(far, datetime(2024, 1, 1, 12)) == date(2024, 1, 2)
    assert Datetime.context_timestamp(far, datetime(2024, 1, 1, 12)).isoformat() == "2024-01-02T01:00:00+13:00"


# -- selections --
def test_values_of_other_modules_stand_after_the_first(env):
    described = env["shelf.book"].fields_get(["state", "kind"], ["selection"])

    assert [value for value, _label in described["state"]["selection"]] == [
        "new", "old", "lost", "torn", "gone", "sold", "burnt",
    ]  # fmt: skip
    assert described["kind"]["selection"] == [("paper", "Paper"), ("file", "File")]


@pytest.mark.parametrize(
    ("state", "left"),
    [("lost", "new"), ("torn", "new"), ("burnt", False), ("gone", None), ("sold", "old")],
)
def test_a_value_that_goes_is_replaced_as_its_module_said(env, book, state, left):
    book.write({"state": state, "x_rating": 5})
    env["ir.model.fields.selection"].search(
        [("field_id.model", "=", "shelf.book"), ("field_id.name", "=", "state"), ("value", "=", state)]
    ).with_context(_force_unlink=True).unlink()

    assert (book.exists().state if book.exists() else None) == left
    if state == "sold":
        assert book.x_rating == 0


# -- pictures --
def test_variants_of_a_picture_are_made_when_it_is_written(env, book):
    book.cover = picture(100)

    assert size_of(book.cover) == (64, 64)
    assert size_of(book.cover_small) == (16, 16)
    assert size_of(book.cover_shown) == (8, 8)
    book.cover = False
    assert not book.cover_small and not book.cover_shown


# -- relations --
def test_a_relation_lets_go_follows_or_keeps(env, author):
    Book = env["shelf.book"]  # noqa: N806
    free = Book.create({"name": "a", "author_id": author.id})
    follows = Book.create({"name": "b", "keeper_id": author.id})

    author.unlink()

    assert free.exists() and not free.author_id
    assert not follows.exists()
    owner = env["shelf.author"].create({"pen_name": "Owner"})
    Book.create({"name": "c", "owner_id": owner.id})
    with pytest.raises(Exception, match="shelf|another|model"), env.cr.savepoint():
        owner.unlink()


def test_the_company_of_a_relation_is_checked(env, book):
    other = env["res.company"].create({"name": "Other"})
    foreign = env["shelf.author"].create({"pen_name": "Foreign", "company_id": other.id})

    book.company_id = env.company
    with pytest.raises(UserError, match="Foreign"):
        book.author_id = foreign
        env.flush_all()


def test_lines_may_hang_on_a_reference_without_model(env, book, author):
    note = env["shelf.note"].create({"model": "shelf.book", "res_id": book.id, "text": "n"})
    env["shelf.note"].create({"model": "shelf.author", "res_id": book.id})

    assert book.note_ids == note
    book.write({"note_ids": [(0, 0, {"text": "m", "model": "shelf.book"})]})
    assert book.note_ids.mapped("text") == ["n", "m"]
    assert env["shelf.book"].search([("note_ids.text", "=", "m")]) == book


def test_both_sides_of_a_many2many_share_a_table(env, book):
    genre = env["shelf.genre"].create({"name": "Science", "book_ids": [(4, book.id)]})

    assert book.genre_ids == genre
    genre.book_ids = False
    assert not book.genre_ids


# -- companies --
def test_a_value_of_each_company_falls_back_to_the_default_of_the_company(env, book):
    other = env["res.company"].create({"name": "Other"})
    here, there = book.with_company(env.company), book.with_company(other)
    env["ir.default"].set("shelf.book", "shop_price", 9.5, company_id=other.id)

    here.shop_price = 2.0

    assert (here.shop_price, there.shop_price) == (2.0, 9.5)
    assert env["shelf.book"].with_company(other).search([("shop_price", "=", 9.5), ("id", "=", book.id)]) == book
    assert not env["shelf.book"].with_company(env.company).search([("shop_price", "=", 9.5), ("id", "=", book.id)])
    env.flush_all()
    env.cr.execute("SELECT shop_price FROM shelf_book WHERE id = %s", [book.id])
    assert env.cr.fetchone() == ({str(env.company.id): 2.0},)


def test_a_relation_of_each_company(env, book, author):
    other = env["res.company"].create({"name": "Other"})

    book.with_company(other).shop_keeper_id = author

    assert not book.shop_keeper_id and book.with_company(other).shop_keeper_id == author
    assert env["shelf.book"].with_company(other).search([("shop_keeper_id.town", "=", "London")]) == book
    author.unlink()
    assert not book.with_company(other).shop_keeper_id


# -- who sees it --
def test_a_field_of_a_group_is_closed_to_others(env, book, reader):
    book.hidden = "h"
    theirs = book.with_user(reader)

    assert "hidden" not in theirs.fields_get()
    with pytest.raises(AccessError):
        theirs.read(["hidden"])
    with pytest.raises(AccessError):
        theirs.write({"hidden": "x"})
    assert theirs.read(["name"])[0]["name"] == "Notes"


def test_a_computation_runs_as_superuser_where_the_field_says_so(env, reader):
    drawer = env["shelf.drawer"].create({"name": "d", "pen_name": "Ada"}).with_user(reader)

    assert drawer.secret_code == "True"
    assert drawer.with_context(reader="x").reader == f"{reader.id} x"
    assert drawer.with_context(reader="y").reader == f"{reader.id} y"


# -- computed --
def test_a_value_computed_before_the_row_is_made_may_be_given(env, queries):
    with queries() as seen:
        given = env["shelf.book"].create([{"name": "a"}, {"name": "b", "code": "own"}])
        env.flush_all()

    assert given.mapped("code") == ["new/a", "own"]
    assert env["shelf.book"].with_context(default_code="asked for").create({"name": "c"}).code == "asked for"
    assert not [code for code in seen if code.startswith("UPDATE")]


def test_a_search_method_answers_for_a_computed_field(env, book):
    book.x_rating = 4

    assert env["shelf.book"].search([("in_words", "=", "****")]) == book
    assert env["shelf.book"].search([("in_words", "=", "*")]) == env["shelf.book"]


def test_related_values_are_searched_grouped_and_described(env, book, author):
    assert env["shelf.book"].search([("author_town", "=", "London")]) == book
    assert book.stored_number == 7
    author.number = 8
    assert env["shelf.book"].search([("stored_number", "=", 8)]) == book
    described = env["shelf.book"].fields_get(["author_town"])["author_town"]
    assert described["related"] == "author_id.town" and described["readonly"] and not described["store"]


# -- what the catalogue shows --
def test_indexes_are_of_the_kind_the_field_says(env):
    env.cr.execute("SELECT tablename, indexdef FROM pg_indexes WHERE tablename IN ('shelf_book', 'shelf_author')")
    indexes = [definition for _table, definition in env.cr.fetchall()]

    def one(column: str) -> str:
        (found,) = [text for text in indexes if f"({column}" in text or f"(({column}" in text or f"({column}" in text]
        return found

    assert "USING btree (name)" in one("name")
    assert one("author_id").endswith("USING btree (author_id)")
    assert one("town").endswith("WHERE (town IS NOT NULL)")
    if env.registry.has_trigram:
        (trigram,) = [text for text in indexes if "pen_name" in text]
        assert "USING gin" in trigram and "gin_trgm_ops" in trigram


def test_columns_have_the_type_of_their_field(env):
    env.cr.execute(
        "SELECT column_name, udt_name, character_maximum_length, is_nullable FROM information_schema.columns"
        " WHERE table_name = 'shelf_book'"
    )
    columns = {name: (kind, length, nullable) for name, kind, length, nullable in env.cr.fetchall()}

    assert columns["name"] == ("varchar", 20, "NO")
    assert columns["weight"][0] == "numeric" and columns["price"][0] == "numeric"
    assert columns["terms"][0] == columns["shop_price"][0] == columns["details"][0] == "jsonb"
    assert columns["read_on"][0] == "date" and columns["read_at"][0] == "timestamp"
    assert "cover" not in columns and "author_town" not in columns and "in_words" not in columns


# -- copying, grouping, exporting --
def test_a_copy_leaves_out_what_is_not_copied(env, book):
    book.write({"private": "p", "mark": "!"})

    copied = book.copy({"name": "Other"})

    assert (copied.name, copied.private, copied.mark) == ("Other", False, "!")
    assert "private" not in book.copy_data()[0]


def test_the_aggregator_is_that_of_the_field(env, book):
    env["shelf.book"].create({"name": "b", "x_rating": 5})

    groups = env["shelf.book"].read_group([], ["x_rating"], [])

    assert groups[0]["x_rating"] == 4
    described = env["shelf.book"].fields_get(["x_rating", "stored_number"], ["aggregator"])
    assert described["x_rating"]["aggregator"] == "avg"


def test_groups_without_records_are_shown_when_the_field_expands_them(env, book):
    env["shelf.genre"].create([{"name": "Empty"}, {"name": "Folded", "fold": True}])

    states = env["shelf.book"].read_group([], [], ["state"])
    genres = env["shelf.book"].web_read_group([], [], ["genre_id"])["groups"]

    assert [group["state"] for group in states] == ["new", "old", "lost", "torn", "gone", "sold", "burnt"]
    assert [(group["genre_id"] and group["genre_id"][1], group["__fold"]) for group in genres] == [
        ("Empty", False),
        ("Folded", True),
        (False, False),
    ]
    assert len(env["shelf.book"].read_group([], [], ["state", "genre_id"], lazy=False)) == 1


def test_groups_without_records_stand_where_the_asked_order_has_them(env):
    first, second, third = env["shelf.genre"].create([{"name": name} for name in ("O1", "O2", "O3")])
    env["shelf.book"].create([{"name": name, "genre_id": second.id, "x_rating": 2, "state": "old"} for name in "ab"])
    env["shelf.book"].create({"name": "c", "x_rating": 7})
    genres = [first.id, second.id, third.id]

    def order(group, orderby):
        found = env["shelf.book"].read_group([], ["x_rating:sum"], [group], orderby=orderby)
        values = [row[group][0] if isinstance(row[group], tuple) else row[group] for row in found]
        return [value for value in values if value in [*genres, False, "new", "old"]]

    assert order("genre_id", "genre_id") == [*genres, False]
    assert order("genre_id", "genre_id desc") == [False, *reversed(genres)]
    assert order("genre_id", "genre_id_count desc") == [second.id, False, first.id, third.id]
    assert order("genre_id", "x_rating:sum desc,genre_id desc") == [False, second.id, third.id, first.id]
    assert order("genre_id", "x_rating") == [first.id, third.id, second.id, False]
    assert order("state", "state desc") == ["old", "new"]


def test_what_must_not_leave_is_not_offered_for_export(env):
    described = env["shelf.book"].fields_get(["private", "name"], ["exportable"])

    assert described["private"]["exportable"] is False and described["name"]["exportable"] is True


# -- changes in a form --
def test_an_onchange_warns(env, author):
    answer = env["shelf.book"].onchange({"author_id": author.id}, ["author_id"], {"author_id": {}, "keeper_id": {}})

    assert answer["warning"] == {"title": "Shelf", "message": "Another author", "type": "notification"}


# -- rows --
def test_a_constraint_of_the_table_is_the_error_of_the_driver_that_addons_expect(env, book):
    psycopg2 = importlib.import_module("psycopg2")
    with pytest.raises(psycopg2.IntegrityError) as failure, env.cr.savepoint():
        book.x_rating = -1
        env.flush_all()

    assert isinstance(failure.value, psycopg2.errors.CheckViolation)
    assert failure.value.pgcode == psycopg2.errorcodes.CHECK_VIOLATION
    assert failure.value.diag.constraint_name == "shelf_book_rating_positive"


# -- values that other modules add --
@pytest.mark.parametrize(
    ("added", "order"),
    [
        ([("c", "C")], "a b c"),
        ([("c", "C"), ("b",)], "a c b"),
        ([("a",), ("c", "C")], "a c b"),
        ([("c", "C"), ("a",)], "c a b"),
        ([("b", "BB")], "a b"),
        ([("a",), ("c", "C"), ("d", "D"), ("b",)], "a c d b"),
    ],
)
def test_added_values_stand_where_their_neighbours_say(added, order):
    merged = selection.merge([("a", "A"), ("b", "B")], added)

    assert " ".join(value for value, _label in merged) == order


@pytest.mark.parametrize(
    ("required", "policy", "is_sound"),
    [
        (False, None, True),
        (True, None, False),
        (True, {"b": "set null"}, False),
        (True, {"b": "set default"}, True),
        (True, {"b": "set a"}, True),
        (False, {"b": "set b"}, False),
        (False, {"b": "nonsense"}, False),
    ],
)
def test_what_becomes_of_an_added_value_must_be_possible(required, policy, is_sound):
    field = fields.Selection()
    field.selection, field.selection_add = [("a", "A")], [[("b", "B")]]
    field.required, field.ondelete = required, policy

    if is_sound:
        field.bound(None)
        assert set(field.ondelete) == {"b"}
    else:
        with pytest.raises(FieldError, match="'b'"):
            field.bound(None)


@pytest.mark.parametrize(("selection", "found"), [([("a", "A")], "'a'"), ("_kinds", "a method")])
def test_a_value_without_a_label_is_one_of_those_that_are_extended(selection, found):
    field = fields.Selection()
    field.selection, field.selection_add = selection, [[("z",), ("b", "B")]]

    with pytest.raises(FieldError, match=f"selection_add names 'z' without a label.* is {found};"):
        field.bound(None)


# -- the values of companies --
@pytest.mark.parametrize(
    ("operator", "value", "is_found"),
    [
        ("=", 9.5, True),
        ("!=", 9.5, False),
        (">", 9, True),
        ("<", 9, False),
        ("in", [9.5, 1], True),
        ("=", False, False),
        ("!=", False, True),
        ("=", 0, False),
    ],
)
def test_the_fallback_of_a_company_is_found_in_the_database_and_in_memory(env, book, operator, value, is_found):
    assert book.shop_price == 0
    env["ir.default"].set("shelf.book", "shop_price", 9.5)

    assert book.shop_price == 9.5
    assert bool(env["shelf.book"].search([("shop_price", operator, value), ("id", "=", book.id)])) is is_found
    assert bool(book.filtered_domain([("shop_price", operator, value)])) is is_found


def test_values_of_a_company_order_and_group(env, book):
    other = env["shelf.book"].create({"name": "b", "shop_price": 5, "shop_name": "z"})
    book.shop_price = 7
    both = [("id", "in", (book + other).ids)]

    assert list(env["shelf.book"].search(both, order="shop_price")) == [other, book]
    assert env["shelf.book"]._read_group(both, ["shop_name"], ["shop_price:sum"]) == [("z", 5.0), (False, 7.0)]
    assert other.copy().shop_name is False


def test_what_is_emptied_for_a_company_stays_empty_where_there_is_a_default(env, author):
    """A default stands for companies that say nothing; who empties the field has said something."""
    first, second = env.company, env["res.company"].create({"name": "Second shop"})
    keeper = env["shelf.author"].create({"pen_name": "Eve"})
    untold, emptied, late = books = env["shelf.book"].create(
        [{"name": "untold"}, {"name": "emptied", "shop_name": "x"}, {"name": "late", "shop_name": False}]
    )
    env["ir.default"].set("shelf.book", "shop_name", "Corner", company_id=first.id)
    env["ir.default"].set("shelf.book", "shop_keeper_id", keeper.id, company_id=first.id)
    made = env["shelf.book"].create({"name": "made", "shop_name": False, "shop_keeper_id": False})
    books += made
    books.with_company(second).shop_name = "Square"
    emptied.write({"shop_name": False, "shop_keeper_id": False})
    env.flush_all()

    for is_read in (False, True):
        assert books.mapped("shop_name") == ["Corner", False, "Corner", False]
        assert books.mapped(lambda book: book.shop_keeper_id.pen_name) == ["Eve", False, "Eve", False]
        assert books.with_company(second).mapped("shop_name") == ["Square"] * 4
        for domain, found in (
            ([("shop_name", "=", False)], emptied + made),
            ([("shop_name", "=", "Corner")], untold + late),
            ([("shop_name", "not ilike", "corner")], emptied + made),
            ([("shop_keeper_id", "=", False)], emptied + made),
            ([("shop_keeper_id.pen_name", "=", "Eve")], untold + late),
        ):
            assert books.search([("id", "in", books.ids), *domain]) == found == books.filtered_domain(domain)
        groups = books._read_group([("id", "in", books.ids)], ["shop_name"], ["__count"])
        assert groups == [("Corner", 2), (False, 2)]
        if not is_read:
            env.invalidate_all()
    # where no default would show, nothing is kept: a later one counts for those who said nothing
    untold.with_company(second).shop_name = False
    env.flush_all()
    env["ir.default"].set("shelf.book", "shop_name", "Wide", company_id=second.id)
    env.invalidate_all()
    assert untold.with_company(second).shop_name == "Wide"
    untold.shop_name = "own"
    untold.shop_name = False
    env.invalidate_all()
    assert untold.shop_name is False and emptied.with_company(second).shop_name == "Square"


# -- files --
def test_a_picture_that_is_too_large_or_none_is_refused(book):
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")

    for content in (out.getvalue(), b"no picture"):
        with pytest.raises(UserError):
            book.cover = base64.b64encode(content)


def test_a_file_is_an_attachment_whose_size_is_told_on_demand(env, book):
    book.cover = picture(10)
    env.flush_all()
    env.invalidate_all()

    assert len(book.with_context(bin_size=True).cover) < 20
    assert env["shelf.book"].search([("cover", "!=", False)]) == book
    attachment = env["ir.attachment"].search(
        [("res_model", "=", "shelf.book"), ("res_id", "=", book.id), ("res_field", "=", "cover")]
    )
    assert len(attachment) == 1 and book.copy().cover == book.cover


# -- new records --
def test_a_form_record_becomes_values_to_create(env, author):
    shadow = env["shelf.book"].new(
        {
            "name": "n",
            "author_id": author.id,
            "genre_ids": [Command.create({"name": "g"})],
            "sequel_ids": [Command.create({"name": "s"})],
        }
    )
    assert shadow.author_town == "London" and shadow.code == "new/n" and not shadow.id
    assert shadow.sequel_ids.sequel_of_id == shadow

    made = env["shelf.book"].create(shadow._convert_to_write(shadow._cache))

    assert (made.name, made.author_id) == ("n", author)
    assert made.genre_ids.mapped("name") == ["g"] and made.sequel_ids.mapped("name") == ["s"]


def test_defaults_of_the_context_reach_relations(env, author):
    book = env["shelf.book"].with_context(
        default_name="dn", default_author_id=author.id, default_genre_ids=[Command.create({"name": "dg"})]
    )

    assert book.default_get(["name", "author_id", "x_rating"]) == {"name": "dn", "author_id": author.id, "x_rating": 3}
    made = book.create({})
    assert (made.name, made.author_id, made.genre_ids.name) == ("dn", author, "dg")


def test_markup_is_escaped_where_it_is_filled(book):
    book.summary = Markup("<p>%s</p>") % "<b>"

    assert book.summary == "<p>&lt;b&gt;</p>" and isinstance(book.summary, Markup)


def test_a_comodel_of_a_field_that_leads_nowhere_is_ignored(env):
    field = env["shelf.mislabelled"]._fields["name"]
    twin = env["shelf.mislabelled"]._fields["twin"]

    found = env["shelf.mislabelled"].create({"name": "Ada"})

    assert (field.comodel_name, twin.comodel_name, found.twin) == ("", "", "Ada")
    assert env["shelf.mislabelled"].search([("twin", "=", "Ada")]) == found


def test_sparse_fields_live_in_a_serialized_one(env):
    parcel = env["shelf.parcel"].create({"height": 3, "note": "fragile"})
    env.flush_all()

    env.cr.execute("SELECT extra FROM shelf_parcel WHERE id = %s", [parcel.id])
    assert json.loads(env.cr.fetchone()[0]) == {"height": 3, "note": "fragile"}
    parcel.extra = {"sealed": True}
    assert (parcel.height, parcel.note, parcel.sealed) == (0, False, True)
    described = env["shelf.parcel"].fields_get(["height", "sealed"], ["store", "readonly"])
    assert described == {"height": {"store": False, "readonly": False}, "sealed": {"store": False, "readonly": True}}
