"""How definitions of several addons become one model, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from fondaco.addon import api, fields, models
from fondaco.errors import FieldError
from fondaco.modules.registries import Registries
from fondaco.orm.definition import Definition
from fondaco.orm.environment import Environment


@pytest.fixture
def build(config: Any, pools: Any, ledger_registry: Any) -> Iterator[Callable[..., Environment]]:
    """build("module", ...): an environment of a registry of its own with the definitions filed under these modules."""
    used: list[str] = []
    registry = Registries(config, pools).get(ledger_registry.db_name)
    with closing(registry.cursor()) as cr:

        def build(*modules: str) -> Environment:
            used.extend(modules)
            names = [name for module in modules for name in registry.add_definitions(cr, module)]
            registry.setup_models(cr)
            registry.init_models(cr, names)
            return Environment(cr, 1, {})

        yield build
    for module in used:
        Definition.module_to_models.pop(module, None)


def in_module(name: str) -> str:
    return f"odoo.addons.{name}.models"


def test_extensions_are_a_chain_that_super_follows(build: Any) -> None:
    class First(models.Model):
        __module__ = in_module("m_one")
        _name = "chain.link"
        _description = "Link"

        name = fields.Char(string="Name", required=True)
        kind = fields.Selection([("a", "A"), ("c", "C")], default="a")

        def path(self) -> list[str]:
            return ["first"]

    class Mixin(models.AbstractModel):
        __module__ = in_module("m_one")
        _name = "chain.mixin"
        _description = "Mixin"

        note = fields.Char(default="mixed")

        def path(self) -> list[str]:
            return ["mixin"]

    class Second(models.Model):
        __module__ = in_module("m_two")
        _name = "chain.link"
        _inherit = ["chain.link", "chain.mixin"]

        name = fields.Char(help="Said later")
        kind = fields.Selection(selection_add=[("b", "B"), ("c",)], ondelete={"b": "set default"})

        def path(self) -> list[str]:
            return ["second", *super().path()]

    class Third(models.Model):
        __module__ = in_module("m_three")
        _inherit = "chain.link"

        size = fields.Integer(compute="_compute_size", store=True)

        @api.depends("name")
        def _compute_size(self) -> None:
            for record in self:
                record.size = len(record.name)

        def path(self) -> list[str]:
            return ["third", *super().path()]

    env = build("m_one", "m_two", "m_three")
    link = env["chain.link"].create({"name": "four"})
    assert link.path() == ["third", "second", "first"]
    field = link._fields["name"]
    assert (field.string, field.required, field.help) == ("Name", True, "Said later")
    assert [value for value, _label in link._fields["kind"].selection] == ["a", "b", "c"]
    assert (link.size, link.note, link.kind, link.display_name) == (4, "mixed", "a", "four")
    assert env["ir.model"]._get("chain.link").name == "Link"
    assert env["ir.model.fields"]._get("chain.link", "size").store


def test_a_prototype_is_copied_to_a_model_of_its_own(build: Any) -> None:
    class Animal(models.Model):
        __module__ = in_module("m_proto")
        _name = "proto.animal"
        _description = "Animal"

        name = fields.Char()

        def noise(self) -> str:
            return "..."

    class Dog(models.Model):
        __module__ = in_module("m_proto")
        _name = "proto.dog"
        _inherit = ["proto.animal"]
        _description = "Dog"

        def noise(self) -> str:
            return super().noise() + "woof"

    class LaterAnimal(models.Model):
        __module__ = in_module("m_proto_later")
        _inherit = "proto.animal"

        legs = fields.Integer(default=4)

        def noise(self) -> str:
            return "psst" + super().noise()

    env = build("m_proto", "m_proto_later")
    dog = env["proto.dog"].create({"name": "Rex"})
    assert (dog.noise(), dog.legs) == ("psst...woof", 4)
    assert env["proto.animal"].search([]) == env["proto.animal"].browse()
    assert dog._table == "proto_dog"


def test_what_the_user_did_not_say_is_found(build: Any) -> None:
    class Thing(models.Model):
        __module__ = in_module("m_names")
        _name = "names.thing"
        _description = "Thing"

        x_name = fields.Char()
        x_active = fields.Boolean(default=True)
        partner_ids = fields.Many2many("res.partner")
        long_label_of_field_id = fields.Many2one("res.users")

    env = build("m_names")
    thing = env["names.thing"]
    assert (thing._rec_name, thing._active_name) == ("x_name", "x_active")
    many = thing._fields["partner_ids"]
    assert (many.relation, many.column1, many.column2) == (
        "names_thing_res_partner_rel",
        "names_thing_id",
        "res_partner_id",
    )
    assert thing._fields["long_label_of_field_id"].string == "Long Label Of Field"
    made = thing.create({"x_name": "n", "partner_ids": [(4, env.user.partner_id.id)]})
    made.x_active = False
    assert not thing.search([])
    assert thing.with_context(active_test=False).search([]) == made


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"_name": "bad.one", "other_id": fields.Many2one("no.such.model")}, "no.such.model"),
        ({"_name": "bad.two", "line_ids": fields.One2many("res.users", "no_inverse")}, "no_inverse"),
        ({"_name": "bad.three", "city": fields.Char(related="partner_id.city")}, "partner_id"),
        (
            {"_name": "bad.four", "u_id": fields.Many2one("res.users"), "n": fields.Integer(related="u_id.name")},
            "type",
        ),
        ({"_inherit": "no.such.model"}, "no.such.model"),
        ({"_name": "bad.six", "_inherit": ["no.such.mixin"]}, "no.such.mixin"),
        ({"_name": "bad.seven", "_inherits": {"res.users": "user_id"}}, "user_id"),
        ({"_name": "bad.eight", "peers": fields.Many2many("bad.eight")}, "column1"),
        (
            {"_name": "bad.nine", "s": fields.Selection([("a", "A"), ("b", "B"), ("a", "C")])},
            r"bad\.nine\.s \(module m_bad\): its selection has the value 'a' twice, as 'A' and as 'C'",
        ),
        ({"_name": "bad.ten", "s": fields.Selection(["ab", "cd"])}, r"bad\.ten\.s .* has 'ab'; expected pairs"),
        (
            {"_name": "bad.eleven", "one": fields.Many2many("res.users", "bad_pairs"),
             "two": fields.Many2many("res.partner", "bad_pairs")},
            r"bad\.eleven\.one and bad\.eleven\.two use the same table 'bad_pairs' with different columns",
        ),
        ({"_name": "bad.twelve", "p": fields.Many2many("res.users", "bad_p", "a", "a")}, r"\.p: column1 and column2"),
        ({"_name": "bad.thirteen", "u_id": fields.Many2one("res.users", ondelete="go")}, "'go'; expected one of"),
        ({"_name": "bad.fourteen", "_parent_store": True}, r"bad\.fourteen: _parent_store .* 'parent_id'"),
        (
            {"_name": "bad.fifteen", "x": fields.Char(related="y"), "y": fields.Char(related="x")},
            r"bad\.fifteen\.x: related in a ring, x -> y -> x",
        ),
        ({"_name": "bad.sixteen", "_sql_constraints": [("k", "UNIQUE (id)")]}, r"bad\.sixteen: _sql_constraints has"),
    ],
)  # fmt: skip
def test_an_impossible_model_is_refused_in_a_sentence(build: Any, attributes: dict[str, Any], message: str) -> None:
    body = {"__module__": in_module("m_bad"), "_description": "Bad", **attributes}
    type(models.Model)("Bad", (models.Model,), body)
    with pytest.raises(FieldError, match=message):
        build("m_bad")


def test_a_method_that_is_not_there_is_told_with_the_fields_that_name_it(build: Any) -> None:
    class Bad(models.Model):
        __module__ = in_module("m_methods")
        _name = "methods.bad"
        _description = "Bad"

        n = fields.Integer(compute="_compute_m")
        d = fields.Integer(default="x")
        user_ids = fields.One2many("res.users", "partner_id")

    bad = build("m_methods")["methods.bad"]
    with pytest.raises(AttributeError, match=r"methods\.bad has no method '_compute_m', which methods\.bad\.n \(mod"):
        bad.new({"d": 1}).n
    with pytest.raises(ValueError, match=r"Wrong value for methods\.bad\.d: 'x' is no whole number"):
        bad.create({})


def test_what_works_and_is_wrong_is_told_in_the_log(build: Any, caplog: Any) -> None:
    class Odd(models.Model):
        __module__ = in_module("m_odd")
        _name = "odd.one"
        _description = "Odd"
        _sql_constraints = [("k", "UNIQUE (none)", "Bad")]

        line_ids = fields.One2many("res.users", "partner_id")

    build("m_odd")

    told = [record.getMessage() for record in caplog.records]
    assert any("odd.one.line_ids: its inverse res.users.partner_id leads to res.partner" in line for line in told)
    (line,) = [line for line in told if "_sql_constraints" in line]
    assert line.startswith("model odd.one: entry 'k' of _sql_constraints is not in force, PostgreSQL cannot make it:")


def test_lines_of_mixins_of_copies_and_of_what_is_delegated_to_are_nothing_to_tell(build: Any, caplog: Any) -> None:
    module = in_module("m_lines")

    class Lined(models.AbstractModel):
        __module__ = module
        _name = "lines.lined"
        _description = "Mixin with lines"

        line_ids = fields.One2many("lines.line", "thing_id")

    class Thing(models.Model):
        __module__ = module
        _name = "lines.thing"
        _inherit = ["lines.lined"]
        _description = "Thing"

    class Copy(models.Model):
        __module__ = module
        _name = "lines.copy"
        _inherit = ["lines.thing"]
        _description = "Copy"

    class Leaf(models.Model):
        __module__ = module
        _name = "lines.leaf"
        _inherits = {"lines.middle": "middle_id"}
        _description = "Delegates to what delegates to a thing"

        middle_id = fields.Many2one("lines.middle", required=True, ondelete="cascade")
        own_line_ids = fields.One2many("lines.line", "thing_id")

    class Middle(models.Model):
        __module__ = module
        _name = "lines.middle"
        _inherits = {"lines.thing": "thing_id"}
        _description = "Delegates to a thing"

        thing_id = fields.Many2one("lines.thing", required=True, ondelete="cascade")

    class Line(models.Model):
        __module__ = module
        _name = "lines.line"
        _description = "Line"

        thing_id = fields.Many2one("lines.thing")

    build("m_lines")

    assert not [record.getMessage() for record in caplog.records if "leads to" in record.getMessage()]


def test_a_dependency_that_is_no_field_is_refused(build: Any) -> None:
    class Bad(models.Model):
        __module__ = in_module("m_depends")
        _name = "depends.bad"
        _description = "Bad"

        n = fields.Integer(compute="_compute_n")

        @api.depends("nothing")
        def _compute_n(self) -> None: ...

    with pytest.raises(FieldError, match="nothing"):
        build("m_depends")


def test_a_compute_method_that_forgets_a_record_is_told(build: Any) -> None:
    class Lazy(models.Model):
        __module__ = in_module("m_lazy")
        _name = "lazy.one"
        _description = "Lazy"

        n = fields.Integer(compute="_compute_n")
        loop = fields.Integer(compute="_compute_loop")

        def _compute_n(self) -> None:
            """Forget everything."""

        def _compute_loop(self) -> None:
            for record in self:
                record.loop = 1

    env = build("m_lazy")
    records = env["lazy.one"].create([{}, {}])
    with pytest.raises(ValueError, match="_compute_n"):
        records.mapped("n")
    assert records.mapped("loop") == [1, 1]


def test_fields_of_the_same_definitions_stay_when_models_are_set_up_again(build: Any) -> None:
    class Shelf(models.Model):
        __module__ = in_module("m_again")
        _name = "again.shelf"
        _description = "Shelf"

        name = fields.Char(string="Name")
        place = fields.Char(string="Place")

    class Book(models.Model):
        __module__ = in_module("m_again")
        _name = "again.book"
        _description = "Book"

        shelf_id = fields.Many2one("again.shelf")
        place = fields.Char(related="shelf_id.place")

    env = build("m_again")
    shelf, book = env["again.shelf"]._fields, env["again.book"]._fields
    assert book["place"].string == "Place"

    class Named(models.Model):
        __module__ = in_module("m_again_later")
        _inherit = "again.shelf"

        place = fields.Char(string="Room", index=True)
        height = fields.Integer()

    env = build("m_again_later")
    found = env["again.shelf"]._fields
    assert list(found)[:3] == ["name", "place", "height"]
    assert found["name"] is shelf["name"] and found["write_uid"] is shelf["write_uid"]
    assert found["place"] is not shelf["place"] and found["place"].index
    assert env["again.book"]._fields["shelf_id"] is book["shelf_id"]
    assert env["again.book"]._fields["place"].string == "Room"
    assert env["again.book"].new({"shelf_id": env["again.shelf"].create({"place": "west"}).id}).place == "west"


def test_a_field_that_could_not_be_completed_is_completed_when_it_can(build: Any) -> None:
    class Child(models.Model):
        __module__ = in_module("m_parts")
        _name = "parts.child"
        _description = "Child"

        parent_id = fields.Many2one("parts.parent")

    with pytest.raises(FieldError, match=r"parts\.parent"):
        build("m_parts")

    class Parent(models.Model):
        __module__ = in_module("m_parts_whole")
        _name = "parts.parent"
        _description = "Parent"

    env = build("m_parts_whole")
    parent = env["parts.parent"].create({})
    assert env["parts.child"]._fields["parent_id"].has_column
    assert env["parts.child"].new({"parent_id": parent.id}).parent_id.id == parent.id
