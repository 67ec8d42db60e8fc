"""What a container defines, its records have: Properties from creation to grouping (transcript 19, 064-080)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fondaco.errors import AccessError


@pytest.fixture
def env(shelf_env: Any) -> Any:
    return shelf_env


@pytest.fixture
def partner(env: Any) -> Any:
    return env["res.partner"].create({"name": "Who"})


@pytest.fixture
def author(env: Any) -> Any:
    return env["shelf.author"].create(
        {
            "pen_name": "Ada",
            "wanted": [
                {"name": "p_char", "type": "char", "string": "Note", "default": "dflt"},
                {"name": "p_int", "type": "integer", "string": "N"},
                {"name": "p_float", "type": "float", "string": "F"},
                {"name": "p_sel", "type": "selection", "string": "S", "selection": [["a", "A"], ["b", "B"]]},
                {"name": "p_m2o", "type": "many2one", "comodel": "res.partner", "string": "Who"},
                {"name": "p_tags", "type": "tags", "string": "T", "tags": [["x", "X", 1], ["y", "Y", 2]]},
                {"name": "p_date", "type": "date", "string": "D"},
                {"name": "p_m2m", "type": "many2many", "comodel": "res.partner", "string": "Many"},
                {"name": "p_bool", "type": "boolean", "string": "B"},
                {"name": "p_sep", "type": "separator", "string": "Sep"},
            ],
        }
    )


@pytest.fixture
def book(env: Any, author: Any, partner: Any) -> Any:
    values = {
        "p_int": 5, "p_float": 2.0, "p_sel": "b", "p_m2o": partner.id, "p_tags": ["x"], "p_date": "2031-02-03",
        "p_m2m": [partner.id], "p_bool": True,
    }  # fmt: skip
    return env["shelf.book"].create({"name": "Notes", "author_id": author.id, "details": values})


def shown(book: Any) -> dict[str, Any]:
    return {item["name"]: item["value"] for item in book.read(["details"])[0]["details"]}


def test_clients_read_definitions_with_values(book, partner):
    pair = [partner.id, "Who"]

    assert shown(book) == {
        "p_char": "dflt", "p_int": 5, "p_float": 2.0, "p_sel": "b", "p_m2o": pair, "p_tags": ["x"],
        "p_date": "2031-02-03", "p_m2m": [pair], "p_bool": True, "p_sep": None,
    }  # fmt: skip
    (read,) = book.web_read({"details": {}})
    assert read["details"] == book.read(["details"])[0]["details"]
    assert read["details"][0] == {
        "name": "p_char",
        "type": "char",
        "string": "Note",
        "default": "dflt",
        "value": "dflt",
    }


def test_names_of_records_that_a_reader_may_not_read_are_not_told(env, author, book, reader):
    """A property may name any record of any model: counting ids up would tell all names."""
    job = env["ir.cron"].search([], limit=1)
    author.wanted = [*author.wanted, {"name": "p_job", "type": "many2one", "comodel": "ir.cron", "string": "Job"}]
    book.details = {"p_job": job.id, "p_m2m": env.ref("base.main_partner").ids}
    env["ir.rule"].create(
        {
            "name": "hidden", "model_id": env["ir.model"]._get("res.partner").id,
            "domain_force": f"[('id', '!=', {env.ref('base.main_partner').id})]",
        }
    )  # fmt: skip
    book = book.with_user(reader)

    assert shown(book)["p_job"] == [job.id, None]
    assert shown(book)["p_m2m"] == [[env.ref("base.main_partner").id, None]]
    (group,) = book.web_read_group([("id", "=", book.id)], [], ["details.p_job"])["groups"]
    assert group["details.p_job"] == (job.id, "No access")
    reader.groups_id += env.ref("base.group_allow_export")
    cells = book.export_data(["name", "details.p_job", "details.p_m2m"])["datas"]
    assert cells == [["Notes", "", ""]]
    book.write({"details": book.read(["details"])[0]["details"]})
    assert shown(book.sudo())["p_job"] == [job.id, job.display_name]


def test_a_link_to_a_record_that_a_reader_may_not_read_leaves_the_rest_of_the_answer(env, book, reader):
    job = env["ir.cron"].search([], limit=1)
    env["shelf.note"].create([{"model": "ir.cron", "res_id": job.id}, {"model": "shelf.book", "res_id": book.id}])
    spec = {"res_id": {"fields": {"display_name": {}, "name": {}}}}

    hidden, seen = env["shelf.note"].with_user(reader).search([], order="id").web_read(spec)

    assert hidden["res_id"] == {"id": job.id, "display_name": False}
    assert seen["res_id"] == {"id": book.id, "display_name": "Notes", "name": "Notes"}


def test_python_reads_a_dict(book, partner):
    assert book.details["p_int"] == 5 and book.details["p_m2o"] == partner.id
    assert book.details["p_sep"] is None
    book.details["p_int"] = 6
    assert book.details["p_int"] == 5


def test_many_are_read_each_by_its_own_container(env, book):
    other = env["shelf.author"].create({"pen_name": "Bea", "wanted": [{"name": "q", "type": "char", "string": "Q"}]})
    books = book + env["shelf.book"].create(
        [{"name": "Q", "author_id": other.id, "details": {"q": "x"}}, {"name": "R"}]
    )

    assert books.mapped("details") == [one.details for one in books]
    assert [set(found) & {"p_int", "q"} for found in books.mapped("details")] == [{"p_int"}, {"q"}, set()]


def test_a_dict_changes_what_it_names_and_a_list_is_the_whole(book):
    book.details = {"p_int": 6}
    assert (shown(book)["p_int"], shown(book)["p_sel"]) == (6, "b")

    book.write({"details": [{"name": "p_char", "value": "z"}, {"name": "p_int", "value": 9}]})

    book.env.invalidate_all()
    assert shown(book) == {
        "p_char": "z", "p_int": 9, "p_float": None, "p_sel": False, "p_m2o": False, "p_tags": False, "p_date": False,
        "p_m2m": False, "p_bool": False, "p_sep": None,
    }  # fmt: skip


def test_values_that_no_definition_knows_are_not_shown(book):
    book.details = {"p_sel": "zzz", "nope": 1}

    assert shown(book)["p_sel"] is False and "nope" not in shown(book)


def test_another_definition_shows_other_values(book, author):
    author.wanted = [{"name": "p_new", "type": "float", "string": "F"}, {"name": "p_int", "type": "integer"}]

    assert shown(book) == {"p_new": None, "p_int": 5}
    book._clean_properties()
    author.wanted = [{"name": "p_char", "type": "char"}]
    assert shown(book) == {"p_char": None}


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        ([{"name": "q", "type": "nosuch"}], "nosuch"),
        ([{"name": "q", "type": "char"}, {"name": "q", "type": "char"}], "'q'"),
        ([{"name": "q"}], "no 'type'"),
        ([{"name": "q", "type": "char", "colour": 1}], "colour"),
        ([{"name": "q", "type": "tags", "tags": [["x", "X", 1], ["x", "Y", 1]]}], "twice"),
    ],
)
def test_an_impossible_definition_is_refused(author, definition, said):
    with pytest.raises(ValueError, match=said):
        author.wanted = definition


def test_new_records_and_those_that_move_have_the_defaults_of_their_container(env, author, book):
    other = env["shelf.author"].create(
        {
            "pen_name": "Bob",
            "wanted": [
                {"name": "p_int", "type": "integer", "default": 1},
                {"name": "p_else", "type": "char", "default": "else"},
            ],
        }
    )

    assert env["shelf.book"].create({"name": "n", "author_id": author.id}).details["p_char"] == "dflt"
    assert env["shelf.book"].create({"name": "n"}).details == {}
    book.author_id = other
    assert book.details == {"p_int": 5, "p_else": "else"}
    shadow = env["shelf.book"].new({"name": "n", "author_id": other.id})
    assert shadow.details == {"p_int": 1, "p_else": "else"}


def test_a_form_that_changes_the_container_gets_the_other_properties(env, author):
    answer = env["shelf.book"].onchange({"author_id": author.id}, ["author_id"], {"author_id": {}, "details": {}})

    assert [item["name"] for item in answer["value"]["details"]][:2] == ["p_char", "p_int"]
    assert answer["value"]["details"][0]["value"] == "dflt"


def test_a_client_defines_properties_by_way_of_a_record(book, author, reader):
    items = book.read(["details"])[0]["details"]
    items = [
        {**items[0], "string": "Other", "definition_changed": True},
        {**items[1], "definition_deleted": True},
        {"type": "char", "string": "Fresh", "value": "v", "definition_changed": True},
    ]

    book.write({"details": items})

    first, last = author.wanted
    assert (first["name"], first["string"]) == ("p_char", "Other")
    assert last["string"] == "Fresh" and set(last) == {"name", "type", "string"}
    assert shown(book) == {"p_char": "dflt", last["name"]: "v"}


def test_a_client_defines_properties_by_way_of_a_record_that_is_new(env, author):
    items = env["shelf.book"].onchange({"author_id": author.id}, ["author_id"], {"author_id": {}, "details": {}})
    first, second, *others = items["value"]["details"]
    details = [
        {**first, "string": "Other", "value": "typed", "definition_changed": True},
        {**second, "definition_deleted": True},
        *others,
        {"name": "0011223344556677", "type": "char", "string": "Fresh", "value": "v", "definition_changed": True},
    ]

    book = env["shelf.book"].create({"name": "New", "author_id": author.id, "details": details})

    names = [item["name"] for item in author.wanted]
    assert (author.wanted[0]["string"], names[1], names[-1]) == ("Other", "p_float", "0011223344556677")
    assert (shown(book)["p_char"], shown(book)["0011223344556677"]) == ("typed", "v")
    env.invalidate_all()
    assert (shown(book)["p_char"], shown(book)["0011223344556677"]) == ("typed", "v")
    env["shelf.book"].create({"name": "Nobody's", "details": details})
    assert [item["name"] for item in author.wanted] == names


def test_who_may_not_change_the_container_may_not_define_by_way_of_a_new_record(env, author, reader):
    env["ir.model.access"].search([("model_id.model", "=", "shelf.author")]).write({"perm_write": False})
    details = [{"name": "fresh", "type": "char", "string": "Fresh", "value": "v", "definition_changed": True}]

    with pytest.raises(AccessError):
        env["shelf.book"].with_user(reader).create({"name": "New", "author_id": author.id, "details": details})


def test_who_may_not_change_the_container_may_not_define(env, book, reader):
    env["ir.model.access"].search([("model_id.model", "=", "shelf.author")]).write({"perm_write": False})
    theirs = book.with_user(reader)
    items = theirs.read(["details"])[0]["details"]

    theirs.write({"details": items})
    with pytest.raises(AccessError):
        theirs.write({"details": [{**items[0], "string": "Other", "definition_changed": True}]})


@pytest.mark.parametrize(
    ("leaf", "is_found"),
    [
        (("p_int", "=", 5), True),
        (("p_int", ">", 4), True),
        (("p_int", "in", [4, 6]), False),
        (("p_float", "=", 2), True),
        (("p_float", "<=", 1.5), False),
        (("p_char", "ilike", "DF"), True),
        (("p_char", "=", "dflt"), True),
        (("p_sel", "=", "b"), True),
        (("p_sel", "!=", "b"), False),
        (("p_sel", "not in", ["a"]), True),
        (("p_tags", "in", ["x", "y"]), True),
        (("p_tags", "in", "x"), True),
        (("p_tags", "not in", ["x"]), False),
        (("p_bool", "=", True), True),
        (("p_sep", "=", False), True),
        (("p_date", ">=", "2031-02-01"), True),
        (("p_date", "<", "2031-02-01"), False),
        (("missing", "=", False), True),
        (("missing", "!=", "x"), True),
    ],
    ids=str,
)
def test_a_search_by_a_property(env, book, leaf, is_found):
    name, operator, value = leaf

    found = env["shelf.book"].search([(f"details.{name}", operator, value)])

    assert (found == book) is is_found


def test_a_search_by_records(env, book, partner):
    Book = env["shelf.book"]  # noqa: N806

    assert Book.search([("details.p_m2o", "=", partner.id)]) == book
    assert Book.search([("details.p_m2m", "in", [partner.id])]) == book
    assert not Book.search([("details.p_m2m", "in", [partner.id + 1])])


def test_the_name_of_a_property_is_no_way_into_the_statement(env):
    with pytest.raises(ValueError):
        env["shelf.book"].search([("details.x' OR 1=1", "=", 5)])


@pytest.mark.parametrize(
    ("spec", "value", "leaf"),
    [
        ("p_sel", "b", [("details.p_sel", "=", "b")]),
        ("p_tags", ("x", "X", 1), [("details.p_tags", "in", "x")]),
        ("p_int", 5, [("details.p_int", "=", 5)]),
        ("p_char", "dflt", [("details.p_char", "=", "dflt")]),
        ("p_bool", True, [("details.p_bool", "=", True)]),
        ("p_date:year", "2031", ["&", ("details.p_date", ">=", "2031-01-01"), ("details.p_date", "<", "2032-01-01")]),
        ("p_date", "February 2031", None),
        ("p_sep", False, [("details.p_sep", "=", False)]),
    ],
    ids=str,
)
def test_groups_by_a_property(env, book, spec, value, leaf):
    domain = [("id", "=", book.id)]

    (group,) = env["shelf.book"].read_group(domain, [], [f"details.{spec}"])

    assert group[f"details.{spec}"] == value
    assert group[f"details.{spec.partition(':')[0]}_count"] == 1
    if leaf is not None:
        assert group["__domain"] == ["&", *domain, *leaf]
    assert env["shelf.book"].search(group["__domain"]) == book


def test_groups_by_records_of_a_property(env, book, author, partner):
    other = env["shelf.book"].create({"name": "o", "author_id": author.id, "details": {"p_m2m": [partner.id, 10**6]}})

    groups = env["shelf.book"].read_group([], [], ["details.p_m2m"])
    (one, none) = env["shelf.book"]._read_group([], ["details.p_m2o"], ["id:recordset"])

    assert groups[0]["details.p_m2m"] == (partner.id, "Who") and groups[0]["details.p_m2m_count"] == 2
    assert env["shelf.book"].search(groups[0]["__domain"]) == book | other
    assert one == (partner, book) and none == (env["res.partner"], other)


def test_a_group_by_a_day_of_a_property_is_a_date(env, book):
    assert env["shelf.book"]._read_group([], ["details.p_date:month"], ["__count"]) == [(date(2031, 2, 1), 1)]


def test_a_property_is_described_by_its_full_name(env, book):
    assert env["shelf.book"].get_property_definition("details.p_int") == {
        "name": "p_int", "type": "integer", "string": "N",
    }  # fmt: skip
    assert env["shelf.book"].get_property_definition("details.none") == {}
    described = env["shelf.book"].fields_get(["details"])["details"]
    assert (described["definition_record"], described["definition_record_field"]) == ("author_id", "wanted")


def test_in_memory_properties_are_filtered_as_in_the_database(book, partner):
    assert book.filtered_domain([("details.p_int", "=", 5), ("details.p_tags", "in", ["x"])]) == book
    assert not book.filtered_domain([("details.p_sel", "=", "a")])


def test_properties_travel_by_export_and_copy(env, book):
    assert book.copy({"details": book.details}).details["p_int"] == 5
    assert book.copy().details["p_char"] == "dflt" and book.copy().details["p_int"] is None


@pytest.mark.parametrize(
    ("name", "value", "changed", "read", "group"),
    [
        ("p_float", 1.5, {"type": "tags", "tags": [["x", "X", 1]]}, False, False),
        ("p_float", 1.5, {"type": "integer"}, 1.5, False),
        ("p_float", 2.0, {"type": "integer"}, 2, 2),
        ("p_float", 1.5, {"type": "many2one", "comodel": "res.partner"}, False, False),
        ("p_bool", True, {"type": "tags", "tags": [["x", "X", 1]]}, False, False),
        ("p_char", "x", {"type": "tags", "tags": [["x", "X", 1]]}, False, False),
        ("p_char", "abc", {"type": "many2one", "comodel": "res.partner"}, False, False),
        ("p_char", "abc", {"type": "float"}, "abc", False),
        ("p_char", "2027-02-29", {"type": "date"}, "2027-02-29", False),
        ("p_char", "2028-02-29 25:00:00", {"type": "datetime"}, "2028-02-29 25:00:00", False),
        ("p_char", "2028-02-29 23:00:00", {"type": "date"}, "2028-02-29 23:00:00", "February 2028"),
        ("p_tags", ["x"], {"type": "many2many", "comodel": "res.partner"}, False, False),
    ],
    ids=str,
)
def test_a_value_of_the_type_a_property_had_before_is_none(env, book, author, name, value, changed, read, group):
    book.details = {name: value}
    author.wanted = [{"name": name, **changed}]
    env.flush_all()
    env.invalidate_all()

    assert shown(book) == {name: read}
    (found,) = env["shelf.book"].read_group([("id", "=", book.id)], [], [f"details.{name}"])
    assert found[f"details.{name}"] == group
    assert len(book.export_data([f"details.{name}"])["datas"]) == 1


def test_many_records_are_read_in_as_many_statements_as_few(env, author, partner, queries):
    def statements(count: int) -> int:
        partners = env["res.partner"].create([{"name": f"P{number}"} for number in range(count)])
        books = env["shelf.book"].create(
            [{"name": "b", "author_id": author.id, "details": {"p_m2o": partner.id}} for partner in partners]
        )
        env.flush_all()
        env.invalidate_all()
        with queries() as seen:
            books.read(["details"])
        return len(seen)

    assert statements(2) == statements(20)


# -- columns of tables
COLUMNS = [
    "name", "details.p_char", "details.p_int", "details.p_float", "details.p_sel", "details.p_m2o", "details.p_tags",
    "details.p_date", "details.p_m2m", "details.p_bool",
]  # fmt: skip


def test_a_property_is_a_column_of_an_export(env, book, partner):
    bare = env["shelf.book"].create({"name": "Bare"})

    rows = (book | bare).export_data(COLUMNS)["datas"]

    assert rows == [
        ["Notes", "dflt", 5, 2.0, "B", "Who", "X", date(2031, 2, 3), "Who", True],
        ["Bare", "", "", "", "", "", "", "", "", ""],
    ]
    related = book.export_data(["details.p_m2o/id", "details.p_m2m/id", "details.p_m2o/email"])["datas"]
    assert related == [[*partner.get_external_id().values()] * 2 + [""]]
    with pytest.raises(KeyError, match=r"shelf\.book: no record has the property 'details\.gone'"):
        book.export_data(["details.gone"])


def test_what_was_exported_by_property_is_imported(env, author, book):
    titles = ["author_id", *COLUMNS]
    rows = [[str(cell) for cell in row] for row in book.export_data(titles)["datas"]]

    answer = env["shelf.book"].load(titles, rows)

    assert answer["messages"] == []
    assert shown(env["shelf.book"].browse(answer["ids"])) == shown(book)


def test_a_cell_of_a_property_changes_this_property_alone(env, book):
    book.env["ir.model.data"].create({"module": "t", "name": "notes", "model": "shelf.book", "res_id": book.id})

    answer = env["shelf.book"].load(["id", "details.p_tags", "details.p_m2m"], [["t.notes", "y, X", ""]])

    assert (answer["ids"], answer["messages"]) == ([book.id], [])
    values = shown(book)
    assert (values["p_tags"], values["p_m2m"], values["p_int"], values["p_sel"]) == (["y", "x"], False, 5, "b")


def test_a_wrong_cell_of_a_property_names_row_and_property(env, author):
    titles = ["name", "author_id/.id", "details.p_int", "details.p_sel", "details.p_m2o"]

    answer = env["shelf.book"].load(titles, [["b", str(author.id), "five", "c", "Nobody"]])

    assert answer["ids"] is False
    assert [(message["rows"]["from"], message["field"], message["message"]) for message in answer["messages"]] == [
        (0, "details.p_int", "'five' does not seem to be an integer for field 'N'"),
        (0, "details.p_sel", "Value 'c' not found in selection field 'S'"),
        (0, "details.p_m2o", "No matching record found for name 'Nobody' in field 'Who'"),
    ]
    with pytest.raises(ValueError, match=r"Invalid field name 'details\.gone'"):
        env["shelf.book"].load(["name", "details.gone"], [["b", "1"]])


def test_a_value_for_a_record_without_the_property_is_told_of(env, author):
    answer = env["shelf.book"].load(["name", "details.p_int"], [["Bare", "5"]])

    assert [(message["type"], message["message"]) for message in answer["messages"]] == [
        ("warning", "no property 'N' for 'Bare': left out")
    ]
    assert env["shelf.book"].browse(answer["ids"]).details == {}


def test_screens_are_offered_each_property_with_who_defines_it(env, book):
    columns = env["shelf.book"]._property_columns("details")

    assert columns["details.p_m2o"] == {
        "type": "many2one", "string": "Who (Ada)", "required": False, "relation": "res.partner",
    }  # fmt: skip
    assert "details.p_sep" not in columns and len(columns) == len(book.author_id.wanted) - 1


def test_properties_come_one_by_one_or_in_one_column(env, book):
    (problem,) = env["shelf.book"].load(["name", "details", "details.p_int"], [["b", "x", "5"]])["messages"]

    assert (problem["type"], problem["rows"]) == ("error", {"from": 0, "to": 0})
    assert problem["message"] == "Import either the properties one by one or all of them in one column"


def test_many_records_leave_in_as_many_statements_as_few(env, author, partner, queries):
    def statements(count: int) -> int:
        others = env["res.partner"].create([{"name": f"P{number}"} for number in range(count)])
        books = env["shelf.book"].create(
            [{"name": "b", "author_id": author.id, "details": {"p_m2o": other.id}} for other in others]
        )
        env.flush_all()
        env.invalidate_all()
        with queries() as seen:
            cells = books.export_data(["details.p_m2o"])["datas"]
        assert cells == [[f"P{number}"] for number in range(count)]
        return len(seen)

    assert statements(2) == statements(20)
