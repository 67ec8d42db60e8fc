"""What every model can do: the table of contents of a recordset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from fondaco.orm.access import Checking
from fondaco.orm.aggregate import Aggregating
from fondaco.orm.constraints import Validating
from fondaco.orm.copy import Copying
from fondaco.orm.create import Creating
from fondaco.orm.decorators import autovacuum, depends, model
from fondaco.orm.definition import Definition
from fondaco.orm.fields.base import Field
from fondaco.orm.fields.properties import Properties
from fondaco.orm.flush import Flushing
from fondaco.orm.inheritance import active_name, add_field, bind_fields, build_model, rec_name, require_parent
from fondaco.orm.nesting import Nesting
from fondaco.orm.property_sql import property_definition
from fondaco.orm.read import Reading
from fondaco.orm.recompute import Recomputing
from fondaco.orm.recordset import Recordset
from fondaco.orm.search import Searching
from fondaco.orm.translate import Translating
from fondaco.orm.unlink import Unlinking
from fondaco.orm.write import Writing
from fondaco.sql.fragment import SQL
from fondaco.values.collections import OrderedSet, frozendict
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.orm import schema
else:
    schema = Postponed("fondaco.orm.schema")


class BaseModel(
    Searching, Reading, Creating, Writing, Copying, Translating, Unlinking, Nesting, Aggregating, Validating, Checking,
    Recomputing, Flushing, Recordset, metaclass=Definition,
):  # fmt: skip
    """What every model can do. Each base answers one question, in the file of its name."""

    __slots__ = ()

    _register = False
    _abstract: ClassVar[bool] = True
    _transient: ClassVar[bool] = False
    _auto: ClassVar[bool] = False
    _name: ClassVar[Any] = None
    _module: ClassVar[str | None] = None
    _inherit: ClassVar[Any] = ()
    _inherits: ClassVar[Mapping[str, str]] = frozendict()
    _table: ClassVar[Any] = None
    _table_query: ClassVar[Any] = None
    _sql_constraints: ClassVar[list[tuple[str, Any, Any]]] = []
    _description: ClassVar[Any] = None
    _custom: ClassVar[bool] = False
    _rec_name: ClassVar[str | None] = None
    _rec_names_search: ClassVar[Sequence[str] | None] = None
    _order: ClassVar[str] = "id"
    _parent_name: ClassVar[str] = "parent_id"
    _parent_store: ClassVar[bool] = False
    _active_name: ClassVar[str | None] = None
    _fold_name: ClassVar[str] = "fold"
    _translate: ClassVar[bool] = True
    _check_company_auto: ClassVar[bool] = False
    _allow_sudo_commands: ClassVar[bool] = True
    _depends: ClassVar[Mapping[str, Sequence[str]]] = frozendict()
    _log_access: ClassVar[bool] = True
    _constraint_methods: ClassVar[Any] = ()
    _onchange_methods: ClassVar[Any] = frozendict()
    _ondelete_methods: ClassVar[Any] = ()
    # None: as the options osv_memory_count_limit and transient_age_limit say
    _transient_max_count: ClassVar[int | None] = None
    _transient_max_hours: ClassVar[float | None] = None
    _inherit_children: ClassVar[Any] = ()
    _inherits_children: ClassVar[Any] = ()
    _original_module: ClassVar[str | None] = None

    @property
    def _table_sql(self) -> SQL:
        """What stands behind FROM: the table, or the query of a model that is one."""
        query = self._table_query
        if query is None:
            return SQL.identifier(self._table)
        if isinstance(query, SQL):
            return SQL("(%s)", query)
        return SQL("(%s)", SQL(str(query).replace("%", "%%")))

    def _flush_what_it_reads(self) -> None:
        """Write what a model that is a query reads from the tables of others."""
        for model_name, names in self._depends.items():
            self.env[model_name].flush_model(names)

    # -- class and registry --------------------------------------------------------------------------------------------
    @classmethod
    def _build_model(cls, pool: Any, cr: Any) -> Any:
        """Add this definition to a registry; answers the model's class."""
        return build_model(cls, pool)

    @classmethod
    def is_transient(cls) -> bool:
        return cls._transient

    @classmethod
    def clear_caches(cls) -> None:
        """Forget the memoised answers of the registry."""
        cls.pool.clear_cache()

    def _valid_field_parameter(self, field: Field[Any], name: str) -> bool:
        """Whether `name` may be given to a field of this model."""
        return name in ("related_sudo", "depends", "depends_context", "args")

    def _prepare_setup(self) -> None:
        """Bind the fields of the class from its definitions."""
        cls = type(self)
        cls._rec_name = _declared(cls, "_rec_name")
        cls._active_name = _declared(cls, "_active_name")
        bind_fields(cls)

    def _setup_base(self) -> None:
        cls = type(self)
        cls._rec_name = rec_name(cls)
        require_parent(cls)
        cls._active_name = active_name(cls)

    def _setup_fields(self) -> None:
        """Hook: extensions complete what fields are."""

    def _setup_complete(self) -> None:
        """Hook: called when all models are ready."""

    def _add_field(self, name: str, field: Field[Any]) -> None:
        add_field(type(self), name, field)

    def _pop_field(self, name: str) -> Field[Any]:
        cls = type(self)
        field = cls._fields.pop(name)
        if name in vars(cls):
            delattr(cls, name)
        return field

    def _auto_init(self) -> None:
        """Hook before the table is made or changed."""

    def init(self) -> None:
        """Hook after the table was made or changed."""

    def _init_column(self, column_name: str) -> None:
        """Give the rows that were there before a new column a value: its field's default."""
        schema.fill_column(self, column_name)

    def _table_has_rows(self) -> bool:
        """Whether there is a record at all, whoever may see it."""
        return bool(self.env.cr.fetch(SQL("SELECT 1 FROM %s LIMIT 1", self._table_sql)))

    def _register_hook(self) -> None:
        """Hook: the registry is ready."""

    def _unregister_hook(self) -> None:
        """Hook: takes back what `_register_hook` did."""

    def _is_an_ordinary_table(self) -> bool:
        return bool(self.pool.is_an_ordinary_table(self))

    # -- names ---------------------------------------------------------------------------------------------------------
    @depends(lambda self: (self._rec_name,) if self._rec_name in self._fields else ())
    def _compute_display_name(self) -> None:
        """The name under which users know a record: the value of `_rec_name`."""
        name = self._rec_name
        if name in self._fields:
            convert = self._fields[name].convert_to_display_name
            for record in self:
                record.display_name = convert(record[name], record)
        else:
            for record in self:
                record.display_name = f"{record._name},{record.id}"

    def _rec_name_fallback(self) -> str:
        return self._rec_name or "id"

    def _get_redirect_suggested_company(self) -> Any:
        """The company to work in so that the record can be seen; False if it belongs to none."""
        return self["company_id"] if "company_id" in self._fields else False

    def get_external_id(self) -> dict[int, str]:
        """{id: an xmlid, or ''}"""
        found = self._get_external_ids()
        return {id_: xmlids[0] if xmlids else "" for id_, xmlids in found.items()}

    def _get_external_ids(self) -> dict[int, list[str]]:
        """{id: its xmlids}"""
        result: dict[int, list[str]] = {id_: [] for id_ in self.ids}
        rows = (
            self.env["ir.model.data"]
            .sudo()
            .search_read(
                [("model", "=", self._name), ("res_id", "in", self.ids)], ["module", "name", "res_id"], order="id"
            )
        )
        for row in rows:
            result[row["res_id"]].append(f"{row['module']}.{row['name']}")
        return result

    # -- properties ----------------------------------------------------------------------------------------------------
    @model
    def get_property_definition(self, full_name: str) -> dict[str, Any]:
        """The definition of the property 'field.name', from the container that has it; {} if none does."""
        self.check_access("read")
        field_name, _, name = full_name.partition(".")
        self.check_field_access_rights("read", [field_name])
        if self._fields[field_name].type != "properties":
            raise ValueError(f"{self._name}.{field_name}: {full_name!r} is no property")
        return property_definition(self, self._fields[field_name], name)

    def _clean_properties(self) -> None:
        """Forget the values of properties that the containers of the records do not define any more."""
        for field in self._fields.values():
            if isinstance(field, Properties) and field.store:
                for record in self:
                    Field.write(field, record, record[field.name])

    # -- onchange ------------------------------------------------------------------------------------------------------
    def _apply_onchange_methods(self, field_name: str, result: dict[str, Any]) -> None:
        """Call the onchange methods of a field on the one (unsaved) record; warnings are put in `result`."""
        for method in self._onchange_methods.get(field_name, ()):
            answer = method(self)
            if not answer:
                continue
            if answer.get("value"):
                for name, value in answer["value"].items():
                    if name in self._fields and name != "id":
                        self[name] = value
            if answer.get("warning"):
                warning = answer["warning"]
                result.setdefault("warnings", OrderedSet()).add(
                    (warning.get("title") or "Warning", warning.get("message") or "", warning.get("type") or "")
                )

    def _has_onchange(self, field: Field[Any], other_fields: Any) -> bool:
        """Whether a change of `field` calls for an onchange that touches one of `other_fields`."""
        return bool(self._onchange_methods.get(field.name)) or any(
            target in other_fields for target in self.pool.get_dependent_fields(field)
        )

    def _get_placeholder_filename(self, field: str) -> str:
        return "web/static/img/placeholder.png"

    # -- transient -----------------------------------------------------------------------------------------------------
    @autovacuum
    def _transient_vacuum(self) -> None:
        """Delete the records of a transient model that nobody can still be working on."""
        if not self._transient:
            return
        config = self.pool.config
        hours, most = self._transient_max_hours, self._transient_max_count
        hours = config.get("transient_age_limit") if hours is None else hours
        most = config.get("osv_memory_count_limit") if most is None else most
        if hours:
            self._delete_older_than(hours)
        if most:
            ((count,),) = self.env.cr.fetch(SQL("SELECT count(*) FROM %s", SQL.identifier(self._table)))
            if count > most:
                self._delete_older_than(5 / 60)

    def _delete_older_than(self, hours: float) -> None:
        rows = self.env.cr.fetch(
            SQL(
                "SELECT id FROM %s WHERE COALESCE(write_date, create_date, now() AT TIME ZONE 'UTC')"
                " < (now() AT TIME ZONE 'UTC') - %s * interval '1 hour'",
                SQL.identifier(self._table),
                float(hours),
            )
        )
        self.sudo().browse([row[0] for row in rows]).unlink()


def _declared(cls: Any, attribute: str) -> Any:
    """The value of a class attribute in the definitions, leaving out what set-up found."""
    for base in cls.__mro__:
        if base.__dict__.get(attribute) is not None and not (getattr(base, "pool", None) is not None):
            return base.__dict__[attribute]
    return None


class AbstractModel(BaseModel):
    """Root of models without table: mixins and services."""

    __slots__ = ()
    _register = False


class Model(AbstractModel):
    """Root of models with a table."""

    __slots__ = ()
    _register = False
    _auto = True
    _abstract = False


class TransientModel(Model):
    """Root of models whose records are swept after a while: wizards."""

    __slots__ = ()
    _register = False
    _transient = True


__all__ = ["AbstractModel", "BaseModel", "Model", "TransientModel"]
