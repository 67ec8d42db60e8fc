"""Which rows of a model are meant: tables, joins and conditions, that become one SELECT when somebody asks.

    query = Query(env, "res_partner")
    country = query.left_join("res_partner", "country_id", "res_country", "id", "country_id")
    query.add_where(SQL("%s = %s", SQL.identifier(country, "code"), "IT"))
    env.execute_query(query.select("id"))

A query may also know its answer (`set_result_ids`); an answer without ids is never asked of PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from fondaco.sql.fragment import SQL, among

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment

MAX_IDENTIFIER = 63
"""NAMEDATALEN - 1, in bytes"""
_HASH_LENGTH = 8

_AND = SQL(" AND ")
_COMMA = SQL(", ")
_NONE = SQL("(SELECT 1 WHERE FALSE)")
_JOINS = {
    "JOIN": SQL("JOIN"),
    "LEFT JOIN": SQL("LEFT JOIN"),
    "RIGHT JOIN": SQL("RIGHT JOIN"),
    "FULL JOIN": SQL("FULL JOIN"),
    "CROSS JOIN": SQL("CROSS JOIN"),
    "INNER JOIN": SQL("JOIN"),
}


def make_identifier(identifier: str) -> str:
    """`identifier`, cut to what PostgreSQL keeps of it; a hash of the whole stands for what was cut."""
    if len(identifier.encode()) <= MAX_IDENTIFIER:
        return identifier
    head = identifier.encode()[: MAX_IDENTIFIER - _HASH_LENGTH - 1].decode(errors="ignore")
    return f"{head}_{sha256(identifier.encode()).hexdigest()[:_HASH_LENGTH]}"


class Query:
    """A SELECT in the making. The first table is the model's; its `id` is what the query is about."""

    __slots__ = (
        "_env", "_ids", "_joins", "_order", "_tables", "_where_clauses", "groupby", "having", "limit", "offset",
    )  # fmt: skip

    def __init__(self, env: Environment, alias: str, table: SQL | str | None = None) -> None:
        self._env = env
        self._tables: dict[str, SQL] = {alias: _named(alias, table)}
        self._joins: dict[str, tuple[SQL, SQL, SQL]] = {}
        self._where_clauses: list[SQL] = []
        self._ids: tuple[int, ...] | None = None
        self._order: SQL | None = None
        self.groupby: SQL | None = None
        self.having: SQL | None = None
        self.limit: int | None = None
        self.offset: int | None = None

    def __repr__(self) -> str:
        return f"<Query {self.select()!r}>"

    # -- tables -----------------------------------------------------------------------------------------------------
    @property
    def table(self) -> str:
        """The alias of the model's own table."""
        return next(iter(self._tables))

    @staticmethod
    def make_alias(alias: str, link: str) -> str:
        """The alias of what `link` (a field, mostly) leads to from `alias`."""
        return make_identifier(f"{alias}__{link}")

    def add_table(self, alias: str, table: SQL | str | None = None) -> None:
        """Add a table to FROM; its relation to the others is for `add_where` to say."""
        if alias in self._tables or alias in self._joins:
            raise ValueError(f"Query on {self.table}: alias {alias!r} is taken")
        self._tables[alias] = _named(alias, table)
        if self._ids:
            self._ids = None

    def add_join(self, kind: str, alias: str, table: SQL | str | None, condition: SQL) -> None:
        """Add a join; a second one of the same alias must be the same."""
        sql_kind = _JOINS.get(kind.upper())
        if sql_kind is None:
            raise ValueError(
                f"Query on {self.table}: unknown kind of join {kind!r}; expected one of {', '.join(_JOINS)}"
            )
        join = (sql_kind, _named(alias, table), condition)
        found = self._joins.get(alias)
        if found is None and alias not in self._tables:
            self._joins[alias] = join
            if self._ids:
                self._ids = None
        elif found != join:
            raise ValueError(f"Query on {self.table}: alias {alias!r} is taken by another table or condition: {found}")

    def has_every_row(self, alias: str) -> bool:
        """Whether a row of `alias` is never absent: a table of FROM, or one joined by JOIN."""
        join = self._joins.get(alias)
        return join is None or join[0].code == "JOIN"

    def join(self, lhs_alias: str, lhs_column: str, rhs_table: str | SQL, rhs_column: str, link: str) -> str:
        """JOIN where lhs_alias.lhs_column = rhs_table.rhs_column; the alias of the joined table."""
        return self._join("JOIN", lhs_alias, lhs_column, rhs_table, rhs_column, link)

    def left_join(self, lhs_alias: str, lhs_column: str, rhs_table: str | SQL, rhs_column: str, link: str) -> str:
        """The same as LEFT JOIN."""
        return self._join("LEFT JOIN", lhs_alias, lhs_column, rhs_table, rhs_column, link)

    def _join(
        self, kind: str, lhs_alias: str, lhs_column: str, rhs_table: str | SQL, rhs_column: str, link: str
    ) -> str:
        if lhs_alias not in self._tables and lhs_alias not in self._joins:
            raise ValueError(f"Query on {self.table}: cannot join on alias {lhs_alias!r}, which is not part of it")
        alias = self.make_alias(lhs_alias, link)
        condition = SQL("%s = %s", SQL.identifier(lhs_alias, lhs_column), SQL.identifier(alias, rhs_column))
        self.add_join(kind, alias, rhs_table, condition)
        return alias

    # -- conditions -------------------------------------------------------------------------------------------------
    def add_where(self, where_clause: str | SQL, where_params: Iterable[Any] = ()) -> None:
        """Keep only rows for which this is true, too."""
        clause = where_clause if isinstance(where_clause, SQL) else SQL(where_clause, *where_params)
        self._where_clauses.append(clause)
        if self._ids:
            self._ids = None

    @property
    def order(self) -> SQL | None:
        """What comes after ORDER BY."""
        return self._order

    @order.setter
    def order(self, value: SQL | str | None) -> None:
        self._order = SQL(value) if value else None
        if self._ids:
            self._ids = None

    def is_empty(self) -> bool:
        """Whether the answer is known to be without rows."""
        return self._ids == ()

    # -- the statement ----------------------------------------------------------------------------------------------
    @property
    def from_clause(self) -> SQL:
        """What comes after FROM."""
        tables = _COMMA.join(self._tables.values())
        if not self._joins:
            return tables
        pieces = [tables]
        for kind, table, condition in self._joins.values():
            pieces.append(SQL("%s %s ON (%s)", kind, table, condition) if condition else SQL("%s %s", kind, table))
        return SQL(" ").join(pieces)

    @property
    def where_clause(self) -> SQL:
        """What comes after WHERE; empty when every row is meant."""
        return _AND.join(self._where_clauses)

    def select(self, *args: str | SQL) -> SQL:
        """The statement that answers `args` (the id if there are none) for the rows meant, in order."""
        pieces: list[str | SQL] = ["SELECT ", self._terms(args), " FROM ", self.from_clause]
        if self._where_clauses:
            pieces += (" WHERE ", self.where_clause)
        if self.groupby:
            pieces += (" GROUP BY ", self.groupby)
        if self.having:
            pieces += (" HAVING ", self.having)
        if self._order:
            pieces += (" ORDER BY ", self._order)
        # Written into the text: a plan made for LIMIT $1 does not know that few rows are wanted.
        if self.limit:
            pieces.append(f" LIMIT {int(self.limit)}")
        if self.offset:
            pieces.append(f" OFFSET {int(self.offset)}")
        return SQL.chain(*pieces)

    def subselect(self, *args: str | SQL) -> SQL:
        """The same between parentheses, for IN; without an order that does not matter there."""
        if self._ids == ():
            return _NONE
        if self._ids is not None and not args:
            return SQL("(SELECT unnest(%s))", list(self._ids))
        if self.limit or self.offset:
            return SQL("(%s)", self.select(*args))
        order, self._order = self._order, None
        try:
            return SQL("(%s)", self.select(*args))
        finally:
            self._order = order

    def get_sql(self) -> tuple[str, str, list[Any]]:
        """FROM and WHERE as texts with the parameters of both, for statements written by hand."""
        tables, conditions = self.from_clause, self.where_clause
        return tables.code, conditions.code, tables.params + conditions.params

    def _terms(self, args: Sequence[str | SQL]) -> SQL:
        if not args:
            return SQL.identifier(self.table, "id")
        return _COMMA.join([arg if isinstance(arg, SQL) else SQL(arg) for arg in args])

    # -- the answer -------------------------------------------------------------------------------------------------
    def get_result_ids(self) -> tuple[int, ...]:
        """The ids of the rows meant, in order. Asked of PostgreSQL once."""
        if self._ids is None:
            self._ids = tuple([row[0] for row in self._env.read_query(self.select())])
        return self._ids

    def set_result_ids(self, ids: Iterable[int], ordered: bool = True) -> None:
        """Say what the answer is. The statement then finds these rows, in their order if `ordered`."""
        if self._joins or self._where_clauses or self.limit or self.offset:
            raise ValueError(
                f"Query on {self.table}: set_result_ids is for a query without joins, conditions and limits"
            )
        ids = tuple(ids)
        row_id = SQL.identifier(self.table, "id")
        if not ids:
            self.add_where(SQL("FALSE"))
        elif ordered:
            alias = self.make_alias(self.table, "ids")
            place = SQL.identifier(alias, "ordinality")
            self.add_join(
                "JOIN",
                alias,
                SQL("(SELECT * FROM unnest(%s) WITH ORDINALITY)", list(ids)),
                SQL("%s = %s", row_id, SQL.identifier(alias, "unnest")),
            )
            self._order = place
        else:
            self.add_where(among(row_id, ids))
        self._ids = ids

    def __bool__(self) -> bool:
        return bool(self.get_result_ids())

    def __len__(self) -> int:
        if self._ids is not None:
            return len(self._ids)
        if self.limit or self.offset or self.groupby:
            counted = SQL("SELECT COUNT(*) FROM %s t", self.subselect(SQL("1")))
        else:
            order, self._order = self._order, None
            counted = self.select(SQL("COUNT(*)"))
            self._order = order
        return int(self._env.read_query(counted)[0][0])

    def __iter__(self) -> Iterator[int]:
        return iter(self.get_result_ids())


def _named(alias: str, table: SQL | str | None) -> SQL:
    """A table as FROM names it: `"t"`, `"t" AS "a"` or `(SELECT ...) AS "a"`."""
    name = SQL.identifier(alias)
    if table is None:
        return name
    if isinstance(table, str):
        table = SQL.identifier(table)
    return name if table == name else SQL("%s AS %s", table, name)
