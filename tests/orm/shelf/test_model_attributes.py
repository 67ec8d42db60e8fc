"""What an addon may say of a model, and what follows from it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fondaco.addon import fields
from fondaco.errors import AccessError, MissingError, UserError
from fondaco.orm.commands import Command
from fondaco.orm.inheritance import bind_fields
from tests.orm.shelf import models as shelf


@pytest.fixture
def env(shelf_env: Any) -> Any:
    return shelf_env


@pytest.fixture
def author(env: Any) -> Any:
    return env["shelf.author"].create({"pen_name": "Ada", "town": "London", "number": 7})


@pytest.fixture
def book(env: Any, author: Any) -> Any:
    return env["shelf.book"].create({"name": "Notes", "author_id": author.id})


# -- inheritance --
def test_a_model_takes_fields_and_methods_of_its_mixins(env, book):
    assert book.mark == "-" and book.marked() == "-Notes"
    assert "shelf.book" in env.registry.descendants(["shelf.marked"], "_inherit")


def test_delegating_by_the_field_is_delegating(env):
    drawer = env["shelf.drawer"].create({"name": "d", "pen_name": "Bob", "town": "Paris"})

    assert dict(drawer._inherits) == {"shelf.author": "author_id"}
    assert drawer.author_id.pen_name == "Bob" and drawer.town == "Paris"
    drawer.town = "Rome"
    assert drawer.author_id.town == "Rome"
    assert env["shelf.drawer"].search([("town", "=", "Rome")]) == drawer


# -- names and order --
def test_the_name_of_a_record_is_the_field_named(env, author):
    assert author.display_name == "Ada"
    assert env["shelf.author"].name_search("lond") == [(author.id, "Ada")]
    assert env["shelf.author"].name_create("Eve") == (env["shelf.author"].search([("pen_name", "=", "Eve")]).id, "Eve")


def test_records_come_in_the_order_of_the_model_and_of_the_models_behind(env):
    Author, Book = env["shelf.author"], env["shelf.book"]  # noqa: N806
    nameless, ada, bob = Author.create([{"pen_name": False}, {"pen_name": "Ada"}, {"pen_name": "Bob"}])
    one, two, three, none = Book.create(
        [
            {"name": "x", "author_id": ada.id},
            {"name": "y", "author_id": ada.id},
            {"name": "z", "author_id": bob.id},
            {"name": "w"},
        ]
    )

    assert Author.search([("id", "in", (nameless + ada + bob).ids)]) == bob + ada + nameless
    assert list(Book.search([("id", "in", (one + two + three + none).ids)])) == [three, two, one, none]
    with pytest.raises(ValueError, match=r"author_id\.number"):
        Book.search([], order="author_id.number desc")
    assert list((none + one + three + two).sorted()) == [three, two, one, none]


# -- trees --
def test_the_parent_is_the_field_named(env):
    first = env["shelf.book"].create({"name": "1"})
    second = env["shelf.book"].create({"name": "2", "sequel_of_id": first.id})

    assert env["shelf.book"].search([("id", "child_of", first.id)]) == first | second
    assert second._has_cycle() is False
    first.sequel_of_id = second
    assert first._has_cycle() is True


# -- archiving --
def test_archived_records_are_found_only_on_demand(env, book):
    book.action_archive()

    assert not book.active and not env["shelf.book"].search([("id", "=", book.id)])
    assert env["shelf.book"].with_context(active_test=False).search([("id", "=", book.id)]) == book
    assert env["shelf.book"].search([("id", "=", book.id), ("active", "=", False)]) == book
    book.toggle_active()
    assert book.active
    book.action_unarchive()
    assert book.active


def test_the_field_that_archives_may_have_another_name(env):
    drawer = env["shelf.drawer"].create({"name": "d", "pen_name": "Bob"})

    drawer.action_archive()

    assert drawer.x_active is False and not env["shelf.drawer"].search([("id", "=", drawer.id)])


# -- tables that are none --
def test_a_model_may_be_a_query(env, author, book):
    env["shelf.book"].create({"name": "b", "author_id": author.id, "x_rating": 5})

    row = env["shelf.statistics"].search([("author_id", "=", author.id)])

    assert (row.books, row.rating, row.author_id) == (2, 8.0, author)
    assert env["shelf.statistics"]._read_group([], ["author_id"], ["books:sum"]) == [(author, 2)]
    book.x_rating = 0
    assert env["shelf.statistics"].search([("rating", "=", 5)]).author_id == author


def test_records_of_a_query_exist_are_gone_or_are_refused_as_others_are(env, author, book):
    row = env["shelf.statistics"].search([("author_id", "=", author.id)])
    gone = env["shelf.statistics"].browse(row.id + 1000)

    assert (row | gone).exists() == row
    assert row.read(["display_name"]) == [{"id": row.id, "display_name": row.display_name}]
    assert gone.read(["display_name"]) == []
    with pytest.raises(MissingError):
        _ = gone.books
    book.active = False
    assert not row.exists()


def test_a_model_may_be_a_view_of_the_database(env, book):
    env.flush_all()

    assert env["shelf.view"].search([("name", "=", "Notes")]).ids == book.ids
    env.cr.execute("SELECT relkind FROM pg_class WHERE relname = 'shelf_view'")
    assert env.cr.fetchone() == ("v",)


def test_without_a_log_there_are_no_columns_for_it(env):
    note = env["shelf.note"].create({"text": "t"})

    assert "create_uid" not in note._fields and "write_date" not in note.read()[0]
    note.write({"text": "u"})
    assert env["shelf.note"].search([("text", "=", "u")]) == note


# -- wizards --
def test_old_wizards_are_swept(env):
    Wizard = env["shelf.wizard"]  # noqa: N806
    old, young = Wizard.create([{"name": "old"}, {"name": "young"}])
    env.flush_all()
    env.cr.execute(
        "UPDATE shelf_wizard SET create_date = %s, write_date = %s WHERE id = %s",
        [env.cr.now() - timedelta(hours=2)] * 2 + [old.id],
    )
    env.invalidate_all()

    Wizard._transient_vacuum()

    assert (old | young).exists() == young


# -- checks --
def test_a_check_before_deletion_may_refuse(env, book):
    book.is_lent = True

    with pytest.raises(UserError, match="Lent"):
        book.unlink()
    book.with_context(_force_unlink=True).unlink()
    assert not book.exists()


def test_companies_are_checked_on_demand(env, book):
    other = env["res.company"].create({"name": "Other"})
    book.company_id = other
    book.author_id.company_id = other

    book._check_company(["author_id"])
    for company in (False, env.company):
        with pytest.raises(UserError, match="Ada"), env.cr.savepoint():
            book.company_id = company


# -- records of a file --
def test_records_are_loaded_by_name(env):
    rows = [{"xml_id": "test_shelf.a", "values": {"name": "A"}}, {"xml_id": "test_shelf.b", "values": {"name": "B"}}]
    loaded = env["shelf.genre"]._load_records(rows)
    again = env["shelf.genre"]._load_records([{"xml_id": "test_shelf.a", "values": {"name": "AA"}}], update=True)

    assert loaded.mapped("name") == ["AA", "B"] and again == loaded[0]
    assert loaded.get_external_id() == {loaded[0].id: "test_shelf.a", loaded[1].id: "test_shelf.b"}
    assert env.ref("test_shelf.b") == loaded[1]
    assert env.ref("test_shelf.nothing", raise_if_not_found=False) is None
    with pytest.raises(ValueError, match="test_shelf.nothing"):
        env.ref("test_shelf.nothing")


def test_rows_come_in_and_go_out_by_the_same_names(env, author):
    answer = env["shelf.book"].load(
        ["id", "name", "author_id", "genre_ids/name", "state"],
        [["test_shelf.imported", "In", "Ada", "", "Old"], ["test_shelf.second", "Two", "", "", ""]],
    )
    assert not answer["messages"], answer["messages"]
    books = env["shelf.book"].browse(answer["ids"])
    assert (books[0].author_id, books[0].state) == (author, "old")

    books[0].genre_ids = [Command.create({"name": "G"}), Command.create({"name": "H"})]
    rows = books.export_data(["id", "name", "author_id/pen_name", "genre_ids/name", "state", "author_id/.id"])["datas"]
    assert rows[0] == ["test_shelf.imported", "In", "Ada", "G,H", "Old", str(author.id)]
    assert rows[1][:2] == ["test_shelf.second", "Two"]
    rows = books.with_context(import_compat=False).export_data(["name", "genre_ids/name"])["datas"]
    assert rows == [["In", "G"], ["", "H"], ["Two", ""]]


# -- copies --
def test_copies_are_made_of_many_at_once(env, book):
    other = env["shelf.book"].create({"name": "Other", "genre_ids": [Command.create({"name": "G"})]})

    copies = (book + other).copy({"state": "old"})

    assert copies.mapped("name") == ["Notes", "Other"] and set(copies.mapped("state")) == {"old"}
    assert copies[1].genre_ids == other.genre_ids
    assert [values["name"] for values in (book + other).copy_data()] == ["Notes", "Other"]


def test_a_record_that_is_gone_is_missing(env, book):
    gone = env["shelf.book"].browse(book.id)
    book.unlink()

    assert not gone.exists()
    with pytest.raises(MissingError):
        _ = gone.name
    with pytest.raises(MissingError):
        gone.write({"name": "x"})
        env.flush_all()


# -- recordsets --
def test_records_are_sorted_grouped_and_filtered_by_names_and_functions(env, author):
    books = env["shelf.book"].create(
        [
            {"name": "b", "x_rating": 2, "author_id": author.id},
            {"name": "a", "x_rating": 2, "author_id": author.id},
            {"name": "c", "x_rating": 0},
        ]
    )

    assert books.sorted("name").mapped("name") == ["a", "b", "c"]
    assert books.sorted("x_rating", reverse=True).mapped("name") == ["b", "a", "c"]
    assert books.sorted(lambda book: (book.x_rating, book.name)).mapped("name") == ["c", "a", "b"]
    assert {key: group.mapped("name") for key, group in books.grouped("x_rating").items()} == {2: ["b", "a"], 0: ["c"]}
    assert set(books.grouped("author_id")) == {author, env["shelf.author"]}
    assert books.filtered("author_id.town").mapped("name") == ["b", "a"]
    assert books.mapped("author_id.book_ids") == books[:2]
    assert books.mapped(lambda book: book.author_id) == author


def test_groups_for_clients_have_counts_and_labels(env, author):
    env["shelf.book"].create(
        [{"name": day, "read_on": day, "author_id": author.id} for day in ("2024-01-03", "2024-03-03")]
    )
    domain = [("author_id", "=", author.id)]

    page = env["shelf.book"].web_read_group(domain, ["x_rating:avg"], ["read_on:quarter", "state"])
    rows = env["shelf.book"].read_group(domain, [], ["read_on", "author_id"], lazy=False, orderby="read_on desc")
    totals = env["shelf.book"].read_group(domain, ["most:max(x_rating)", "name:count_distinct"], [])

    assert page["length"] == 1 and page["groups"][0]["read_on_count"] == 2
    assert [(row["read_on"], row["author_id"][0], row["__count"]) for row in rows] == [
        ("March 2024", author.id, 1),
        ("January 2024", author.id, 1),
    ]
    assert (totals[0]["most"], totals[0]["name"]) == (3, 2)


def test_the_former_questions_of_access_are_answered(env, book, reader):
    theirs = book.with_user(reader)
    assert theirs.check_access_rights("read", raise_exception=False) is True
    assert theirs._filter_access_rules("read") == theirs

    env["ir.model.access"].search([("model_id.model", "=", "shelf.book")]).write({"perm_write": False})

    assert theirs.check_access_rights("write", raise_exception=False) is False
    with pytest.raises(AccessError):
        theirs.check_access_rights("write")


def test_only_so_many_wizards_are_kept(env):
    env["shelf.wizard"].create([{"name": str(number)} for number in range(6)])
    env.flush_all()
    env.cr.execute("UPDATE shelf_wizard SET write_date = write_date - interval '10 minutes'")
    env.invalidate_all()

    env["shelf.wizard"]._transient_vacuum()

    assert env["shelf.wizard"].search_count([]) <= 3


def test_an_import_that_fails_says_which_row(env):
    answer = env["shelf.book"].load(["name", "author_id", "state"], [["a", "Nobody", "New"], ["b", "", "Nonsense"]])

    assert answer["ids"] is False and {message["record"] for message in answer["messages"]} == {0, 1}


def test_a_row_that_breaks_a_rule_of_the_table_is_told_in_the_words_of_the_model(env):
    answer = env["shelf.book"].load(["name", "x_rating"], [["good", "1"], ["bad", "-1"]])

    assert (answer["ids"], [message["rows"] for message in answer["messages"]]) == (False, [{"from": 1, "to": 1}])
    assert "A rating is not negative." in answer["messages"][0]["message"]
    assert "Failing row" not in answer["messages"][0]["message"]


# -- fields that no class body says --
def test_fields_that_python_makes_while_a_model_is_built_and_set_up_are_fields_as_others(env):
    lamp = env["shelf.lamp"].create({})

    assert lamp.colour == "red" and env["shelf.lamp"].search([("colour", "=", "red")]) == lamp
    assert lamp._fields["from_file"].model_name == "shelf.lamp"
    assert lamp.with_context(shelf_file="a").in_file == "<a>"
    assert lamp.with_context(shelf_file="b").in_file == "<b>"


def test_a_definition_that_an_addon_gives_a_field_later_is_looked_at_again(env):
    Marked = type(env["shelf.marked"])  # noqa: N806
    definition = next(base for base in Marked.definition_bases if base.__module__ == shelf.TABLES)
    written = fields.Char()
    written.name = "as_in_file"

    definition._field_definitions.append(written)
    try:
        bind_fields(Marked)
        assert "as_in_file" in Marked._fields and "mark" in Marked._fields
    finally:
        definition._field_definitions.remove(written)
        bind_fields(Marked)
    assert "as_in_file" not in Marked._fields and not hasattr(Marked, "as_in_file")
