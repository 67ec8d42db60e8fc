"""Where does each record stand in its tree? `parent_path` ('1/5/12/') of models with `_parent_store`, kept true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fondaco.errors import UserError
from fondaco.orm.recordset import Recordset
from fondaco.sql.fragment import SQL

if TYPE_CHECKING:
    from typing import Self


class Nesting(Recordset):
    """Facet: parent_path."""

    __slots__ = ()

    def _parent_store_create(self) -> None:
        """Set parent_path of records just inserted."""
        if not self._parent_store:
            return
        parent, table = SQL.identifier(self._parent_name), SQL.identifier(self._table)
        rows = self.env.cr.fetch(
            SQL(
                """
                UPDATE %(table)s AS node
                   SET parent_path = concat(
                       (SELECT up.parent_path FROM %(table)s AS up WHERE up.id = node.%(parent)s), node.id, '/'
                   )
                 WHERE node.id = ANY(%(ids)s)
                RETURNING node.id, node.parent_path
                """,
                table=table,
                parent=parent,
                ids=self.ids,
            )
        )
        # a parent made by the same INSERT had no path yet when its child asked
        loose = [id_ for id_, path in rows if self._needs_parent(id_, path)]
        paths = dict(rows)
        if loose:
            self._parent_store_compute()
            paths = dict(self._paths(self.ids))
        column = self.env.columns[self._fields["parent_path"]]
        column.update(paths.items())

    def _needs_parent(self, id_: int, path: str) -> bool:
        parent = self.env.columns[self._fields[self._parent_name]].get(id_)
        return bool(parent) and not path.endswith(f"{parent}/{id_}/")

    def _paths(self, ids: Sequence[int]) -> list[tuple[int, str]]:
        return self.env.cr.fetch(
            SQL("SELECT id, parent_path FROM %s WHERE id = ANY(%s)", SQL.identifier(self._table), list(ids))
        )

    def _parent_store_update_prepare(self, vals_list: Sequence[Mapping[str, Any]]) -> Self:
        """The records whose parent will really change."""
        if not self._parent_store or not self:
            return self.browse()
        name = self._parent_name
        moved = []
        for record, vals in zip(self, vals_list, strict=True):
            if name in vals:
                value = vals[name]
                new = value.id if isinstance(value, Recordset) else (value or False)
                if (record[name].id or False) != new:
                    moved.append(record._ids[0])
        return self.browse(tuple(moved))

    def _parent_store_update(self) -> None:
        """Set parent_path of the records and all below them, after their parent changed; a cycle is refused."""
        table, parent = SQL.identifier(self._table), SQL.identifier(self._parent_name)
        cycle = self.env.cr.fetch(
            SQL(
                """
                SELECT 1
                  FROM %(table)s AS node
                  JOIN %(table)s AS up ON up.id = node.%(parent)s
                 WHERE node.id = ANY(%(ids)s)
                   AND up.parent_path LIKE concat(node.parent_path, '%%')
                 LIMIT 1
                """,
                table=table, parent=parent, ids=self.ids,
            )
        )  # fmt: skip
        if cycle:
            raise UserError(self.env._("A record cannot lie below itself."))
        rows = self.env.cr.fetch(
            SQL(
                """
                UPDATE %(table)s AS child
                   SET parent_path = concat(
                       up.parent_path,
                       substr(child.parent_path, length(node.parent_path) - length(node.id || '/') + 1)
                   )
                  FROM %(table)s AS node
                  LEFT JOIN %(table)s AS up ON up.id = node.%(parent)s
                 WHERE node.id = ANY(%(ids)s)
                   AND child.parent_path LIKE concat(node.parent_path, '%%')
                RETURNING child.id, child.parent_path
                """,
                table=table, parent=parent, ids=self.ids,
            )
        )  # fmt: skip
        self.env.columns[self._fields["parent_path"]].update(dict(rows))
        self.browse(tuple(row[0] for row in rows)).modified(["parent_path"])

    def _parent_store_compute(self) -> None:
        """Set parent_path of the whole table."""
        if not self._parent_store:
            return
        table, parent = SQL.identifier(self._table), SQL.identifier(self._parent_name)
        self.env.cr.run(
            SQL(
                """
                WITH RECURSIVE tree(id, path) AS (
                    SELECT id, concat(id, '/') FROM %(table)s WHERE %(parent)s IS NULL
                    UNION ALL
                    SELECT node.id, concat(tree.path, node.id, '/')
                      FROM %(table)s AS node
                      JOIN tree ON node.%(parent)s = tree.id
                )
                UPDATE %(table)s AS node SET parent_path = tree.path FROM tree
                 WHERE node.id = tree.id AND node.parent_path IS DISTINCT FROM tree.path
                """,
                table=table, parent=parent,
            )
        )  # fmt: skip
        self.env.cache.forget(self._fields["parent_path"])

    def _check_parent_path(self) -> None:
        """A model with `_parent_store` has an indexed parent_path."""
        field = self._fields.get("parent_path")
        if field is None or not field.index:
            raise UserError(f"{self._name}: _parent_store needs parent_path = fields.Char(index=True)")
