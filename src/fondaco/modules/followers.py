"""Records of users that mean nothing without what a module takes with it: they go along when it is uninstalled.

They name a model, a view or an action that goes, in a column that is no foreign key or one that would stand against it.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from fondaco.sql.fragment import SQL

Record = tuple[str, int]

# (model, column): the records whose column holds the name of a model
NAMING_A_MODEL = (
    ("ir.ui.view", "model"),
    ("ir.actions.act_window", "res_model"),
    ("ir.actions.report", "model"),
    ("ir.embedded.actions", "parent_res_model"),
    ("ir.filters", "model_id"),
    ("ir.exports", "resource"),
    ("ir.attachment", "res_model"),
)


def find(
    env: Any, models: Sequence[str], model_ids: Sequence[int], fields: Sequence[tuple[str, str]], views: Sequence[int]
) -> tuple[Record, ...]:
    """The records that follow these models, fields (model, name) and views; in the order in which they can go."""
    found: dict[Record, None] = {}
    found.update(dict.fromkeys(_views_below(env.cr, views)))
    for model, column in NAMING_A_MODEL:
        if model in env:
            found.update(dict.fromkeys(_naming(env, model, column, models)))
    actions = env.cr.fetch(SQL("SELECT id FROM ir_act_server WHERE model_id = ANY(%s)", list(model_ids)))
    jobs = env.cr.fetch(SQL("SELECT id FROM ir_cron WHERE ir_actions_server_id = ANY(%s)", [id_ for (id_,) in actions]))
    found.update(dict.fromkeys(("ir.cron", id_) for (id_,) in jobs))
    found.update(dict.fromkeys(("ir.actions.server", id_) for (id_,) in actions))
    menus = _menus_of(env.cr, found)
    return (*menus, *(record for record in found if record not in set(menus)), *_files_of(env.cr, fields))


def _naming(env: Any, model: str, column: str, models: Sequence[str]) -> Iterator[Record]:
    rows = env.cr.fetch(
        SQL(
            "SELECT id FROM %s WHERE %s = ANY(%s) ORDER BY id DESC",
            SQL.identifier(env[model]._table),
            SQL.identifier(column),
            list(models),
        )
    )
    return ((model, id_) for (id_,) in rows)


def _views_below(cr: Any, views: Sequence[int]) -> list[Record]:
    """Views that inherit from these, directly or not, the deepest first."""
    rows = cr.fetch(
        SQL(
            """
            WITH RECURSIVE below(id, depth) AS (
                SELECT id, 1 FROM ir_ui_view WHERE inherit_id = ANY(%s) AND NOT id = ANY(%s)
                 UNION
                SELECT v.id, b.depth + 1 FROM ir_ui_view v JOIN below b ON v.inherit_id = b.id
            )
            SELECT id FROM below GROUP BY id ORDER BY max(depth) DESC
            """,
            list(views),
            list(views),
        )
    )
    return [("ir.ui.view", id_) for (id_,) in rows]


def _menus_of(cr: Any, records: Collection[Record]) -> list[Record]:
    """Menus that open one of the actions among these records."""
    actions = [f"{model},{id_}" for model, id_ in records if model.startswith("ir.actions.")]
    rows = cr.fetch(SQL("SELECT id FROM ir_ui_menu WHERE action = ANY(%s) ORDER BY id DESC", actions))
    return [("ir.ui.menu", id_) for (id_,) in rows]


def _files_of(cr: Any, fields: Sequence[tuple[str, str]]) -> list[Record]:
    """The files of binary fields that go from models that stay."""
    rows = cr.fetch(
        SQL(
            """
            SELECT a.id
              FROM ir_attachment a
              JOIN unnest(%s::text[], %s::text[]) AS gone(model, field)
                ON a.res_model = gone.model AND a.res_field = gone.field
            """,
            [model for model, _name in fields],
            [name for _model, name in fields],
        )
    )
    return [("ir.attachment", id_) for (id_,) in rows]
