"""What is in these records? Fetching into the cache by column, and `read` in the format of remote callers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from fondaco.errors import AccessError
from fondaco.orm.access import Checking
from fondaco.orm.decorators import model, readonly
from fondaco.orm.fields.base import Field
from fondaco.orm.fields.together import PREFETCH_MAX
from fondaco.orm.identity import Id
from fondaco.orm.recordset import Recordset
from fondaco.orm.search import Searching
from fondaco.sql.fragment import SQL, among
from fondaco.sql.query import Query

if TYPE_CHECKING:
    from typing import Self

SOURCE_LANGUAGE = "en_US"
MOST_COLUMN_LISTS = 5000
"""So many lists of columns a registry remembers."""
ASKED = "__asked_who_may_read"
"""In the context while a model decides in code who reads its records: what it reads of them itself is under the rules
alone. With `_OURS` as its value, for contexts come from clients too."""
_OURS = object()


class Reading(Recordset):
    """Facet: fetch, read, describe."""

    __slots__ = ()

    # -- fetching ------------------------------------------------------------------------------------------------------
    def fetch(self, field_names: Collection[str]) -> None:
        """Make sure that `field_names` of the records are in the cache; `AccessError` or `MissingError` if that cannot
        be."""
        if not self:
            return
        fields = self._determine_fields_to_fetch(field_names, ignore_when_in_cache=True)
        if not fields:
            self._require_readable()
            return
        self._require_readable(model_only=True)
        wanted = self.browse(tuple(filter(None, self._ids)))
        fetched = self._fetch_rows(wanted, fields)
        if len(fetched) < len(wanted):
            self._explain_unfetched(wanted - fetched)

    def _fetch_along(self, field_names: Collection[str], pointer: str, names_there: Collection[str]) -> None:
        """As `fetch`, and `names_there` of the records to which the many2one `pointer` leads, for the superuser: in one
        statement where that can be, as when nothing of them is known yet."""
        if not self:
            return
        there = self.env[self._fields[pointer].comodel_name]
        fields = self._determine_fields_to_fetch([*field_names, pointer])
        others = there._determine_fields_to_fetch(names_there)
        if not _can_be_joined(self, fields, pointer, there, others):
            self.fetch([*field_names, pointer])
            self[pointer].fetch(names_there)
            return
        query = Query(self.env, self._table, self._table_sql)
        query.add_where(among(SQL.identifier(self._table, "id"), self._ids))
        there_id = SQL.identifier(there._table, "id")
        condition = SQL("%s = %s", SQL.identifier(self._table, pointer), there_id)
        query.add_join("LEFT JOIN", there._table, there._table_sql, condition)
        rows = self.env.cr.fetch(query.select(self._columns_sql(fields, query), there._columns_sql(others, query)))
        if rows:
            columns = list(zip(*rows, strict=True))
            _fill(self, fields, columns[: len(fields) + 1])
            _fill(there, others, columns[len(fields) + 1 :])

    def _require_readable(self, model_only: bool = False) -> None:
        if not self.env.su:
            (self.browse() if model_only else self).check_access("read")

    def _fetch_rows(self, records: Self, fields: Sequence[Field[Any]]) -> Self:
        """Read `fields` of `records` in one statement, under the record rules."""
        self._flush_before()
        if self.env.su and not any(field.has_column for field in fields) and self._are_known(records):
            for field in fields:
                field.read(records)
            return records
        if not self.env.su and (
            type(self)._check_access is not Checking._check_access or type(self)._search is not Searching._search
        ):
            return self._fetch_query(self._query_decided(records), fields)
        query = Query(self.env, self._table, self._table_sql)
        query.add_where(among(SQL.identifier(self._table, "id"), records._ids))
        if not self.env.su:
            self._apply_ir_rules(query, "read")
        return self._fetch_query(query, fields)

    def _query_decided(self, records: Self) -> Query:
        """Those of `records` that the user may read, of a model that decides so in code: in `_check_access`, in
        `_search`, or in both. What it hides from a search is hidden from who knows its id."""
        model, asked = type(self), records.with_context(**{ASKED: _OURS})
        is_asked = self.env.context.get(ASKED) is _OURS
        if not is_asked and model._check_access is not Checking._check_access:
            refused = asked._check_access("read")
            if refused is not None:
                if refused[0].sudo().exists():
                    raise refused[1]()
                records -= refused[0]
        is_said = model._search is Searching._search or getattr(model._search, "is_said_by_check_access", False)
        if is_asked or is_said:
            query = Query(self.env, self._table, self._table_sql)
            query.add_where(among(SQL.identifier(self._table, "id"), records._ids))
            self._apply_ir_rules(query, "read")
            return query
        found: Query = asked.with_context(active_test=False)._search([("id", "in", list(records._ids))])
        if not found.is_empty():
            self.env.flush_query(found.select())
        return found

    def _are_known(self, records: Self) -> bool:
        """Whether a column of all the records was read before, so that they need not be looked for."""
        probe = next((f for f in self._fields.values() if f.store and f.column_type and f.prefetch is True), None)
        if probe is None or probe.context_keys:
            return False
        column = self.env.columns[probe]
        return all(id_ in column for id_ in records._ids)

    def _flush_before(self) -> None:
        """A row that is not there yet must be; dirty values need no flush, as they are not overwritten."""
        if self._name in self.env.transaction.unborn:
            self.flush_model(())

    def _flush_texts(self, fields: Iterable[Field[Any]]) -> None:
        """A text pending in one language shows in those without a text of their own."""
        pending = [field.name for field in fields if field.translate and self._is_pending_elsewhere(field)]
        if pending:
            self.flush_model(pending)

    def _is_pending_elsewhere(self, field: Field[Any]) -> bool:
        """Whether a text of another language than that of the environment is not in the table yet."""
        keyed = self.env.cache.keyed.get(field)
        if not keyed or field.json_key is None:
            return False
        own, known = {field.json_key(self.env)}, self.env.columns[field]
        # None: the text goes in all languages
        return any(id_ not in known and (texts is None or not texts.keys() <= own) for id_, texts in keyed.items())

    def _explain_unfetched(self, missing: Self) -> None:
        """Records that came back without values: forbidden, or gone."""
        if not self.env.su:
            forbidden = missing.sudo().exists()
            if forbidden:
                raise self.env["ir.rule"]._make_access_error("read", forbidden.with_env(self.env))

    def _fetch_field(self, field: Field[Any]) -> None:
        """Fetch `field` of the records and of those they are prefetched with, and the fields that come along."""
        env = self.env
        self.check_field_access_rights("read", [field.name])
        names = [field.name]
        if field.prefetch and env.context.get("prefetch_fields", True) and field.column_type:
            names += [
                other.name
                for other in self.pool.fetched_with(self._name, field.prefetch)
                if other is not field and (env.su or not other.groups or other.is_accessible(env))
            ]
        column = env.columns[field]
        ids: dict[Id, None] = dict.fromkeys(id_ for id_ in self._ids if id_)
        for id_ in self._prefetch_ids:
            if id_ and id_ not in column and id_ not in ids:
                ids[id_] = None
                if len(ids) >= PREFETCH_MAX:
                    break
        records = self.browse(tuple(ids))
        try:
            records.fetch(names)
        except AccessError:
            # those that are prefetched along may be out of reach: they must not spoil the answer
            if len(records) == len(self):
                raise
            self.fetch(names)

    def _determine_fields_to_fetch(
        self, field_names: Collection[str], ignore_when_in_cache: bool = False
    ) -> list[Field[Any]]:
        """The stored fields behind `field_names`: themselves, and what computed ones depend on."""
        env, ids, model_name = self.env, self._ids, self._name
        todo = list(field_names)
        done: dict[Field[Any], None] = {}
        seen = {"id"}
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            field = self._fields.get(name)
            if field is None:
                raise ValueError(f"Invalid field {name!r} on model {model_name!r}")
            if ignore_when_in_cache:
                column = env.columns[field]
                if column and all(id_ in column for id_ in ids):
                    continue
            if field.store:
                done[field] = None
            else:
                for dependency in self.pool.field_dependencies.get(field, ()):
                    if dependency.model_name == model_name and dependency.prefetch and dependency.has_column:
                        if not dependency.groups or env.su or dependency.is_accessible(env):
                            todo.append(dependency.name)
        return list(done)

    def _fetch_query(self, query: Query, fields: Sequence[Field[Any]]) -> Self:
        """Run `query` for the columns of `fields`, fill the cache, and return the records found, in order.

        Fields without column are read afterwards, in a statement each.
        """
        self._flush_texts(fields)
        env = self.env
        columns = [field for field in fields if field.has_column and field.name != "id"]
        others = [field for field in fields if not field.has_column]
        if query.is_empty():
            return self.browse()
        if columns:
            rows = env.cr.read(query.select(self._columns_sql(columns, query)))
            if not rows:
                return self.browse()
            answered = list(zip(*rows, strict=True))
            _fill(self, columns, answered)
            records = self.browse(answered[0])
        else:
            records = self.browse(tuple(query))
        for field in others:
            if records:
                field.read(records)
        return records

    def _columns_sql(self, columns: Sequence[Field[Any]], query: Query) -> SQL:
        """The id and `columns`, as they stand behind SELECT; remembered where models do not change how fields read."""
        env = self.env
        key: tuple[Any, ...] = (*columns, str(env.context.get("lang")), bool(env.context.get("prefetch_langs")))
        known: dict[Any, SQL] = self.pool.column_lists
        found = known.get(key)
        if found is None:
            terms = [SQL.identifier(self._table, "id")]
            terms.extend(self._column_term(field, query) for field in columns)
            found = SQL(", ").join(terms)
            is_lasting = type(self)._field_to_sql is Searching._field_to_sql and len(known) < MOST_COLUMN_LISTS
            # a company-dependent column names the user's default, which may be another tomorrow
            if is_lasting and not any(field.company_dependent for field in columns):
                known[key] = found
        return found

    def _column_term(self, field: Field[Any], query: Query) -> SQL:
        term: SQL = self._field_to_sql(self._table, field.name, query, flush=False)
        if field.column_cast == "numeric":
            return SQL("%s::float8", term)
        if field.encrypted:
            return field.sealed_term(self._table, term)  # type: ignore[attr-defined,no-any-return]
        return term

    def _table_columns(self, names: Iterable[str], raw: bool = False) -> list[SQL]:
        """The columns `names`; raw: as they lie, without choice of language or company."""
        if raw:
            return [SQL.identifier(self._table, name) for name in names]
        return [self._field_to_sql(self._table, name) for name in names]

    def _select_rows(self, columns: Sequence[SQL], ids: Iterable[Any]) -> SQL:
        """SELECT id and `columns` of the rows `ids`."""
        return SQL(
            "SELECT %s FROM %s WHERE %s",
            SQL(", ").join([SQL.identifier(self._table, "id"), *columns]), SQL.identifier(self._table),
            among(SQL.identifier(self._table, "id"), list(ids)),
        )  # fmt: skip

    # -- reading -------------------------------------------------------------------------------------------------------
    @readonly
    def read(self, fields: Sequence[str] | None = None, load: str | None = "_classic_read") -> list[dict[str, Any]]:
        """One dict a record, `id` first, in the order of the records; a many2one is (id, name) unless `load` is
        None."""
        names = list(dict.fromkeys(fields)) if fields else list(self.fields_get(attributes=()))
        if not self.env.su:
            self.check_field_access_rights("read", names)
        self._origin.fetch(names)
        return self._read_format(names, load)

    @model
    @readonly
    def search_read(
        self,
        domain: Any = None,
        fields: Any = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        **read_kwargs: Any,
    ) -> list[dict[str, Any]]:
        """`search` and `read` in one go."""
        if not fields:
            fields = list(self.fields_get(attributes=()))
        records = self.search_fetch(domain or [], fields, offset=offset, limit=limit, order=order)
        if "active_test" in self.env.context:
            context = dict(self.env.context)
            del context["active_test"]
            records = records.with_context(context)
        return records._read_format(list(dict.fromkeys(fields)), **read_kwargs)

    def _read_format(self, fnames: Sequence[str], load: str | None = "_classic_read") -> list[dict[str, Any]]:
        """The values of the records in read format; records that are gone are left out."""
        use_name = load == "_classic_read"
        records = self._present(fnames)
        columns = [self._read_values(records, name, use_name) for name in fnames if name != "id"]
        names = ["id", *(name for name in fnames if name != "id")]
        ids = records._ids
        if not columns:
            return [{"id": id_} for id_ in ids]
        return [dict(zip(names, row, strict=True)) for row in zip(ids, *columns, strict=True)]

    def _present(self, fnames: Sequence[str]) -> Self:
        """The records without those that have no row."""
        cached = self.env.cache
        probe = next((f for f in map(self._fields.__getitem__, fnames) if f.has_column and f.name != "id"), None)
        if probe is None:  # what computed fields are made of tells as well
            probe = next((f for f in self._determine_fields_to_fetch(fnames) if f.has_column), None)
        if probe is None:
            return self.exists()
        if not any(cached.get_missing_ids(self, probe)):
            return self
        return self.exists()

    def _read_values(self, records: Self, name: str, use_name: bool) -> Sequence[Any]:
        field = self._fields[name]
        env = records.env
        if field.is_recomputed and field in env.transaction.stale:
            field.recompute(records)
        if field.type == "many2one" and use_name:
            return field.read_names(records)  # type: ignore[attr-defined,no-any-return]
        column = env.columns[field]
        if name != "id" and any(id_ not in column for id_ in records._ids):
            for record in records:
                if record._ids[0] not in column:
                    field.load(record, record._ids[0])
        values = field.read_column(records)
        if values is not None:
            return values
        convert, to_record = field.convert_to_read, field.convert_to_record
        return [convert(to_record(column[record._ids[0]], record), record, use_name) for record in records]

    # -- describing ----------------------------------------------------------------------------------------------------
    @model
    def fields_get(
        self, allfields: Collection[str] | None = None, attributes: Collection[str] | None = None
    ) -> dict[str, dict[str, Any]]:
        """{name: description} of the fields that the user may see; `allfields`, `attributes`: only these."""
        env = self.env
        result = {}
        for name, field in self._fields.items():
            if (allfields and name not in allfields) or not field.is_accessible(env):
                continue
            result[name] = field.get_description(env, attributes)
        return result

    def get_metadata(self) -> list[dict[str, Any]]:
        """Who made and changed each record, when, and its xmlids."""
        self._require_readable()
        rows = self.sudo().read(
            ["create_uid", "create_date", "write_uid", "write_date"] if self._log_access else ["id"]
        )
        data = (
            self.env["ir.model.data"]
            .sudo()
            .search([("model", "=", self._name), ("res_id", "in", self.ids)], order="id desc")
        )
        for row in rows:
            found = [item for item in data if item["res_id"] == row["id"]]
            row["xmlids"] = [
                {"xmlid": f"{item['module']}.{item['name']}", "noupdate": item["noupdate"]} for item in found
            ]  # fmt: skip
            row["xmlid"] = f"{found[0]['module']}.{found[0]['name']}" if found else False
            row["noupdate"] = bool(found and found[0]["noupdate"])
        return rows

    def _get_base_lang(self) -> str:
        return SOURCE_LANGUAGE

    def get_base_url(self) -> str:
        """The address under which users reach the server."""
        if len(self) > 1:
            raise ValueError(f"Expected singleton or no record: {self}")
        return str(self.env["ir.config_parameter"].sudo().get_param("web.base.url"))


def _fill(model: Recordset, fields: Sequence[Field[Any]], columns: Sequence[tuple[Any, ...]]) -> None:
    """Take the ids and `fields` as a statement answered them; rows without id are of records that are not there."""
    ids, *values = columns
    if None in ids:
        rows = [row for row in zip(*columns, strict=True) if row[0] is not None]
        ids, *values = zip(*rows, strict=True) if rows else [()] * len(columns)
    env = model.env
    cache = env.cache
    for field, column in zip(fields, values, strict=True):
        convert = field.from_column
        cache.fill(env, field, ids, column if convert is None else map(convert, column))


def _can_be_joined(
    records: Reading, fields: Sequence[Field[Any]], pointer: str, there: Reading, others: Sequence[Field[Any]]
) -> bool:
    """Whether one statement may read `fields` of records and `others` of those that `pointer` leads to."""
    env = records.env
    for field in (*fields, *others):
        if not field.has_column or field.translate or field.name == "id":
            return False
    return (
        env.su
        and all(records._ids)
        and there._table != records._table
        and type(records).fetch is type(there).fetch is Reading.fetch
        and type(records)._fetch_query is type(there)._fetch_query is Reading._fetch_query
        and not env.columns[records._fields[pointer]]
        and env.transaction.unborn.keys().isdisjoint((records._name, there._name))
    )
