"""Rows of records in a workbook: as a plain table, or below the titles and totals of their groups."""

from fondaco.addon import _
from fondaco.errors import UserError
from fondaco.values.tabular import Workbook

SHEET = "Sheet1"
INDENT = "    "
BATCH = 1000  # records in memory


def write_workbook(file, titles, rows):
    """A table as a file."""
    book = Workbook(SHEET, file)
    _add(book, titles, "bold")
    for row in rows:
        _add(book, row)
    book.close()


def write_grouped_workbook(file, records, wanted):
    """The records below their groups, each with its number of records and the totals of its columns."""
    book = Workbook(SHEET, file)
    _add(book, wanted.titles, "bold")
    domain = [("id", "in", records.ids)] if wanted.ids else wanted.domain
    _add_groups(book, records, wanted, domain, level=0)
    book.close()


def rows_of(records, names):
    """The rows of an export, some records at a time: those that are written are let go."""
    for start in range(0, len(records), BATCH):
        yield from records[start : start + BATCH].with_prefetch().export_data(names)["datas"]
        records.env.flush_all()  # external ids that were made
        records.env.invalidate_all()


def _add(book, row, style="plain"):
    """Write a row; what the format cannot hold is a sentence."""
    try:
        book.add(row, style)
    except ValueError as error:
        raise UserError(_("%(problem)s. Export as CSV, or fewer records.", problem=error)) from error


def _add_groups(book, records, wanted, domain, *, level):
    """The groups of one level, each followed by what is in it."""
    totals = [name for name in wanted.names if _has_total(records, name)]
    spec = wanted.groupby[level]
    for group in records.read_group(domain, totals, [spec], lazy=False):
        label = f"{INDENT * level}{_group_label(records, spec, group[spec])} ({group['__count']})"
        _add(book, [label, *(_total(group, name, totals) for name in wanted.names[1:])], "group")
        if level + 1 < len(wanted.groupby):
            _add_groups(book, records, wanted, group["__domain"], level=level + 1)
            continue
        for row in rows_of(records.search(group["__domain"]), wanted.names):
            _add(book, row)


def _has_total(records, name):
    field = records._fields.get(name)
    return bool(field and field.store and field.aggregator and field.type in ("integer", "float", "monetary"))


def _total(group, name, totals):
    return group.get(name) if name in totals else None


def _group_label(records, spec, value):
    """What people call the group."""
    if isinstance(value, tuple | list):
        return value[1]
    name, _dot, rest = spec.partition(":")[0].partition(".")
    field = records._fields[name]
    kind, options = field.type, None
    if kind == "properties":
        definition = records.get_property_definition(f"{name}.{rest}")
        kind, options = definition.get("type"), definition.get("selection")
    if kind == "boolean":
        return _("Yes") if value else _("No")
    if kind == "selection":
        options = options or field._description_selection(records.env)
        value = dict(options).get(value, value)
    return _("Undefined") if value is False or value is None else str(value)
