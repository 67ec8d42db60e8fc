"""What do the relations share? Comodel, domain, context, and how ids become recordsets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Reversible
from typing import TYPE_CHECKING, Any, ClassVar

from fondaco.errors import FieldError, MissingError
from fondaco.orm.fields.base import Field
from fondaco.orm.identity import Id

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment
    from fondaco.orm.recordset import Recordset


class Relational(Field[Any]):
    """A field whose value is a recordset of `comodel_name`."""

    relational = True
    domain: Any = ()
    context: Any = {}  # replaced, never changed
    check_company: bool = False
    auto_join: bool = False
    bypass_search_access: bool = False
    related_attrs: ClassVar[dict[str, str]] = {
        **Field.related_attrs, "comodel_name": "comodel_name", "domain": "domain", "context": "context",
    }  # fmt: skip
    description_attrs = (*Field.description_attrs, "relation", "context", "domain")

    def bound(self, model: Any) -> None:
        if not self.comodel_name and not self.related:
            raise FieldError(f"{self}: a relation needs a comodel, e.g. {type(self).__name__}('res.partner')")

    def prepare(self, model: Recordset) -> None:
        if self.comodel_name not in model.pool.models:
            raise FieldError(
                f"{self}: comodel {self.comodel_name!r} does not exist; is the module that defines it a dependency?"
            )

    def get_domain_list(self, model: Any) -> list[Any]:
        """The field's own domain as a list; one written as text is the client's business."""
        domain = self.domain
        if callable(domain):
            domain = domain(model)
        return list(domain) if isinstance(domain, list | tuple) else []

    @property
    def _description_relation(self) -> str | None:
        return self.comodel_name

    def _description_domain(self, env: Environment) -> Any:
        return self.description_value("domain", env)

    def description_value(self, key: str, env: Environment) -> Any:
        if key == "relation":
            return self.comodel_name
        if key == "context":
            return dict(self.context) if isinstance(self.context, dict) else self.context or {}
        if key == "domain":
            domain = self.domain(env[self.model_name]) if callable(self.domain) else self.domain
            if self.check_company and not domain:
                return self._company_domain(env)
            return domain if isinstance(domain, str) else list(domain or [])
        return super().description_value(key, env)

    def _company_domain(self, env: Environment) -> Any:
        model = env[self.model_name]
        companies = (
            "company_ids" if "company_ids" in model._fields else "company_id" if "company_id" in model._fields else None
        )
        if companies is None and not self.company_dependent:
            return []
        comodel = env[self.comodel_name]
        if self.company_dependent:
            return []
        name = "company_id" if companies == "company_id" else "company_ids"
        return str(comodel._check_company_domain(name)) if "company_id" in comodel._fields else []

    def corecords(self, record: Recordset, ids: tuple[Id, ...]) -> Recordset:
        """The recordset of `ids`, fetched together with what `record`'s companions hold."""
        corecords: Recordset = record.pool.models[self.comodel_name](record.env, ids, Prefetch(record, self))
        return corecords

    def convert_to_export(self, value: Any, record: Recordset) -> Any:
        return value.display_name if value else ""

    def convert_to_display_name(self, value: Any, record: Recordset) -> Any:
        return value.display_name

    def link_inverses(self, record: Recordset, value: Any) -> None:
        """Let the cached inverse relations of the unsaved records in `value` name `record` (a form's record).

        Records with a row do not learn of it: what is not saved is not among their lines.
        """
        env = record.env
        ids = value if type(value) is tuple else (value,) if value is not None else ()
        for inverse in record.pool.field_inverses.get(self, ()):
            if inverse.type == "many2one_reference":
                continue
            column = env.columns[inverse]
            for id_ in ids:
                if id_:
                    continue
                if id_ in column:
                    inverse.add_to_cached(column, id_, record)
                elif inverse.type == "many2one":
                    column[id_] = record._ids[0]

    def add_to_cached(self, column: dict[Id, Any], owner: Id, record: Recordset) -> None:
        """Let the cached value of `owner` hold `record`."""
        raise NotImplementedError


class Prefetch(Reversible[Id]):
    """The ids that the relation holds for a record and those read with it: fetched together, found only when asked."""

    __slots__ = ("field", "record")

    def __init__(self, record: Recordset, field: Field[Any]) -> None:
        self.record = record
        self.field = field

    def __iter__(self) -> Iterator[Id]:
        return self._walk(self.record._prefetch_ids)

    def __reversed__(self) -> Iterator[Id]:
        return self._walk(reversed(self.record._prefetch_ids))

    def _walk(self, ids: Iterable[Id]) -> Iterator[Id]:
        column = self.record.env.columns[self.field]
        seen: set[Id] = set()
        for id_ in ids:
            value = column.get(id_)
            for other in value if type(value) is tuple else (value,):
                if other is not None and other not in seen:
                    seen.add(other)
                    yield other


def names_by_id(corecords: Any) -> dict[Id, str]:
    """{id: display name} of records that another may name, whatever the user's rights on them; those gone are left
    out."""
    records = corecords.sudo()
    field = records._fields["display_name"]
    # only what the names are made of: whoever wants more of the records than their names reads them himself
    records.fetch(["display_name"])
    try:
        values = field.mapped(records)
    except MissingError:
        records = records.exists()
        values = field.mapped(records)
    return dict(zip(records._ids, values, strict=True))
