"""May this user do that with these records and fields?

Three answers make one: the ACLs of the model, the record rules, and the groups of a field. The rights themselves are
records; `ir.model.access` and `ir.rule` answer for them (doors in addons/base).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import islice
from typing import TYPE_CHECKING, Any

from fondaco.errors import AccessError
from fondaco.orm.decorators import model, returns
from fondaco.orm.identity import origin_ids
from fondaco.orm.recordset import Recordset, missing_error
from fondaco.orm.verdicts import rule_for
from fondaco.sql.fragment import SQL, among

if TYPE_CHECKING:
    from typing import Self

FEW = 10
OPERATIONS = ("read", "write", "create", "unlink")


class Checking(Recordset):
    """Facet: access to models, records and fields."""

    __slots__ = ()

    def check_access(self, operation: str) -> None:
        """Raise `AccessError` unless the user may do `operation` on all the records (on the model, if there are
        none)."""
        if not self.env.su:
            refused = self._check_access(operation)
            if refused is not None:
                raise refused[1]()

    def has_access(self, operation: str) -> bool:
        """Whether the user may do `operation` on all the records."""
        return self.env.su or self._check_access(operation) is None

    def _filtered_access(self, operation: str) -> Self:
        """The records on which the user may do `operation`."""
        if self.env.su:
            return self
        refused = self._check_access(operation)
        return self if refused is None else self - refused[0]

    def _check_access(self, operation: str) -> tuple[Any, Callable[[], Exception]] | None:
        """None if all is allowed, else (the refused records, a function that makes the error)."""
        model = self.env["ir.model.access"]
        if not model.check(self._name, operation, raise_exception=False):
            return self, lambda: model._make_access_error(self._name, operation)
        ids = origin_ids(self._ids)
        if not ids:
            return None
        domain = self.env["ir.rule"]._compute_domain(self._name, operation)
        if not domain:
            return None
        rule = rule_for(self, domain)
        if len(ids) <= FEW and rule.knows(self.env, ids):
            allowed: set[Any] = rule.keeps(self)
        else:
            is_read_along = operation == "write" and self._are_few() and self._is_read_under(domain)
            allowed = self._ids_under(domain, ids, is_read_along=is_read_along)
        if len(allowed) == len(set(ids)):
            return None
        refused = self.browse(tuple(id_ for id_ in self._ids if (id_ or getattr(id_, "origin", None)) not in allowed))
        existing = refused.sudo()._origin.exists()
        if not existing and operation != "create":
            return refused, lambda: missing_error(refused)
        return refused, lambda: self.env["ir.rule"]._make_access_error(operation, existing or refused)

    def _are_few(self) -> bool:
        """Whether these records, with those they are fetched together with, are few."""
        return len(self._ids) <= FEW and next(islice(self._prefetch_ids, FEW, None), None) is None

    def _is_read_under(self, domain: Any) -> bool:
        """Whether who satisfies the record rule may read as well."""
        return bool(
            self.env["ir.model.access"].check(self._name, "read", raise_exception=False)
            and self.env["ir.rule"]._compute_domain(self._name, "read") == domain
        )

    def _names_in_rules(self, operation: str) -> list[str]:
        """The columns by which record rules tell whether the user may do `operation` on a record: with them in the
        cache nobody asks the table."""
        domain = None if self.env.su else self.env["ir.rule"]._compute_domain(self._name, operation)
        fields = rule_for(self, domain).fields if domain else ()
        return [field.name for field in fields or ()]

    def _ids_under(self, domain: Any, ids: Collection[int], *, is_read_along: bool = False) -> set[int]:
        """Those of `ids` that satisfy a record rule; is_read_along: their values are wanted next, so that the statement
        brings them along."""
        model = self.sudo().with_context(active_test=False).browse()
        query = model._search([("id", "in", list(ids))], order="id")
        query.add_where(model._rule_sql(domain, query))
        if is_read_along:
            fields = [field for field in self.pool.fetched_with(self._name, True) if not field.groups]
            if fields:
                self.env.flush_query(query.select())
                return set(model._fetch_query(query, fields).ids)
        return set(query.get_result_ids())

    @model
    def check_access_rights(self, operation: str, raise_exception: bool = True) -> bool | None:
        """Whether the ACLs of the model allow `operation`; told by an `AccessError`, or by the result if that is
        asked."""
        assert operation in OPERATIONS, f"Invalid access mode {operation!r}"
        if raise_exception:
            self.browse().check_access(operation)
            return None
        return self.browse().has_access(operation)

    def check_access_rule(self, operation: str) -> None:
        """Raise `AccessError` unless the record rules allow `operation` on the records."""
        self.check_access(operation)

    def _filter_access_rules(self, operation: str) -> Self:
        return self._filtered_access(operation)

    _filter_access_rules_python = _filter_access_rules

    @model
    def check_field_access_rights(self, operation: str, field_names: Collection[str] | None) -> Collection[str]:
        """Return the names that the user may read or write (given None: all such); raise `AccessError` on others."""
        if self.env.su:
            return field_names or list(self._fields)
        if not field_names:
            return [name for name, field in self._fields.items() if field.is_accessible(self.env)]
        refused = [
            name for name in field_names if name in self._fields and not self._fields[name].is_accessible(self.env)
        ]
        if refused:
            raise AccessError(self._field_access_message(operation, refused))
        return field_names

    def _field_access_message(self, operation: str, names: Collection[str]) -> str:
        _ = self.env._
        lines = [
            _(
                "These fields of %(document_kind)s are not for you: %(fields)s. If you need them, ask an administrator "
                "for access.\n\nTechnical names: %(document_model)s, %(operation)s",
                fields=", ".join(sorted(names)), document_kind=self._description, document_model=self._name,
                operation=operation,
            ),
            _("User: %(user)s", user=self.env.uid),
        ]  # fmt: skip
        for name in sorted(names):
            lines.append(_("- %(field)s: allowed for groups %(groups)s", field=name, groups=self._fields[name].groups))
        return "\n".join(lines)

    @returns("self")
    def exists(self) -> Self:
        """Those of the records that have a row, and the new ones."""
        new = [id_ for id_ in self._ids if not id_]
        real = [id_ for id_ in self._ids if id_]
        if not real:
            return self
        unborn = self.env.transaction.unborn.get(self._name, ())
        check = [id_ for id_ in real if id_ not in unborn]
        if check:
            self._flush_what_it_reads()
            row = SQL.identifier(self._table)
            rows = self.env.cr.fetch(
                SQL("SELECT id FROM %s AS %s WHERE %s", self._table_sql, row, among(SQL.identifier("id"), check))
            )
            found = {row[0] for row in rows}
            found.update(unborn)
        else:
            found = set(real)
        if len(found.intersection(real)) == len(real):
            return self
        return self.browse(tuple(id_ for id_ in self._ids if id_ in found or id_ in new))
