"""The cursor, statements and queries as addons use them: psycopg2's manner, `SQL`, `Query`, hooks of searching."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

import fondaco.alias
from fondaco.domain.tree import known_operators
from fondaco.errors import AccessError, UserError
from fondaco.orm.conditions import OPERATOR_SQL
from fondaco.sql.fragment import SQL
from fondaco.sql.query import Query


@pytest.fixture(autouse=True, scope="module")
def alias() -> None:
    fondaco.alias.install()


@pytest.fixture
def env(shelf_env: Any) -> Any:
    return shelf_env


@pytest.fixture
def cr(env: Any) -> Any:
    return env.cr


@pytest.fixture
def books(env: Any) -> Any:
    ada, bob = env["shelf.author"].create([{"pen_name": "Ada", "number": 1}, {"pen_name": "Bob", "number": 2}])
    return env["shelf.book"].create(
        [
            {"name": "a", "author_id": ada.id, "x_rating": 1, "read_on": "2024-01-15"},
            {"name": "b", "author_id": ada.id, "x_rating": 2, "read_on": "2024-02-15"},
            {"name": "c", "author_id": bob.id, "x_rating": 3, "read_on": "2024-02-20"},
        ]
    )


# -- the cursor --
def test_values_are_given_in_every_manner_of_psycopg2(cr):
    cr.execute("SELECT %s, %s", (1, "a"))
    assert cr.fetchone() == (1, "a")
    cr.execute("SELECT %(n)s::int + 1, '100%%'", {"n": 1})
    assert cr.fetchall() == [(2, "100%")]
    cr.execute("SELECT n FROM generate_series(1, 5) n WHERE n IN %s", [(2, 4)])
    assert cr.fetchall() == [(2,), (4,)]
    cr.execute("SELECT n FROM generate_series(1, 5) n WHERE n = ANY(%s)", [[3]])
    assert cr.fetchone() == (3,) and cr.fetchone() is None
    cr.execute("SELECT 1 WHERE TRUE OR '%' = ''")
    assert cr.rowcount == 1


def test_rows_may_be_dicts(cr):
    cr.execute("SELECT n, n * 2 AS double FROM generate_series(1, 3) n")

    assert cr.dictfetchone() == {"n": 1, "double": 2}
    assert cr.dictfetchmany(1) == [{"n": 2, "double": 4}]
    assert cr.dictfetchall() == [{"n": 3, "double": 6}]
    assert [column.name for column in cr.description] == ["n", "double"]


def test_a_statement_is_shown_as_it_would_be_sent(cr):
    assert cr.mogrify("SELECT %s, %s", ("o'clock", None)) == b"SELECT 'o''clock', NULL"


def test_many_rows_go_in_one_statement(cr, env):
    extras = importlib.import_module("psycopg2.extras")
    cr.execute("CREATE TEMP TABLE pairs (a int, b text)")

    rows = cr.execute_values("INSERT INTO pairs VALUES %s RETURNING a", [(1, "x"), (2, "y")], fetch=True)
    extras.execute_values(cr._obj, "INSERT INTO pairs VALUES %s", [(3, "z")])

    assert rows == [(1,), (2,)]
    cr.execute("SELECT count(*) FROM pairs")
    assert cr.fetchone() == (3,)


def test_identifiers_are_composed(cr):
    sql = importlib.import_module("psycopg2.sql")
    extensions = importlib.import_module("psycopg2.extensions")

    cr.execute(
        sql.SQL("SELECT {} FROM {} LIMIT {}").format(
            sql.Identifier("login"), sql.Identifier("res_users"), sql.Literal(1)
        )
    )
    assert len(cr.fetchall()) == 1
    cr.execute("SELECT count(*) FROM %s", (extensions.AsIs("res_users"),))
    assert cr.fetchone()[0] > 0


def test_errors_are_those_of_psycopg2(cr):
    psycopg2 = importlib.import_module("psycopg2")
    errorcodes = importlib.import_module("psycopg2.errorcodes")

    with pytest.raises(psycopg2.ProgrammingError) as failure, cr.savepoint():
        cr.execute("SELECT * FROM nothing_of_the_kind")
    assert failure.value.pgcode == errorcodes.UNDEFINED_TABLE
    with pytest.raises(psycopg2.errors.DivisionByZero), cr.savepoint():
        cr.execute("SELECT 1 / 0")
    with pytest.raises(psycopg2.DataError), cr.savepoint():
        cr.execute("SELECT 'x'::int")
    cr.execute("SELECT 1")


def test_a_savepoint_flushes_and_takes_back(env, cr, books):
    books[0].name = "changed"
    with pytest.raises(ZeroDivisionError), cr.savepoint():
        cr.execute("SELECT name FROM shelf_book WHERE id = %s", [books[0].id])
        assert cr.fetchone() == ("changed",)
        books[0].name = "again"
        env.flush_all()
        raise ZeroDivisionError
    assert books[0].name == "changed"
    with cr.savepoint(flush=False):
        books[1].name = "later"
    assert books[1].name == "later"


def test_functions_are_called_around_the_commit(shelf_registry):
    called = []
    with shelf_registry.cursor() as cr:
        cr.precommit.add(lambda: called.append("before"))
        cr.precommit.data.setdefault("kept", []).append(1)
        cr.postcommit.add(lambda: called.append("after"))
        cr.postrollback.add(lambda: called.append("never"))
        assert called == []
        cr.commit()
    assert called == ["before", "after"]
    cr = shelf_registry.cursor()
    cr.prerollback.add(lambda: called.append("rolling back"))
    cr.postrollback.add(lambda: called.append("rolled back"))
    cr.postcommit.add(lambda: called.append("never"))
    cr.rollback()
    cr.close()
    assert called[2:] == ["rolling back", "rolled back"]


def test_long_lists_are_split(cr):
    assert [len(part) for part in cr.split_for_in_conditions(range(2500))] == [1000, 1000, 500]
    assert cr.now() == cr.now()


# -- SQL values --
def test_a_statement_is_composed_of_parts(env, books):
    condition = SQL("%s > %s", SQL.identifier("shelf_book", "x_rating", to_flush=books._fields["x_rating"]), 1)
    books[0].x_rating = 9
    query = SQL(
        "SELECT %s FROM %s WHERE %s ORDER BY id", SQL.identifier("name"), SQL.identifier("shelf_book"), condition
    )

    assert env.execute_query(query)[:3] == [("a",), ("b",), ("c",)]
    assert env.execute_query_dict(query)[0] == {"name": "a"}
    env.cr.execute(SQL("SELECT %(a)s || %(b)s", a="x", b="y"))
    assert env.cr.fetchone() == ("xy",)
    assert SQL(", ").join([SQL("%s", 1), SQL("%s", 2)]).params == [1, 2]
    assert SQL.identifier('a"; DROP TABLE x').code == '"a""; DROP TABLE x"'


# -- queries --
def test_a_search_may_be_asked_for_its_query(env, books):
    query = books._search([("x_rating", ">", 1), ("id", "in", books.ids)], order="x_rating desc", limit=1)

    assert isinstance(query, Query) and list(query) == [books[2].id] and len(query) == 1
    env.cr.execute(query.select("name"))
    assert env.cr.fetchall() == [("c",)]
    env.cr.execute(query.select(SQL.identifier("shelf_book", "id"), SQL.identifier("shelf_book", "name")))
    assert env.cr.fetchall() == [(books[2].id, "c")]


def test_a_query_stands_in_a_domain(env, books):
    authors = env["shelf.author"]._search([("pen_name", "=", "Ada")])

    assert books.search([("author_id", "in", authors)], order="name") == books[:2]


def test_a_query_is_completed_by_hand(env, books):
    query = books._where_calc([("x_rating", "<", 3)])
    books._apply_ir_rules(query, "read")
    author = query.left_join("shelf_book", "author_id", "shelf_author", "id", "author_id")
    query.add_where(SQL("%s = %s", SQL.identifier(author, "pen_name"), "Ada"))
    query.add_where("shelf_book.name = %s", ["b"])
    query.order = books._order_to_sql("name desc", query)

    assert books.browse(query) == books[1]
    table, where, params = query.get_sql() if hasattr(query, "get_sql") else (None, None, None)
    assert "shelf_book" in query.from_clause.code and "b" in params and where and table
    rows = env.execute_query(SQL("SELECT count(*) FROM %s WHERE %s", query.from_clause, query.where_clause))
    assert rows == [(1,)]


def test_an_expression_of_a_field_joins_what_it_needs(env, books):
    query = books._where_calc([("id", "in", books.ids)])
    town = books._field_to_sql("shelf_book", "author_town", query)
    names = env.execute_query(query.select(SQL.identifier("shelf_book", "name"), town))

    assert sorted(names) == [("a", None), ("b", None), ("c", None)]
    assert "shelf_author" in query.from_clause.code


def test_a_query_of_known_ids_asks_nothing(env, books, queries):
    query = books._as_query()

    with queries() as seen:
        assert list(query) == books.ids and not query.is_empty()
    assert seen == []


def test_rules_narrow_a_query(env, books, reader):
    env["ir.rule"].create(
        {
            "name": "few", "model_id": env["ir.model"]._get("shelf.book").id,
            "domain_force": "[('x_rating', '>', 2)]", "groups": [(6, 0, [env.ref("base.group_user").id])],
        }
    )  # fmt: skip
    theirs = books.with_user(reader)

    query = theirs._where_calc([])
    theirs._apply_ir_rules(query, "read")

    assert theirs.browse(query) == books[2]
    assert theirs._filtered_access("read") == books[2]
    assert [row[1] for row in theirs._read_group([], [], ["id:recordset", "__count"])] == [1]
    with pytest.raises(AccessError):
        theirs[0].check_access("read")
    assert not theirs[0].has_access("read") and theirs[2].has_access("read")


# -- groups --
def test_every_aggregate_and_granularity(books):
    domain = [("id", "in", books.ids)]
    aggregates = [
        "x_rating:sum", "x_rating:avg", "x_rating:min", "x_rating:max", "x_rating:count", "author_id:count_distinct",
        "name:array_agg", "active:bool_and", "is_lent:bool_or", "author_id:recordset", "id:recordset", "__count",
    ]  # fmt: skip

    ((*values,),) = books._read_group(domain, [], aggregates)

    assert values[:6] == [6, 2.0, 1, 3, 3, 2]
    assert values[6:9] == [["a", "b", "c"], True, False]
    assert values[9:] == [books.author_id, books, 3]
    by_month = books._read_group(domain, ["read_on:month"], ["__count"])
    assert [(str(day), count) for day, count in by_month] == [("2024-01-01", 1), ("2024-02-01", 2)]
    numbers = {
        spec: [row[0] for row in books._read_group(domain, [f"read_on:{spec}"], ["__count"])]
        for spec in ("year_number", "quarter_number", "month_number", "iso_week_number", "day_of_month", "day_of_week")
    }
    assert numbers == {
        "year_number": [2024], "quarter_number": [1], "month_number": [1, 2], "iso_week_number": [3, 7, 8],
        "day_of_month": [15, 20], "day_of_week": [1, 2, 4],
    }  # fmt: skip
    having = books._read_group(
        domain, ["author_id"], ["x_rating:sum"], having=[("x_rating:sum", ">", 2)], order="x_rating:sum"
    )
    assert [total for _author, total in having] == [3, 3]
    assert books._read_group(domain, ["author_id"], order="author_id desc", limit=1) == [(books[0].author_id,)]


def test_hooks_of_grouping_are_called(env, books, monkeypatch):
    cls = type(books)
    original = cls._read_group_select

    def select(self: Any, aggregate_spec: str, query: Any) -> Any:
        if aggregate_spec == "x_rating:sum":
            return SQL("SUM(1000)")
        return original(self, aggregate_spec, query)

    monkeypatch.setattr(cls, "_read_group_select", select)

    assert books._read_group([("id", "in", books.ids)], [], ["x_rating:sum"]) == [(3000,)]


def test_the_hook_of_ordering_is_called(env, books, monkeypatch):
    cls = type(books)

    def order(self: Any, alias: str, field_name: str, direction: Any, nulls: Any, query: Any) -> Any:
        if field_name == "name":
            return SQL("%s %s", SQL("ascii(%s) * -1", SQL.identifier(alias, "name")), direction)
        return super(cls, self)._order_field_to_sql(alias, field_name, direction, nulls, query)

    monkeypatch.setattr(cls, "_order_field_to_sql", order)

    assert list(books.search([("id", "in", books.ids)], order="name")) == [books[2], books[1], books[0]]


def test_a_search_that_is_overridden_is_asked_by_everything(env, books, monkeypatch):
    cls = type(books)
    original = cls._search

    def search(self: Any, domain: Any, offset: int = 0, limit: Any = None, order: Any = None) -> Any:
        return original(self, [*domain, ("name", "!=", "a")], offset=offset, limit=limit, order=order)

    monkeypatch.setattr(cls, "_search", search)
    domain = [("id", "in", books.ids)]

    assert books.search(domain, order="name") == books[1:]
    assert books.search_count(domain) == 2 and len(books.search_read(domain, ["name"])) == 2
    assert books._read_group(domain, [], ["__count"]) == [(2,)]
    assert len(books.name_search("", domain)) == 2


# -- pending work --
def test_pending_computations_are_seen_and_held(env, books):
    code = books._fields["code"]

    books[0].name = "new"
    assert env.is_to_compute(code, books[0]) and code in env.fields_to_compute()
    assert env.records_to_compute(code) == books[0] and env.not_to_compute(code, books) == books[1:]
    with env.protecting([code], books[1]):
        assert env.is_protected(code, books[1]) and env.protected(code) == books[1]
        books[1].name = "held"
    assert not env.is_to_compute(code, books[1])
    env.add_to_compute(code, books[2])
    env.remove_to_compute(code, books[2])
    assert not env.is_to_compute(code, books[2])
    env.flush_all()
    assert books.mapped("code") == ["new/new", "new/b", "new/c"]


def test_a_value_is_forgotten_and_read_anew(env, cr, books):
    env.flush_all()
    cr.execute("UPDATE shelf_book SET name = 'z' WHERE id = %s", [books[0].id])
    assert books[0].name == "a"

    books[0].invalidate_recordset(["name"])

    assert books[0].name == "z"
    cr.execute("UPDATE shelf_book SET name = 'y' WHERE id = %s", [books[0].id])
    books.invalidate_model(["name"])
    assert books[0].name == "y"


def test_a_user_may_ask_for_his_groups(env, reader):
    env = env(user=reader)

    assert env.user.has_group("base.group_user") and not env.user.has_group("base.group_system")
    assert env.user.has_groups("base.group_system,base.group_user")
    assert not env.user.has_groups("base.group_user,!base.group_user")
    assert not env.is_system() and not env.is_admin() and not env.is_superuser()
    with pytest.raises((AccessError, UserError)):
        env["ir.config_parameter"].set_param("x", "y")


@pytest.fixture
def fuzzy_operator() -> Iterator[None]:
    OPERATOR_SQL["%"] = SQL("%%")
    yield
    del OPERATOR_SQL["%"]
    OPERATOR_SQL.added.discard("%")
    known_operators.discard("%")


def test_an_operator_of_an_addon_finds_translated_texts(env, cr, fuzzy_operator):
    """`%` of pg_trgm binds closer than `->>`, with which a translation is read."""
    cr.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    tags = env["res.partner.category"].create([{"name": "Wholesale"}, {"name": "Retail"}])
    tags[1].with_context(lang="fr_FR").name = "Grossiste"

    fuzzy = env["res.partner.category"].search([("name", "%", "wholesales")])
    with_more = env["res.partner.category"].search(["|", ("name", "%", "retails"), ("name", "=", "Wholesale")])
    french = env["res.partner.category"].with_context(lang="fr_FR").search([("name", "%", "grossist")])

    assert fuzzy == tags[0]
    assert with_more == tags
    assert french.ids == tags[1].ids


def test_a_related_field_with_the_rights_of_the_user_hides_on_every_path_what_he_may_not_read(env, reader):
    seen, hidden = env["shelf.author"].create([{"pen_name": "S", "town": "Bath"}, {"pen_name": "H", "town": "Lair"}])
    env["shelf.book"].create([{"name": "one", "author_id": seen.id}, {"name": "two", "author_id": hidden.id}])
    model_id = env["ir.model"]._get("shelf.author").id
    env["ir.rule"].create({"name": "r", "model_id": model_id, "domain_force": "[('pen_name', '!=', 'H')]"})
    env.flush_all()
    env.invalidate_all()
    books = env["shelf.book"].with_user(reader)
    both = [("name", "in", ["one", "two"])]

    assert books.search([*both, ("author_town", "=like", "L%")]).name == "two", "with the rights of the superuser"
    assert not books.search([*both, ("author_town_seen", "=like", "L%")])
    assert books.search([*both, ("author_town_seen", "=like", "B%")]).name == "one"
    assert books._read_group(both, ["author_town_seen"], ["__count"]) == [("Bath", 1), (False, 1)]
    assert books.search(both, order="author_town_seen desc nulls last").mapped("name") == ["one", "two"]
    assert books.search([*both, ("author_town_seen", "=", "Bath"), ("author_town", "=", "Bath")]).name == "one"
    assert env["shelf.book"].search([*both, ("author_town_seen", "=like", "L%")]).name == "two"


def test_a_join_under_rules_and_the_field_of_that_name_are_two(env, reader):
    seen, first, last = env["shelf.author"].create([{"pen_name": name, "town": "Bath"} for name in ("S", "A", "Z")])
    env["shelf.book"].create(
        [
            {"name": "one", "author_id": seen.id, "author_id_visible": first.id},
            {"name": "two", "author_id": seen.id, "author_id_visible": last.id},
        ]
    )
    books = env["shelf.book"].with_user(reader)

    found = books.search([("author_town_seen", "=", "Bath")], order="author_town_seen, author_id_visible, id")

    assert found.mapped("name") == ["two", "one"]
