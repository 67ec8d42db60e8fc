"""Which statements make the tables of a database anew, empty, and what is added when their rows are there?

    found = read(cr)
    found.tables, found.before, found.after

Read from PostgreSQL's catalogue, in words that every version of it understands. What our installer makes is known
here: tables, columns, SERIAL, constraints, indexes, views, comments. A database that holds anything else is refused:
half of a structure would be none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from fondaco.errors import DatabaseError
from fondaco.sql.cursor import Cursor
from fondaco.sql.databases import OWN_UNACCENT
from fondaco.sql.fragment import SQL, quote_name
from fondaco.sql.literals import quote_text

SCHEMAS = SQL("(current_schema()::regnamespace, to_regnamespace('_fondaco'))")
"""Of our tables: that of the models, and the one of what is nobody's business but ours."""
KINDS = "cpu"
"""Of constraints in CREATE TABLE: PostgreSQL makes those that need an index last."""
SERIAL = SQL(
    """
    EXISTS (
        SELECT FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid JOIN pg_class q ON q.oid = d.objid
         WHERE d.classid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
           AND d.deptype = 'a' AND q.relname = c.relname || '_' || a.attname || '_seq' AND q.relacl IS NULL
           AND (s.seqtypid, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle)
               = ('int4'::regtype, 1, 1, 1, 2147483647, 1, false)
    )
    """
)
TABLES = SQL(
    """
    SELECT c.oid::int8, c.oid::regclass::text, n.nspname::text, n.oid = current_schema()::regnamespace,
           (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
              FROM pg_inherits i WHERE i.inhrelid = c.oid)
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relnamespace IN %s AND c.relkind = 'r'
     ORDER BY c.oid
    """,
    SCHEMAS,
)
COLUMNS = SQL(
    """
    SELECT a.attrelid::int8, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_get_expr(d.adbin, d.adrelid), a.attislocal, %s
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid
 LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE c.relnamespace IN %s AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY a.attrelid, a.attnum
    """,
    SERIAL,
    SCHEMAS,
)
CONSTRAINTS = SQL(
    """
    SELECT k.conrelid::int8, k.conrelid::regclass::text, quote_ident(k.conname), k.contype::text,
           pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint')
      FROM pg_constraint k
     WHERE k.connamespace IN %s AND k.conrelid <> 0 AND k.contype IN ('p', 'u', 'c', 'f') AND k.conislocal
     ORDER BY k.oid
    """,
    SCHEMAS,
)
INDEXES = SQL(
    """
    SELECT pg_get_indexdef(x.indexrelid, 0, true)
      FROM pg_index x
      JOIN pg_class c ON c.oid = x.indrelid
     WHERE c.relnamespace IN %s AND c.relkind = 'r'
       AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
     ORDER BY x.indexrelid
    """,
    SCHEMAS,
)
VIEWS = SQL(
    """
    SELECT c.oid::regclass::text, pg_get_viewdef(c.oid)
      FROM pg_class c
     WHERE c.relnamespace IN %s AND c.relkind = 'v'
     ORDER BY c.oid
    """,
    SCHEMAS,
)
COMMENTS = SQL(
    """
    SELECT c.oid::regclass::text, (SELECT quote_ident(attname) FROM pg_attribute
                                    WHERE attrelid = c.oid AND attnum = d.objsubid AND d.objsubid > 0), d.description
      FROM pg_description d
      JOIN pg_class c ON c.oid = d.objoid
     WHERE d.classoid = 'pg_class'::regclass AND c.relnamespace IN %s AND c.relkind = 'r'
     ORDER BY c.oid, d.objsubid
    """,
    SCHEMAS,
)
STRANGERS = SQL(
    """
    SELECT 'relation', c.oid::regclass::text
      FROM pg_class c
     WHERE c.relnamespace IN %s
       AND (c.relkind NOT IN ('r', 'v', 'i', 'S') OR c.relpersistence <> 'p' OR c.relacl IS NOT NULL
            OR c.reloptions IS NOT NULL OR c.relrowsecurity OR c.relreplident NOT IN ('d', 'n') OR c.reltablespace <> 0
            OR (c.relkind = 'S' AND NOT EXISTS (
                SELECT FROM pg_depend q JOIN pg_class t ON t.oid = q.refobjid
                  JOIN pg_attribute a ON a.attrelid = q.refobjid AND a.attnum = q.refobjsubid
                 WHERE q.classid = 'pg_class'::regclass AND q.objid = c.oid AND q.deptype = 'a'
                   AND c.relname = t.relname || '_' || a.attname || '_seq')))
     UNION ALL
    SELECT 'column', c.oid::regclass || '.' || a.attname
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid
      JOIN pg_type t ON t.oid = a.atttypid
     WHERE c.relnamespace IN %s AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
       AND (a.attidentity <> '' OR a.attgenerated <> '' OR a.attcollation <> t.typcollation OR a.attacl IS NOT NULL
            OR a.attoptions IS NOT NULL OR a.attstorage <> t.typstorage OR a.attcompression <> ''
            OR a.attstattarget >= 0)
     UNION ALL
    SELECT 'constraint', k.conname::text
      FROM pg_constraint k
     WHERE k.connamespace IN %s AND k.contype NOT IN ('p', 'u', 'c', 'f', 'n')
     UNION ALL
    SELECT 'trigger', t.tgname::text
      FROM pg_trigger t
      JOIN pg_class c ON c.oid = t.tgrelid
     WHERE c.relnamespace IN %s AND NOT t.tgisinternal
     UNION ALL
    SELECT 'rule', r.rulename::text
      FROM pg_rewrite r
      JOIN pg_class c ON c.oid = r.ev_class
     WHERE c.relnamespace IN %s AND c.relkind = 'r'
     UNION ALL
    SELECT 'routine', p.oid::regprocedure::text
      FROM pg_proc p
     WHERE p.pronamespace IN %s AND p.proname <> %s
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                          AND d.deptype = 'e')
     UNION ALL
    SELECT 'type', t.typname::text
      FROM pg_type t
     WHERE t.typnamespace IN %s AND t.typtype IN ('d', 'e', 'r')
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid
                          AND d.deptype = 'e')
     UNION ALL
    SELECT 'comment', c.oid::regclass::text
      FROM pg_description d
      JOIN pg_class c ON c.oid = d.objoid
     WHERE d.classoid = 'pg_class'::regclass AND c.relnamespace IN %s AND c.relkind <> 'r'
    """,
    *[SCHEMAS] * 6, OWN_UNACCENT, *[SCHEMAS] * 2,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """A table as statements write it: its name, and each of its columns with its type."""

    name: str
    columns: tuple[tuple[str, str], ...]

    @property
    def names(self) -> str:
        return ", ".join(name for name, _type in self.columns)


@dataclass(frozen=True, slots=True)
class Structure:
    """tables: in the order in which they are made. before, after: statements that come before and after the rows."""

    tables: tuple[Table, ...]
    before: str
    after: str


def read(cr: Cursor) -> Structure:
    """The structure of the database of a cursor; DatabaseError when it holds what is not known here."""
    if strangers := [f"{kind} {name}" for kind, name in cr.fetch(STRANGERS)]:
        raise DatabaseError(
            f"database {cr.dbname!r} holds what cannot be written as statements here: {', '.join(strangers[:9])}; "
            f"expected tables, views, indexes and constraints alone. Teach {__name__} about it"
        )
    columns = {oid: list(rows) for oid, rows in groupby(cr.fetch(COLUMNS), key=lambda row: row[0])}
    constraints = cr.fetch(CONSTRAINTS)
    found = cr.fetch(TABLES)
    tables, before = [], []
    for schema in sorted({schema for _oid, _name, schema, is_usual, _parents in found if not is_usual}):
        before.append(f"CREATE SCHEMA {quote_name(schema)}")
    for oid, name, _schema, _is_usual, parents in found:
        own = sorted(
            (row for row in constraints if row[0] == oid and row[3] != "f"), key=lambda row: KINDS.index(row[3])
        )
        before.append(_create(name, columns[oid], [f"CONSTRAINT {row[2]} {row[4]}" for row in own], parents))
        tables.append(Table(name, tuple((column, kind) for _oid, column, kind, *_others in columns[oid])))
    before += [f"CREATE VIEW {name} AS {text.rstrip(';')}" for name, text in cr.fetch(VIEWS)]
    after = [text for (text,) in cr.fetch(INDEXES)]
    after += _keys((table, key, text) for _oid, table, key, kind, text, _said in constraints if kind == "f")
    for name, column, text in cr.fetch(COMMENTS):
        what = f"TABLE {name}" if column is None else f"COLUMN {name}.{column}"
        after.append(f"COMMENT ON {what} IS {quote_text(text)}")
    for _oid, table, key, _kind, _text, said in sorted(constraints):
        if said is not None:
            after.append(f"COMMENT ON CONSTRAINT {key} ON {table} IS {quote_text(said)}")
    return Structure(tuple(tables), _together(before), _together(after))


def positions(cr: Cursor) -> str:
    """The statement that sets each sequence to where it is now; empty where none was used."""
    rows = cr.fetch(
        SQL(
            """
            SELECT c.oid::regclass::text, pg_sequence_last_value(c.oid)
              FROM pg_sequence s
              JOIN pg_class c ON c.oid = s.seqrelid
             WHERE c.relnamespace IN %s
             ORDER BY c.oid
            """,
            SCHEMAS,
        )
    )
    calls = [f"setval({quote_text(name)}::regclass, {value})" for name, value in rows if value is not None]
    return f"SELECT {', '.join(calls)};\n" if calls else ""


def _create(name: str, columns: Sequence[tuple[object, ...]], constraints: Iterable[str], parents: str | None) -> str:
    lines = [line for column in columns if (line := _column(*column))]
    inherits = f" INHERITS ({parents})" if parents else ""
    return f"CREATE TABLE {name} ({', '.join([*lines, *constraints])}){inherits}"


def _column(
    _oid: object, name: object, kind: object, is_required: object, default: object, is_own: object, is_serial: object
) -> str:
    """As it stands in CREATE TABLE; empty for one that comes from the table's parent alone."""
    if not is_own:
        return ""
    if is_serial:
        return f"{name} SERIAL"
    words = [f"{name} {kind}"]
    if default is not None:
        words.append(f"DEFAULT {default}")
    if is_required:
        words.append("NOT NULL")
    return " ".join(words)


def _keys(found: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Foreign keys in their order, which is that in which PostgreSQL looks at them; neighbours of a table at once."""
    for table, keys in groupby(found, key=lambda row: row[0]):
        yield f"ALTER TABLE {table} " + ", ".join(f"ADD CONSTRAINT {key} {text}" for _table, key, text in keys)


def _together(statements: Iterable[str]) -> str:
    return "".join(f"{statement};\n" for statement in statements)
