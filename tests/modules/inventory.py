"""What a database holds beside the rows of its users: schema, names of records, and what describes models.

    before = take(cr)
    ...
    assert differences(before, take(cr)) == []

Ids (in names of sequences and in archs too), dates, the order of columns and that of foreign keys are left out: two
databases that came to the same state by different ways are equal. Keys were made in another order by former releases,
as they are by modules that come later (`orm/references.py`); it would be felt only by rows that one transaction makes
and deletes, and making them anew would read every table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

Inventory = Mapping[str, Counter[tuple[Any, ...]]]

SCHEMA = {
    "relation": """
        SELECT regexp_replace(c.relname, '^ir_sequence_[0-9]+', 'ir_sequence_n'), c.relkind::text,
               obj_description(c.oid, 'pg_class')
          FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
    """,
    "column": """
        SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               pg_get_expr(d.adbin, d.adrelid)
          FROM pg_attribute a
          JOIN pg_class c ON c.oid = a.attrelid
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
           AND a.attnum > 0 AND NOT a.attisdropped
    """,
    "index": "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "constraint": """
        SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint')
          FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace AND contype != 'n'
    """,
    "trigger": "SELECT tgrelid::regclass::text, tgname::text FROM pg_trigger WHERE NOT tgisinternal",
    "function": """
        SELECT p.proname::text
          FROM pg_proc p
     LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
         WHERE p.pronamespace = 'public'::regnamespace AND d.objid IS NULL
    """,
    "type": """
        SELECT typname::text
          FROM pg_type
         WHERE typnamespace = 'public'::regnamespace AND typtype IN ('d', 'e', 'r')
    """,
}
NAMES = {"xmlid": "SELECT module, name, model, noupdate FROM ir_model_data"}
DESCRIPTIONS = {
    "model": 'SELECT model, name::text, "order", state, transient FROM ir_model',
    "field": """
        SELECT model, name, ttype, relation, relation_field, related, required, readonly, store, copied, translate,
               size, company_dependent, on_delete, state, relation_table, column1, column2, field_description::text
          FROM ir_model_fields
    """,
    "selection": """
        SELECT f.model, f.name, s.value, s.name::text
          FROM ir_model_fields_selection s
          JOIN ir_model_fields f ON f.id = s.field_id
    """,
    "model inherit": """
        SELECT child.model, parent.model
          FROM ir_model_inherit i
          JOIN ir_model child ON child.id = i.model_id
          JOIN ir_model parent ON parent.id = i.parent_id
    """,
    "model constraint": """
        SELECT m.name, model.model, c.name, c.type, c.definition
          FROM ir_model_constraint c
          JOIN ir_model model ON model.id = c.model
          JOIN ir_module_module m ON m.id = c.module
    """,
    "model relation": """
        SELECT m.name, r.name
          FROM ir_model_relation r
          JOIN ir_module_module m ON m.id = r.module
    """,
}
RECORDS = {
    "view": "SELECT name, model, type, mode, priority, active, "
    " md5(regexp_replace(arch_db::text, '[0-9]+', '', 'g')) FROM ir_ui_view",
    "menu": "SELECT name::text, parent_path IS NOT NULL, active FROM ir_ui_menu",
    "group": "SELECT name::text FROM res_groups",
    "implied group": """
        SELECT g.name::text, i.name::text
          FROM res_groups_implied_rel r
          JOIN res_groups g ON g.id = r.gid
          JOIN res_groups i ON i.id = r.hid
    """,
    "access": "SELECT name, perm_read, perm_write, perm_create, perm_unlink FROM ir_model_access",
    "rule": "SELECT name, domain_force FROM ir_rule",
    "action": "SELECT name::text, type, path FROM ir_actions",
    "cron": "SELECT cron_name, active FROM ir_cron",
    "sequence": "SELECT name, code, implementation FROM ir_sequence",
    "parameter": "SELECT key FROM ir_config_parameter",
    "default": "SELECT f.model, f.name, d.json_value FROM ir_default d JOIN ir_model_fields f ON f.id = d.field_id",
    "attachment": "SELECT name, res_model, res_field, store_fname FROM ir_attachment",
    "paper format": "SELECT name FROM report_paperformat",
    "asset": "SELECT name, bundle, path FROM ir_asset",
}
EVERYTHING = SCHEMA | NAMES | DESCRIPTIONS | RECORDS


def take(cr: Any, kinds: Mapping[str, str] = EVERYTHING, filestore: Path | None = None) -> Inventory:
    """What the database holds now, by kind; with `filestore`, the names of its files too."""
    found = {}
    for kind, query in kinds.items():
        cr.execute(query)
        found[kind] = Counter(map(tuple, cr.fetchall()))
    if filestore is not None:
        files = (path for path in filestore.rglob("*") if path.is_file() and "checklist" not in path.parts)
        found["file"] = Counter((str(path.relative_to(filestore)),) for path in files)
    return found


def differences(before: Inventory, after: Inventory, leave_out: Collection[str] = ()) -> list[str]:
    """A line for each thing that only one of them holds; nothing when they are equal."""
    lines = []
    for kind in before:
        if kind in leave_out:
            continue
        lines += [f"gone: {kind} {' | '.join(map(str, row))}" for row in (before[kind] - after[kind]).elements()]
        lines += [f"new: {kind} {' | '.join(map(str, row))}" for row in (after[kind] - before[kind]).elements()]
    return sorted(lines)
