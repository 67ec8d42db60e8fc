"""Do the values hold what the model demands? Python checks, company checks. The database's own: `integrity`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg.errors

from fondaco.errors import UserError
from fondaco.orm.decorators import names_of
from fondaco.orm.fields.base import Field
from fondaco.orm.recordset import Recordset


class Validating(Recordset):
    """Facet: constraints."""

    __slots__ = ()

    def _validate_fields(self, field_names: Iterable[str], excluded_names: Iterable[str] = ()) -> None:
        """Call the checks that watch one of `field_names` and none of `excluded_names`."""
        names, excluded = set(field_names), set(excluded_names)
        for check in self._constraint_methods:
            marked = check._constrains
            watched = names_of(marked, self.sudo()) if callable(marked) else marked
            if not names.isdisjoint(watched) and excluded.isdisjoint(watched):
                check(self)

    def _check_company(self, fnames: Iterable[str] | None = None) -> None:
        """Related records must be of a company compatible with the record's, where fields say check_company."""
        names = {name for name in (self._fields if fnames is None else fnames) if name in self._fields}
        if "company_id" in names or "company_ids" in names or fnames is None:
            names = set(self._fields)
        regular = [
            f for n in names if getattr((f := self._fields[n]), "check_company", False) and not f.company_dependent
        ]
        by_user = [f for n in names if getattr((f := self._fields[n]), "check_company", False) and f.company_dependent]
        if not regular and not by_user:
            return
        problems = []
        for record in self:
            company = (
                record
                if self._name == "res.company"
                else record["company_ids"]
                if "company_ids" in self._fields
                else record["company_id"]
            )
            for field in regular:
                for other in record.sudo()[field.name]:
                    if not _same_company(other, company):
                        problems.append((record, field, other))
            for field in by_user:
                for other in record.sudo()[field.name]:
                    if not _same_company(other, self.env.company):
                        problems.append((record, field, other))
        if problems:
            raise UserError(self._company_message(problems))

    def _company_message(self, problems: list[tuple[Any, Field[Any], Any]]) -> str:
        _ = self.env._
        lines = [_("Some records are incompatible with the company of another record.")]
        for record, field, other in problems[:5]:
            companies = other["company_id"] if "company_id" in other._fields else other["company_ids"]
            lines.append(
                _(
                    "- “%(record)s”: “%(field)s” is “%(other)s”, which belongs to company “%(company)s”.",
                    record=record.sudo().display_name, field=field.string, other=other.sudo().display_name,
                    company=", ".join(companies.mapped("name")),
                )
            )  # fmt: skip
        return "\n".join(lines)

    def _check_company_domain(self, companies: Any) -> list[Any]:
        """The domain of the records that may be used together with `companies` (ids, a recordset or a field name)."""
        if not companies:
            return [("company_id", "=", False)]
        if isinstance(companies, str):
            return ["|", ("company_id", "=", False), ("company_id", "in", unquote(companies))]
        ids = (
            companies.ids
            if isinstance(companies, Recordset)
            else [companies]
            if isinstance(companies, int)
            else list(companies)
        )
        return [("company_id", "in", [*ids, False])]


class unquote(str):
    """Text that shows without quotes: a name in a domain that the client evaluates."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _same_company(other: Any, company: Any) -> bool:
    """Whether `other` has no company, or one of `company`."""
    if other._name == "res.company":
        return not other or not company or bool(other & company)
    if other._name == "res.users":
        return not company or bool(other.company_ids & company)
    if "company_id" in other._fields:
        its = other.company_id
    elif "company_ids" in other._fields:
        its = other.company_ids
    else:
        return True
    return not its or bool(its & company)


class translate_integrity_error:
    """Within: nothing is changed; a database error leaves with the model that it belongs to.

    A class, as it is entered for every value that is written: a generator takes three times as long.
    """

    __slots__ = ("_model",)

    def __init__(self, model: Recordset) -> None:
        self._model = model

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, psycopg.errors.IntegrityError):
            vars(error)["model_name"] = self._model._name
