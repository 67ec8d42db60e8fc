"""What a user may not see reaches him on no path: every way of asking, against every kind of hiding.

Hidden are a record by a rule, a record of another company, a field of a group, and a model without ACL. Each holds a
token; no answer may contain one, and no question may be answered otherwise because a token is what it is. The name of
a record behind a visible link is shown, as clients of Odoo 18 expect; so names hold no token here.
"""

from __future__ import annotations

import base64
import inspect
from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest

from fondaco.errors import AccessError, MissingError, UserError
from fondaco.orm.environment import Environment
from fondaco.rpc.call import call_kw

SUPERUSER = 1

TOKEN = "t0ken"
REFUSALS = (AccessError, MissingError, UserError, ValueError, KeyError, AttributeError, TypeError, IndexError)


@pytest.fixture(scope="module")
def records(garden_registry: Any) -> Iterator[Any]:
    """Records that the clerk sees, each with links to those he does not, and the clerk's environment."""
    with closing(garden_registry.cursor()) as cr:
        yield made(Environment(cr, SUPERUSER, {}))
    garden_registry.clear_all_caches()


@pytest.fixture
def world(records: Any) -> Iterator[Any]:
    """The same for one test: nothing is in the cache, and what the test does is undone."""
    records.env.invalidate_all()
    with records.env.cr.savepoint() as savepoint:
        yield records
        savepoint.rollback()
    records.env.invalidate_all()


def made(env: Any) -> Any:
    other = env["res.company"].create({"name": "Elsewhere"})
    groups = env.ref("base.group_user") | env.ref("base.group_allow_export")
    clerk = env["res.users"].create({"name": "Clerk", "login": "clerk", "groups_id": [(6, 0, groups.ids)]})
    for model in ("garden.plant", "garden.plot"):
        domain = "[('name', 'not like', 'ruled')]"
        env["ir.rule"].create({"name": "r", "model_id": env["ir.model"]._get(model).id, "domain_force": domain})
    env["ir.rule"].create(
        {"name": "c", "model_id": env["ir.model"]._get("garden.plant").id,
         "domain_force": "['|', ('company_id', '=', False), ('company_id', 'in', company_ids)]"}
    )  # fmt: skip
    vault = env["garden.vault"].create({"name": "vault", "secret": f"{TOKEN} vault"})
    plot = env["garden.plot"].create({"name": "open", "secret": f"{TOKEN} field of plot"})
    ruled_plot = env["garden.plot"].create({"name": "ruled", "note": f"{TOKEN} ruled plot", "secret": TOKEN})
    picture = base64.b64encode(TOKEN.encode())
    common = {"secret": f"{TOKEN} field", "secret_rank": 777, "secret_photo": picture, "vault_id": vault.id}
    seen = env["garden.plant"].create(
        {**common, "name": "seen", "story": "open", "plot_id": ruled_plot.id, "vault_ids": [(6, 0, vault.ids)]}
    )
    hidden = {
        "story": f"{TOKEN} story",
        "title": f"{TOKEN} title",
        "photo": picture,
        "seal": picture,
        "data": {"a": TOKEN},
    }
    ruled = env["garden.plant"].create({**hidden, "name": "ruled", "height": 5, "plot_id": plot.id})
    foreign = env["garden.plant"].create({**hidden, "name": "foreign", "company_id": other.id, "plot_id": plot.id})
    seen.write(
        {"parent_id": ruled.id, "visit_ids": [(6, 0, ruled_plot.ids)], "subject": f"garden.plot,{ruled_plot.id}"}
    )
    ruled_plot.visitor_ids = ruled
    for record, name in ((ruled, "base.ruled_plant"), (foreign, "base.foreign_plant"), (vault, "base.vault")):
        module, _, key = name.partition(".")
        env["ir.model.data"].create({"module": module, "name": key, "model": record._name, "res_id": record.id})
    files = env["ir.attachment"].create(
        [{"name": "f", "raw": TOKEN.encode(), "res_model": record._name, "res_id": record.id}
         for record in (ruled, foreign, vault)]
    )  # fmt: skip
    env.flush_all()
    env.invalidate_all()
    return SimpleNamespace(
        env=env(user=clerk.id), plot=plot.id, ruled_plot=ruled_plot.id, seen=seen.id, ruled=ruled.id,
        foreign=foreign.id, vault=vault.id, files=files.ids, clerk=clerk,
    )  # fmt: skip


Ask = Callable[[Any, Any], Any]
FIELDS = ["name", "story", "data", "photo", "seal", "secret", "secret_rank", "secret_photo"]
DEEP = {"fields": {name: {} for name in ("display_name", "note", "secret", "name")}}
PLANT = {"fields": {name: {} for name in ("display_name", "story", "data", "photo")}}


def rpc(w: Any, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
    assert hasattr(w.env[model], method), "what is not there can refuse nothing"
    return call_kw(w.env[model], method, list(args), kwargs)


def plants(method: str, *args: Any, **kwargs: Any) -> Ask:
    """A question to plants; "ids" stands for the record in question."""
    return lambda w, id_: rpc(w, "garden.plant", method, *[[id_] if arg == "ids" else arg for arg in args], **kwargs)


READS: dict[str, Ask] = {
    "read": plants("read", "ids"),
    "read-fields": plants("read", "ids", ["story", "data", "photo"]),
    "read-seal": plants("read", "ids", ["seal"]),
    "read-secret": plants("read", "ids", ["secret"]),
    "read-secret-photo": plants("read", "ids", ["secret_photo"]),
    "web_read": plants("web_read", "ids", {name: {} for name in FIELDS}),
    "web_read-plain": plants("web_read", "ids", {name: {} for name in FIELDS[:5]}),
    "web_read-many2one": plants("web_read", "ids", {"plot_id": DEEP}),
    "web_read-many2one-note": plants("web_read", "ids", {"plot_id": {"fields": {"display_name": {}, "note": {}}}}),
    "web_read-mother": plants("web_read", "ids", {"parent_id": PLANT}),
    "web_read-name-and-mother": plants("web_read", "ids", {"plot_name": {}, "parent_id": PLANT, "plot_id": DEEP}),
    "web_read-children": plants("web_read", "ids", {"child_ids": PLANT}),
    "web_read-visits": plants("web_read", "ids", {"visit_ids": {"fields": {"note": {}}, "order": "note"}}),
    "web_read-reference": plants("web_read", "ids", {"subject": {"fields": {"note": {}}}}),
    "web_read-vault": plants("web_read", "ids", {"vault_id": {"fields": {"secret": {}, "display_name": {}}}}),
    "web_read-vaults": plants("web_read", "ids", {"vault_ids": {"fields": {"secret": {}}}}),
    "search_read": lambda w, id_: rpc(w, "garden.plant", "search_read", [["id", "=", id_]], ["story", "data"]),
    "search_read-all": lambda w, id_: rpc(w, "garden.plant", "search_read", [["id", "=", id_]]),
    "search_read-secret": lambda w, id_: rpc(w, "garden.plant", "search_read", [["id", "=", id_]], ["secret"]),
    "web_search_read": lambda w, id_: rpc(
        w, "garden.plant", "web_search_read", [["id", "=", id_]], {"story": {}, "plot_id": DEEP}
    ),
    "search_fetch": lambda w, id_: w.env["garden.plant"].search_fetch([("id", "=", id_)], ["story"]).mapped("story"),
    "search_fetch-secret": lambda w, id_: w.env["garden.plant"].search_fetch([], ["secret"]).mapped("secret"),
    "export_data": plants("export_data", "ids", ["id", "name", "story", "data"]),
    "export_data-secret": plants("export_data", "ids", ["name", "secret"]),
    "export_data-path": plants("export_data", "ids", ["name", "plot_id/note", "plot_id/secret"]),
    "export_data-warm-path": plants("export_data", "ids", ["plot_name", "plot_id/note"]),
    "export_data-warm-secret": plants("export_data", "ids", ["plot_name", "plot_id/secret"]),
    "export_data-mother": plants("export_data", "ids", ["mother_is_wild", "parent_id/story"]),
    "export_data-children": plants("export_data", "ids", ["child_ids/story", "parent_id/child_ids/story"]),
    "export_data-vault": plants("export_data", "ids", ["vault_id/secret", "vault_ids/secret"]),
    "mapped": plants("mapped", "ids", "story"),
    "web_read-warm": plants("web_read", "ids", {"plot_name": {}, "plot_id": {"fields": {"note": {}}}}),
    "read_names-warm": plants("web_read", "ids", {"mother_is_wild": {}, "parent_id": {"fields": {"photo": {}}}}),
    "mapped-path": plants("mapped", "ids", "plot_id.note"),
    "mapped-secret": plants("mapped", "ids", "secret"),
    "mapped-mother": plants("mapped", "ids", "parent_id.story"),
    "mapped-vault": plants("mapped", "ids", "vault_id.secret"),
    "get_metadata": plants("get_metadata", "ids"),
    "copy_data": plants("copy_data", "ids"),
    "copy-read": lambda w, id_: w.env["garden.plant"].browse(id_).copy().read(["story", "data"]),
    "get_field_translations": plants("get_field_translations", "ids", "title"),
    "get_stored_translations": plants("get_stored_translations", "ids", "title"),
    "get_stored_translations-raw": plants("get_stored_translations", "ids", "data"),
    "onchange-origin": plants("onchange", "ids", {}, [], {name: {} for name in FIELDS}),
    "onchange-changed": plants("onchange", "ids", {"height": 3}, ["height"], {name: {} for name in FIELDS}),
    "onchange-warm": plants(
        "onchange", "ids", {}, [], {"plot_name": {}, "mother_is_wild": {}, "plot_id": DEEP, "parent_id": PLANT}
    ),
    "onchange-warm-story": plants("onchange", "ids", {}, [], {"plot_name": {}, "story": {}, "data": {}}),
    "onchange-warm-secret": plants("onchange", "ids", {}, [], {"plot_name": {}, "secret": {}, "secret_rank": {}}),
    "onchange-warm-note": plants(
        "onchange", "ids", {}, [], {"plot_name": {}, "plot_id": {"fields": {"note": {}}}, "parent_id": PLANT}
    ),
    "onchange-warm-new": lambda w, id_: rpc(
        w, "garden.plant", "onchange", [], {"plot_id": w.ruled_plot, "parent_id": id_}, [],
        {"plot_name": {}, "plot_id": {"fields": {"note": {}}}, "parent_id": PLANT},
    ),
    "onchange-warm-default": lambda w, id_: call_kw(
        w.env["garden.plant"], "onchange", [[], {}, [], {"plot_name": {}, "plot_id": {"fields": {"note": {}}}}],
        {"context": {"default_plot_id": w.ruled_plot, "default_parent_id": id_}},
    ),
    "onchange-new-many2one": lambda w, id_: rpc(
        w, "garden.plant", "onchange", [], {"parent_id": id_, "plot_id": w.ruled_plot}, ["parent_id"],
        {"parent_id": PLANT, "plot_id": DEEP, "plot_size": {}},
    ),
    "onchange-new-lines": lambda w, id_: rpc(
        w, "garden.plant", "onchange", [], {"child_ids": [[4, id_, 0]]}, ["child_ids"], {"child_ids": PLANT}
    ),
    "onchange-vault": lambda w, id_: rpc(
        w, "garden.plant", "onchange", [], {"vault_id": w.vault, "vault_ids": [[4, w.vault, 0]]}, ["vault_id"],
        {"vault_id": {"fields": {"secret": {}}}, "vault_ids": {"fields": {"secret": {}}}},
    ),
    "web_save": plants("web_save", "ids", {"height": 1}, {"story": {}, "secret": {}}),
    "web_save-link": lambda w, id_: rpc(
        w, "garden.plot", "web_save", [w.plot], {"visitor_ids": [[4, id_, 0]]}, {"visitor_ids": PLANT}
    ),
    "web_save-update-line": lambda w, id_: rpc(
        w, "garden.plot", "web_save", [w.plot], {"plant_ids": [[1, id_, {"height": 1}]]}, {"plant_ids": PLANT}
    ),
    "web_save-many2one": lambda w, id_: rpc(
        w, "garden.plant", "web_save", [w.seen], {"parent_id": id_}, {"parent_id": PLANT}
    ),
    "lines": lambda w, id_: rpc(w, "garden.plot", "web_read", [w.plot], {"plant_ids": PLANT, "visitor_ids": PLANT}),
    "name_search": lambda w, id_: rpc(w, "garden.plant", "name_search", TOKEN),
    "read_group": lambda w, id_: rpc(w, "garden.plant", "read_group", [["id", "=", id_]], [], ["story"]),
    "read_group-max": lambda w, id_: rpc(w, "garden.plant", "read_group", [["id", "=", id_]], ["m:max(story)"], []),
    "read_group-secret": lambda w, id_: rpc(w, "garden.plant", "read_group", [], [], ["secret"]),
    "read_group-secret-max": lambda w, id_: rpc(w, "garden.plant", "read_group", [], ["m:max(secret)"], []),
    "read_group-path": lambda w, id_: rpc(w, "garden.plant", "read_group", [], [], ["plot_id.note"]),
    "_read_group": lambda w, id_: w.env["garden.plant"]._read_group([], ["story"], ["data:array_agg"]),
    "web_read_group": lambda w, id_: rpc(w, "garden.plant", "web_read_group", [], [], ["story"]),
    "search_panel": lambda w, id_: rpc(
        w, "garden.plant", "search_panel_select_range", "parent_id", enable_counters=True, expand=True
    ),
    "search_panel-group": lambda w, id_: rpc(
        w, "garden.plant", "search_panel_select_multi_range", "plot_id", group_by="note", expand=True
    ),
    "search_panel-secret": lambda w, id_: rpc(
        w, "garden.plant", "search_panel_select_multi_range", "plot_id", group_by="secret", expand=True
    ),
    "default_get": lambda w, id_: rpc(w, "garden.plant", "default_get", FIELDS),
    "fields_get": lambda w, id_: rpc(w, "garden.plant", "fields_get"),
    "vault-read": lambda w, id_: rpc(w, "garden.vault", "read", [w.vault], ["secret"]),
    "vault-search": lambda w, id_: rpc(w, "garden.vault", "search_read", [], ["secret"]),
    "vault-export": lambda w, id_: rpc(w, "garden.vault", "export_data", [w.vault], ["secret"]),
    "vault-group": lambda w, id_: rpc(w, "garden.vault", "read_group", [], [], ["secret"]),
    "vault-onchange": lambda w, id_: rpc(w, "garden.vault", "onchange", [w.vault], {}, [], {"secret": {}}),
    "vault-name_search": lambda w, id_: rpc(w, "garden.vault", "name_search", ""),
    "vault-name_search-domain": lambda w, id_: rpc(w, "garden.vault", "name_search", "", [["secret", "!=", False]]),
    "files": lambda w, id_: rpc(w, "ir.attachment", "read", w.files, ["raw", "name"]),
    "files-search": lambda w, id_: rpc(w, "ir.attachment", "search_read", [["id", "in", w.files]], ["raw"]),
    "files-of-fields": lambda w, id_: rpc(
        w, "ir.attachment", "search_read", [["res_model", "=", "garden.plant"], ["res_field", "!=", False]], ["raw"]
    ),
    "files-by-content": lambda w, id_: rpc(
        w, "ir.attachment", "search_read", [["id", "in", w.files]], ["index_content"]
    ),
    "load-update": lambda w, id_: rpc(w, "garden.plant", "load", ["id", "height"], [["base.ruled_plant", "1"]]),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["seen", "ruled", "foreign"])
@pytest.mark.parametrize("path", READS)
def test_no_answer_holds_what_is_hidden(world: Any, path: str, kind: str) -> None:
    try:
        with world.env.cr.savepoint():
            answer = READS[path](world, getattr(world, kind))
    except REFUSALS as error:
        assert TOKEN not in str(error)
        return
    assert TOKEN not in repr(answer)
    assert base64.b64encode(TOKEN.encode()).decode() not in repr(answer)
    assert "777" not in repr(answer)


WRITES: dict[str, Ask] = {
    "write": plants("write", "ids", {"height": 9}),
    "unlink": plants("unlink", "ids"),
    "copy": plants("copy", "ids"),
    "web_save": plants("web_save", "ids", {"height": 9}, {}),
    "archive": plants("action_archive", "ids"),
    "toggle_active": plants("toggle_active", "ids"),
    "command-update": lambda w, id_: rpc(w, "garden.plot", "write", [w.plot], {"plant_ids": [[1, id_, {"height": 9}]]}),
    "command-delete": lambda w, id_: rpc(w, "garden.plot", "write", [w.plot], {"plant_ids": [[2, id_, 0]]}),
    "command-unlink": lambda w, id_: rpc(w, "garden.plot", "write", [w.plot], {"plant_ids": [[3, id_, 0]]}),
    "command-link": lambda w, id_: rpc(w, "garden.plot", "create", {"plant_ids": [[4, id_, 0]]}),
    "many2many-update": lambda w, id_: rpc(
        w, "garden.plot", "write", [w.plot], {"visitor_ids": [[1, id_, {"height": 9}]]}
    ),
    "many2many-delete": lambda w, id_: rpc(w, "garden.plot", "write", [w.plot], {"visitor_ids": [[2, id_, 0]]}),
    "many2many-link": lambda w, id_: rpc(w, "garden.plot", "write", [w.plot], {"visitor_ids": [[4, id_, 0]]}),
    "translations": plants("update_field_translations", "ids", "title", {"fr_FR": "x"}),
    "load": lambda w, id_: rpc(w, "garden.plant", "load", [".id", "height"], [[str(id_), "9"]]),
    "load-xmlid": lambda w, id_: rpc(
        w, "garden.plant", "load", ["id", "height"],
        [["base.ruled_plant" if id_ == w.ruled else "base.foreign_plant", "9"]],
    ),
}  # fmt: skip


def state(world: Any, id_: int) -> Any:
    """What the tables say of the record."""
    world.env.flush_all()
    cr = world.env.cr
    cr.execute("SELECT height, active, plot_id, title FROM garden_plant WHERE id = %s", [id_])
    row = cr.fetchall()
    cr.execute("SELECT COUNT(*) FROM garden_visit_rel WHERE plant_id = %s", [id_])
    return row, cr.fetchall()


@pytest.mark.parametrize("kind", ["ruled", "foreign"])
@pytest.mark.parametrize("path", WRITES)
def test_what_is_hidden_is_not_changed(world: Any, path: str, kind: str) -> None:
    id_ = getattr(world, kind)
    before = state(world, id_)

    try:
        with world.env.cr.savepoint():
            WRITES[path](world, id_)
    except REFUSALS:
        pass

    world.env.invalidate_all()
    assert state(world, id_) == before


def asked(world: Any, leaf: Any, order: str | None = None, model: str = "garden.plant") -> Any:
    try:
        with world.env.cr.savepoint():
            found = rpc(world, model, "search", [leaf] if leaf else [], order=order)
            return found, rpc(world, model, "search_count", [leaf] if leaf else [])
    except REFUSALS as error:
        return type(error)


@pytest.mark.parametrize(
    ("field", "truth", "lie"),
    [
        ("secret", f"{TOKEN} field", "x"),
        ("secret_rank", 777, 778),
        ("plot_id.note", f"{TOKEN} ruled plot", "x"),
        ("plot_id.secret", TOKEN, "x"),
        ("parent_id.story", f"{TOKEN} story", "x"),
        ("parent_id.height", 5, 6),
        ("child_ids.story", f"{TOKEN} story", "x"),
        ("visit_ids.note", f"{TOKEN} ruled plot", "x"),
        ("vault_id.secret", f"{TOKEN} vault", "x"),
        ("vault_ids.secret", f"{TOKEN} vault", "x"),
        ("parent_id.plot_id.secret", f"{TOKEN} field of plot", "x"),
    ],
)  # fmt: skip
def test_questions_about_what_is_hidden_tell_nothing(world: Any, field: str, truth: Any, lie: Any) -> None:
    first, _, rest = field.partition(".")
    for operator in ("=", "in") if isinstance(truth, int) else ("=", "like", "=ilike", "in"):
        value, wrong = ([truth], [lie]) if operator == "in" else (truth, lie)
        assert asked(world, [field, operator, value]) == asked(world, [field, operator, wrong])
        if rest:
            right, left = [first, "any", [[rest, operator, value]]], [first, "any", [[rest, operator, wrong]]]
            assert asked(world, right) == asked(world, left)


@pytest.fixture
def forgetful(world: Any) -> Iterator[Any]:
    """The same world; what is remembered of rows that are rolled back is forgotten after the test."""
    yield world
    world.env.registry.clear_all_caches()


@pytest.mark.parametrize("user_default", [False, True])
def test_a_context_sets_no_hidden_field_and_learns_no_default_of_one(forgetful: Any, user_default: bool) -> None:
    world = forgetful
    if user_default:
        world.env["ir.default"].sudo().set("garden.plot", "secret", f"{TOKEN} default")
    context = {"default_secret": "chosen", "default_note": "mine"}

    plots = world.env["garden.plot"].with_context(context)
    plot = plots.create({"name": "made"})
    line = world.env["garden.plant"].with_context(default_secret="chosen").create({"child_ids": [(0, 0, {})]})

    assert rpc(world, "garden.plot", "default_get", ["note", "secret"], context=context) == {"note": "mine"}
    assert rpc(world, "garden.plot", "default_get", ["note", "secret"]) == {}
    assert (plot.note, plot.sudo().secret) == ("mine", f"{TOKEN} default" if user_default else False)
    assert (line | line.child_ids).sudo().mapped("secret") == [False, False]
    assert plots.sudo().create({}).secret == "chosen"


@pytest.mark.parametrize("order", ["secret", "secret desc", "secret_rank", "vault_id"])
def test_hidden_values_order_nothing(world: Any, order: str) -> None:
    assert asked(world, None, order) in (AccessError, ValueError, asked(world, None, None))


def test_domains_are_tried_with_the_rights_of_the_user(world: Any) -> None:
    assert asked(world, ["secret", "=", "x"], model="garden.vault") is AccessError


@pytest.mark.parametrize(("model", "kind"), [("garden.vault", "vault"), ("garden.plant", "ruled")])
def test_who_made_what_is_hidden_is_hidden_too(world: Any, model: str, kind: str) -> None:
    with pytest.raises(AccessError):
        rpc(world, model, "get_metadata", [getattr(world, kind)])


def test_related_values_of_a_hidden_record_are_hidden(world: Any) -> None:
    with pytest.raises(AccessError):
        rpc(world, "garden.plant", "mapped", [world.ruled], "plot_name")
    with pytest.raises(AccessError):
        rpc(world, "garden.plant", "export_data", [world.ruled], ["plot_name"])


def test_a_record_with_fields_of_others_can_be_copied_without_them(world: Any) -> None:
    plot = world.env["garden.plot"].create({"name": "own"})
    plot.sudo().secret = TOKEN

    copy = plot.copy()

    assert (copy.name, copy.sudo().secret) == ("own", False)


SHAPES: tuple[tuple[Any, ...], ...] = (
    (), ("secret",), ("secret_copy",), ("story",), ("plot_id.note",),
    (["secret", "secret_copy"],), (["story", "data"],), (["story", "plot_id/note"],),
    ([["secret_copy", "!=", False]],), ([["story", "!=", False]],), ({"secret_copy": {}, "story": {}},),
    ([], ["secret_copy"]), ([], ["story:max"], ["plot_id"]), ([], [], ["secret_copy"]),
    ({"plot_name": "x"}, ["plot_name"], {"secret_copy": {}, "plot_id": DEEP, "parent_id": PLANT}),
)  # fmt: skip
"""Arguments of every kind that a public method of a model may take."""


@pytest.mark.parametrize("kind", ["seen", "ruled"])
def test_no_public_method_tells_what_is_hidden(world: Any, kind: str) -> None:
    model = world.env["garden.plant"]
    methods = [
        name for name in dir(type(model)) if not name.startswith("_") and inspect.isroutine(getattr(model, name))
    ]
    told = []
    for method in methods:
        for shape in SHAPES:
            for args in (shape, ([getattr(world, kind)], *shape)):
                with world.env.cr.savepoint(flush=False) as savepoint:
                    try:
                        answer: Any = call_kw(model, method, list(args), {})
                    except Exception as error:  # whatever it is, what it says is told
                        answer = error
                    savepoint.rollback()
                world.env.transaction.clear()
                if TOKEN in repr(answer):
                    told.append((method, args))

    assert told == []


@pytest.mark.parametrize(
    ("field", "truth"),
    [("secret", f"{TOKEN} field"), ("secret_copy", f"{TOKEN} field"), ("plot_id.note", f"{TOKEN} ruled plot")],
)
def test_records_are_not_told_apart_by_what_is_hidden(world: Any, field: str, truth: str) -> None:
    def answer(value: str) -> Any:
        world.env.invalidate_all()
        try:
            return rpc(world, "garden.plant", "filtered_domain", [world.seen], [[field, "=", value]])
        except REFUSALS as error:
            return type(error)

    assert answer(truth) == answer("x")
