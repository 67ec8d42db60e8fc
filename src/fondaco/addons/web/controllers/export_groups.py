"""Workbooks of records: as a plain table, or below the titles and totals of their groups."""

from fondaco.addon import _
from fondaco.errors import UserError
from fondaco.values.tabular import Workbook

SHEET = "Sheet1"
INDENT = "    "


def workbook(titles, rows):
    """A table as a file."""
    book = Workbook(SHEET)
    book.add(titles, "bold")
    for row in rows:
        add(book, row)
    return book.content()


def add(book, row, style="plain"):
    """Write a row; what the format cannot hold is a sentence."""
    try:
        book.add(row, style)
    except ValueError as error:
        raise UserError(_("%(problem)s. Export as CSV, or fewer records.", problem=error)) from error


def grouped_workbook(records, wanted):
    """The records below their groups, each with its number of records and the totals of its columns."""
    book = Workbook(SHEET)
    book.add(wanted.titles, "bold")
    domain = [("id", "in", records.ids)] if wanted.ids else wanted.domain
    _add_groups(book, records, wanted, domain, level=0)
    return book.content()


def _add_groups(book, records, wanted, domain, *, level):
    """The groups of one level, each followed by what is in it."""
    totals = [name for name in wanted.names if _has_total(records, name)]
    spec = wanted.groupby[level]
    for group in records.read_group(domain, totals, [spec], lazy=False):
        label = f"{INDENT * level}{_group_label(records, spec, group[spec])} ({group['__count']})"
        add(book, [label, *(_total(group, name, totals) for name in wanted.names[1:])], "group")
        if level + 1 < len(wanted.groupby):
            _add_groups(book, records, wanted, group["__domain"], level=level + 1)
            continue
        for row in records.search(group["__domain"]).export_data(wanted.names)["datas"]:
            add(book, row)


def _has_total(records, name):
    field = records._fields.get(name)
    return bool(field and field.store and field.aggregator and field.type in ("integer", "float", "monetary"))


def _total(group, name, totals):
    return group.get(name) if name in totals else None


def _group_label(records, spec, value):
    """What people call the group."""
    if isinstance(value, tuple | list):
        return value[1]
    field = records._fields[spec.partition(":")[0]]
    if field.type == "boolean":
        return _("Yes") if value else _("No")
    if field.type == "selection":
        value = dict(field._description_selection(records.env)).get(value, value)
    return _("Undefined") if value is False or value is None else str(value)
