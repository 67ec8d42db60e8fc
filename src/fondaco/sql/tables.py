"""What is in a database - tables, columns, indexes, constraints, sequences - and the statements that change it.

`Catalog.read` asks PostgreSQL four questions, whatever the number of tables. The functions below it only compose SQL;
carrying it out is the caller's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fondaco.sql.fragment import SQL
from fondaco.sql.literals import quote_text

if TYPE_CHECKING:
    from fondaco.sql.cursor import Cursor

_COMMA = SQL(", ")
ON_DELETE = {"a": "no action", "r": "restrict", "c": "cascade", "n": "set null", "d": "set default"}
_ON_DELETE_SQL = {word: SQL(word.upper()) for word in ON_DELETE.values()}
METHODS = {name: SQL(name) for name in ("btree", "gin", "gist", "hash", "brin", "spgist")}


@dataclass(slots=True)
class Column:
    """A column; `type` is PostgreSQL's internal name (int4, varchar, ...), `size` that of varchar(n)."""

    name: str
    type: str
    size: int | None = None
    is_required: bool = False
    default: str | None = None
    comment: str | None = None


@dataclass(slots=True)
class Table:
    """A relation; `kind` is table, view, materialized view, partitioned table or foreign table."""

    name: str
    kind: str = "table"
    columns: dict[str, Column] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Index:
    """An index; `columns` has '' for an expression."""

    name: str
    table: str
    definition: str
    columns: tuple[str, ...]
    is_unique: bool
    is_primary: bool
    is_valid: bool


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A single-column reference."""

    name: str
    table: str
    column: str
    target: str
    target_column: str
    ondelete: str


@dataclass(frozen=True, slots=True)
class Constraint:
    """A CHECK, UNIQUE, EXCLUDE or PRIMARY KEY; `comment` holds the definition as it was written."""

    name: str
    table: str
    kind: str
    definition: str
    comment: str | None


_KINDS = {"r": "table", "v": "view", "m": "materialized view", "p": "partitioned table", "f": "foreign table"}
_CONSTRAINT_KINDS = {"c": "check", "u": "unique", "p": "primary key", "x": "exclude", "t": "trigger"}

_COLUMNS = """
    SELECT c.relname::text, c.relkind::text, a.attname::text, t.typname::text,
           CASE WHEN a.atttypmod > 0 AND t.typname IN ('varchar', 'bpchar') THEN a.atttypmod - 4 END,
           a.attnotnull, pg_get_expr(d.adbin, d.adrelid), n.description
      FROM pg_class c
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped %s
      LEFT JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      LEFT JOIN pg_description n ON n.objoid = c.oid AND n.objsubid = a.attnum AND n.classoid = 'pg_class'::regclass
     WHERE c.relnamespace = current_schema()::regnamespace
       AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
     ORDER BY c.relname, a.attnum
    """
_INDEXES = """
    SELECT i.relname::text, c.relname::text, pg_get_indexdef(x.indexrelid), x.indisunique, x.indisprimary, x.indisvalid,
           ARRAY(SELECT COALESCE(a.attname::text, '')
                   FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k(number, place)
                   LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number AND k.number > 0
                  ORDER BY k.place)
      FROM pg_index x
      JOIN pg_class i ON i.oid = x.indexrelid
      JOIN pg_class c ON c.oid = x.indrelid
     WHERE c.relnamespace = current_schema()::regnamespace %s
    """
_CONSTRAINTS = """
    SELECT k.conname::text, k.contype::text, c.relname::text, k.confdeltype::text, f.relname::text,
           a.attname::text, b.attname::text,
           CASE WHEN k.contype <> 'f' THEN pg_get_constraintdef(k.oid) ELSE '' END, obj_description(k.oid,
           'pg_constraint')
      FROM pg_constraint k
      JOIN pg_class c ON c.oid = k.conrelid
      LEFT JOIN pg_class f ON f.oid = k.confrelid
      LEFT JOIN pg_attribute a ON k.contype = 'f' AND a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
      LEFT JOIN pg_attribute b ON k.contype = 'f' AND b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
     WHERE c.relnamespace = current_schema()::regnamespace
       AND k.contype IN ('c', 'u', 'p', 'x', 'f') %s
     ORDER BY k.oid
    """
_OTHERS = SQL(
    """
    SELECT 'sequence', relname::text, ''
      FROM pg_class
     WHERE relnamespace = current_schema()::regnamespace AND relkind = 'S'
     UNION ALL
    SELECT 'extension', extname::text, ''
      FROM pg_extension
     UNION ALL
    SELECT 'child', c.relname::text, p.relname::text
      FROM pg_inherits i
      JOIN pg_class c ON c.oid = i.inhrelid
      JOIN pg_class p ON p.oid = i.inhparent
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
    """
)


@dataclass
class Catalog:
    """What there is in the schema of our tables, at one moment. Changing it changes nothing in the database."""

    tables: dict[str, Table] = field(default_factory=dict)
    indexes: dict[str, Index] = field(default_factory=dict)
    foreign_keys: dict[tuple[str, str], list[ForeignKey]] = field(default_factory=dict)
    """(table, column) -> its references; one, when all is well"""
    constraints: dict[tuple[str, str], Constraint] = field(default_factory=dict)
    """(table, name) -> constraint"""
    sequences: set[str] = field(default_factory=set)
    extensions: set[str] = field(default_factory=set)
    parents: dict[str, str] = field(default_factory=dict)
    """table -> the table it inherits from (PostgreSQL's inheritance, not ours)"""

    @classmethod
    def read(cls, cr: Cursor, about: Collection[str] | None = None) -> Catalog:
        """Ask the database. `about`: the tables whose columns, indexes and constraints are wanted; None: all."""
        self = cls()
        which = SQL("") if about is None else SQL("AND c.relname = ANY(%s::text[])", sorted(about))
        for name, kind, column, type_, size, is_required, default, comment in cr.fetch(SQL(_COLUMNS, which)):
            table = self.tables.get(name)
            if table is None:
                table = self.tables[name] = Table(name, _KINDS[kind])
            if column is not None:
                table.columns[column] = Column(column, type_, size, is_required, default, comment)
        for name, table_name, definition, is_unique, is_primary, is_valid, columns in cr.fetch(SQL(_INDEXES, which)):
            self.indexes[name] = Index(name, table_name, definition, tuple(columns), is_unique, is_primary, is_valid)
        for name, kind, table_name, ondelete, target, column, target_column, definition, comment in cr.fetch(
            SQL(_CONSTRAINTS, which)
        ):
            if kind == "f":
                key = ForeignKey(name, table_name, column, target, target_column, ON_DELETE[ondelete])
                self.foreign_keys.setdefault((table_name, column), []).append(key)
            else:
                constraint = Constraint(name, table_name, _CONSTRAINT_KINDS[kind], definition, comment)
                self.constraints[table_name, name] = constraint
        for kind, name, parent in cr.fetch(_OTHERS):
            if kind == "child":
                self.parents[name] = parent
            else:
                (self.sequences if kind == "sequence" else self.extensions).add(name)
        return self

    def column(self, table: str, name: str) -> Column | None:
        found = self.tables.get(table)
        return None if found is None else found.columns.get(name)


# -- statements -----------------------------------------------------------------------------------------------------
def column_sql(name: str, type_: str, *extras: SQL) -> SQL:
    """`"name" type ...` as CREATE TABLE and ADD COLUMN want it; `type_` is ours, never a user's."""
    return SQL(" ").join([SQL.identifier(name), SQL(type_), *extras])


def create_table(name: str, columns: Iterable[SQL], parent: str | None = None) -> SQL:
    statement = SQL("CREATE TABLE %s (%s)", SQL.identifier(name), _COMMA.join(columns))
    return SQL("%s INHERITS (%s)", statement, SQL.identifier(parent)) if parent else statement


def alter_table(name: str, actions: Iterable[SQL]) -> SQL:
    """One ALTER TABLE with all its actions: the table is locked, and rewritten if need be, once."""
    return SQL("ALTER TABLE %s %s", SQL.identifier(name), _COMMA.join(actions))


def add_column(name: str, type_: str, *, is_given: bool = False) -> SQL:
    """is_given: the table that this one inherits from may have given it the column already."""
    return SQL("ADD COLUMN %s%s", SQL("IF NOT EXISTS " if is_given else ""), column_sql(name, type_))


def drop_column(name: str) -> SQL:
    return SQL("DROP COLUMN IF EXISTS %s CASCADE", SQL.identifier(name))


def change_type(name: str, type_: str, using: SQL | None = None) -> SQL:
    change = SQL("ALTER COLUMN %s TYPE %s", SQL.identifier(name), SQL(type_))
    return change if using is None else SQL("%s USING %s", change, using)


def drop_default(name: str) -> SQL:
    return SQL("ALTER COLUMN %s DROP DEFAULT", SQL.identifier(name))


def set_not_null(name: str) -> SQL:
    return SQL("ALTER COLUMN %s SET NOT NULL", SQL.identifier(name))


def drop_not_null(name: str) -> SQL:
    return SQL("ALTER COLUMN %s DROP NOT NULL", SQL.identifier(name))


def rename_column(table: str, old: str, new: str) -> SQL:
    return SQL("ALTER TABLE %s RENAME COLUMN %s TO %s", SQL.identifier(table), SQL.identifier(old), SQL.identifier(new))


def add_foreign_key(table: str, column: str, target: str, ondelete: str, target_column: str = "id") -> SQL:
    """An action of ALTER TABLE; PostgreSQL chooses the name, `<table>_<column>_fkey`."""
    return SQL(
        "ADD FOREIGN KEY (%s) REFERENCES %s (%s) ON DELETE %s",
        SQL.identifier(column), SQL.identifier(target), SQL.identifier(target_column), _ON_DELETE_SQL[ondelete.lower()],
    )  # fmt: skip


def add_constraint(name: str, definition: str) -> SQL:
    """An action of ALTER TABLE; `definition` is SQL as a module wrote it."""
    return SQL("ADD CONSTRAINT %s %s", SQL.identifier(name), SQL(definition.replace("%", "%%")))


def comment_on_constraint(table: str, name: str, comment: str) -> SQL:
    return SQL(
        "COMMENT ON CONSTRAINT %s ON %s IS %s",
        SQL.identifier(name), SQL.identifier(table), SQL(quote_text(comment).replace("%", "%%")),
    )  # fmt: skip


def comment_on_table(table: str, comment: str) -> SQL:
    return SQL("COMMENT ON TABLE %s IS %s", SQL.identifier(table), SQL(quote_text(comment).replace("%", "%%")))


def comment_on_column(table: str, column: str, comment: str) -> SQL:
    return SQL("COMMENT ON COLUMN %s IS %s", SQL.identifier(table, column), SQL(quote_text(comment).replace("%", "%%")))


def drop_constraint(name: str) -> SQL:
    return SQL("DROP CONSTRAINT IF EXISTS %s", SQL.identifier(name))


def create_index(
    name: str,
    table: str,
    expressions: Sequence[SQL],
    *,
    method: str = "btree",
    where: SQL | None = None,
    is_unique: bool = False,
) -> SQL:
    statement = SQL(
        "CREATE %s IF NOT EXISTS %s ON %s USING %s (%s)",
        SQL("UNIQUE INDEX" if is_unique else "INDEX"),
        SQL.identifier(name),
        SQL.identifier(table),
        METHODS[method.lower()],
        _COMMA.join(expressions),
    )
    return statement if where is None else SQL("%s WHERE %s", statement, where)


def drop_index(name: str) -> SQL:
    return SQL("DROP INDEX IF EXISTS %s", SQL.identifier(name))
