"""The operations of a data file become records.

Consecutive records of one model are created together; what is pending is carried out as soon as something refers to
it, or when the model, the context or the user changes. Expressions are evaluated with the names that data files may
use (`ref`, `time`, `datetime`, `Command`, ...).
"""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from dateutil.relativedelta import relativedelta

from fondaco.data import records
from fondaco.data.records import Item
from fondaco.data.xml import (
    PLACEHOLDER,
    ActionRef,
    DeleteOp,
    Eval,
    File,
    FunctionOp,
    Many,
    Markup,
    Operation,
    ParentRef,
    Place,
    RecordOp,
    Ref,
    Refs,
    Scope,
    Search,
    Source,
    Text,
    TitleOf,
    is_true,
    named,
)
from fondaco.data.xmlid import Names, Target
from fondaco.errors import DataError, FondacoError, UserError, ValidationError
from fondaco.orm.commands import Command
from fondaco.orm.recordset import Recordset
from fondaco.security.safe_eval import safe_eval
from fondaco.security.sandbox import MODULES
from fondaco.views.arch import ArchError

# What a faulty file or a faulty record raises. Anything else is a bug and keeps its own shape.
AT_FAULT = (FondacoError, UserError, ValueError, KeyError, TypeError, AttributeError, ArithmeticError, psycopg.Error)
SERIES = "18.0"


class Execution:
    """Carries out the operations of one file in one environment.

    `is_update`: the module is being upgraded; noupdate records and functions are left alone. `find_file`: `module/path`
    of an addon -> the file.
    """

    def __init__(
        self, env: Any, module: str, find_file: Callable[[str], Path | None], *, is_update: bool, batch_size: int = 1000
    ) -> None:
        self.module = module
        self.is_update = is_update
        self.names = Names(env.cr, module)
        self.batch_size = batch_size
        self._find_file = find_file
        self._base_env = env(context={**env.context, "install_mode": True, "install_module": module})
        self._envs: dict[tuple[Any, ...], Any] = {}
        self._batch: list[tuple[RecordOp, Item]] = []
        self._pending: set[str] = set()
        self._has_begun = False  # from the first record or function on, names may come that nobody told us

    def run(self, operations: Sequence[Operation]) -> None:
        self.names.fetch(named(operations))
        for operation in operations:
            with at(operation.place, _about(operation)):
                if isinstance(operation, RecordOp):
                    self._record(operation)
                else:
                    self._flush()
                    self._delete(operation) if isinstance(operation, DeleteOp) else self._call(operation)
        self._flush()

    # -- records

    def _record(self, op: RecordOp) -> None:
        if self._batch:
            last = self._batch[-1][0]
            if (
                (last.model, last.scope.context, last.scope.uid) != (op.model, op.scope.context, op.scope.uid)
                or op.xmlid in self._pending
                or len(self._batch) >= self.batch_size
            ):
                self._flush()
        env = self._env(op.scope)
        if op.model not in env:
            raise DataError(f"record {op.xmlid or '(without id)'}: unknown model {op.model!r}")
        if self.is_update and op.scope.noupdate and op.xmlid:
            target = self.names.find(op.xmlid)
            if target is not None:
                records.note_loaded(env[op.model], [op.xmlid])
                return
            if not op.forcecreate:
                return
        if self.is_update and op.scope.noupdate and not op.xmlid:
            return
        values = self._values(op, env)
        self._batch.append((op, Item(op.xmlid, values, op.scope.noupdate, op.forcecreate)))
        if op.xmlid:
            self._pending.add(op.xmlid)

    def _values(self, op: RecordOp, env: Any) -> dict[str, Any]:
        model = env[op.model]
        values: dict[str, Any] = {}
        for name, source in op.fields:
            if isinstance(source, ParentRef):
                field = env[source.model]._fields.get(source.field)
                if field is None or field.type != "one2many":
                    raise DataError(f"records nested in {source.model}.{source.field}, which is not a one2many")
                values[field.inverse_name] = self._id(source.xmlid)
                continue
            field = model._fields.get(name)
            if field is None:
                raise DataError(f"record {op.xmlid or '(without id)'}: {op.model} has no field {name!r}")
            with self._about(op, field):
                values[name] = self.value(source, env, op.scope, field)
        if op.model == "ir.ui.view" and "arch" in values and "arch_fs" not in values:
            values["arch_fs"] = op.place.file
        return values

    @contextmanager
    def _about(self, op: RecordOp, field: Any) -> Iterator[None]:
        """Say whose value something is that cannot be read."""
        try:
            yield
        except (DataError, UserError):
            raise
        except (ValueError, TypeError) as error:
            raise DataError(f"record {op.xmlid or '(without id)'}: {field} ({field.type}): {error}") from error

    def _flush(self) -> None:
        """Create and update what is pending."""
        batch, self._batch, self._pending = self._batch, [], set()
        if not batch:
            return
        op = batch[0][0]
        model = self._env(op.scope)[op.model]
        if len(batch) == 1:
            with at(op.place, f"record {op.xmlid or '(without id)'} of {op.model}"):
                self._load(model, batch)
            return
        try:
            with model.env.cr.savepoint():
                self._load(model, batch)
        except AT_FAULT:
            # One of them is at fault; alone, it says which.
            for pair in batch:
                with at(pair[0].place, f"record {pair[0].xmlid or '(without id)'} of {op.model}"):
                    self._load(model, [pair])

    def _load(self, model: Any, batch: Sequence[tuple[RecordOp, Item]]) -> None:
        items = [item for _op, item in batch]
        found = self.names.find_all([item.xmlid for item in items if item.xmlid], is_current=not self._has_begun)
        self._has_begun = True
        try:
            ids = records.load_items(model, items, is_update=self.is_update, known=found)
        except ValidationError as error:
            if model._name != "ir.ui.view":
                raise
            raise self._placed(error, batch[0][0]) from error
        self.names.learn(
            {
                item.xmlid: found.get(item.xmlid) or Target(model._name, id_, item.noupdate)
                for item, id_ in zip(items, ids, strict=True)
                if item.xmlid and id_ is not None
            }
        )

    def _placed(self, error: ValidationError, op: RecordOp) -> DataError:
        """A view's error counts lines from the arch's first; say which line of the file that is."""
        found = next((found for found in (error, error.__cause__) if isinstance(found, ArchError)), None)
        if found is None or found.is_elsewhere:
            return DataError(f"{op.place}: {error}")
        start = next((source.line for _name, source in op.fields if isinstance(source, Markup)), 0)
        line = start + found.line - 1 if found.line and start else op.place.line
        return DataError(f"{op.place.file}:{line}: {found.where.named}: {found.detail}")

    # -- other operations

    def _delete(self, op: DeleteOp) -> None:
        self._has_begun = True
        env = self._env(op.scope)
        model = self._model(env, op.model)
        if op.xmlid:
            target = self.names.find(op.xmlid)
            if target is None:
                return
            found = model.browse(target.id).exists()
        else:
            found = model.search(self._evaluate(op.domain, env))
        found.unlink()

    def _model(self, env: Any, name: str) -> Any:
        if name not in env:
            raise DataError(f"unknown model {name!r}; is the module that defines it among the dependencies?")
        return env[name]

    def _call(self, op: FunctionOp) -> Any:
        if self.is_update and op.scope.noupdate:
            return None
        self._has_begun = True
        env = self._env(op.scope)
        model = self._model(env, op.model)
        if op.eval_args:
            args = list(self._evaluate(op.eval_args, env))
        else:
            args = [self.value(source, env, op.scope, None) for source in op.args]
        method = getattr(type(model), op.method, None)
        if method is None:
            raise DataError(f"{op.model} has no method {op.method!r}")
        records_ = model
        if getattr(method, "_api", None) not in ("model", "model_create") and args:
            ids, *args = args
            records_ = model.browse(ids)
        kwargs = args.pop() if len(args) > 1 and isinstance(args[-1], dict) and op.eval_args == "" else None
        if kwargs is not None and "context" in kwargs:
            records_ = records_.with_context(**kwargs.pop("context"))
        elif kwargs is not None:
            args.append(kwargs)
        result = getattr(records_, op.method)(*args)
        # A function within another one hands on what a caller from outside would get.
        return result.ids if isinstance(result, Recordset) else result

    # -- values

    def value(self, source: Source, env: Any, scope: Scope, field: Any) -> Any:
        """What `source` means for `field`; None where there is no field (arguments of functions)."""
        match source:
            case Text(text, kind):
                return self._converted(text, kind, field)
            case Ref(xmlid):
                target = self._target(xmlid)
                return f"{target.model},{target.id}" if field is not None and field.type == "reference" else target.id
            case ActionRef(xmlid):
                target = self._target(xmlid)
                return f"{target.model},{target.id}"
            case Refs(xmlids):
                return [
                    Command.unlink(self._id(xmlid[1:])) if xmlid[0] == "-" else Command.link(self._id(xmlid))
                    for xmlid in xmlids
                ]
            case TitleOf(xmlid, default):
                target = self._target(xmlid)
                return env[target.model].browse(target.id).name or default
            case Eval(expression, model):
                return self._evaluate(expression, env, model or (field.comodel_name if _is_relation(field) else ""))
            case Search():
                return self._search(source, env, field)
            case Markup(text):
                return PLACEHOLDER.sub(lambda match: str(self._id(match[1])) if match[1] else "%", text)
            case File(path, kind):
                return self._file(path, kind)
            case Many(values, kind):
                items = [self.value(value, env, scope, None) for value in values]
                return tuple(items) if kind == "tuple" else items
            case FunctionOp():
                self._flush()
                return self._call(source)
        raise DataError(f"{source!r} is no value")

    def _converted(self, text: str, kind: str, field: Any) -> Any:
        kind = kind or (field.type if field is not None else "char")
        if kind == "int" and text.strip() == "None":
            return None
        converter = CONVERTERS.get(kind)
        return converter(text) if converter is not None else text

    def _search(self, source: Search, env: Any, field: Any) -> Any:
        self._flush()
        model = source.model or (field.comodel_name if field is not None else "")
        if not model:
            raise DataError(f"search={source.domain!r} needs a model")
        found = env[model].search(self._evaluate(source.domain, env))
        taken = found.ids if source.use == "id" else [record[source.use] for record in found]
        if field is not None and field.type in ("many2many", "one2many"):
            return [Command.set(taken)]
        if field is not None and field.type == "reference":
            return f"{model},{taken[0]}" if taken else False
        if field is None:
            return taken
        return taken[0] if taken else False

    def _file(self, path: str, kind: str) -> Any:
        found = self._find_file(path.replace(",", "/", 1) if kind == "file" else path)
        if found is None:
            raise DataError(f"file {path!r} does not exist; expected 'module/path/below/the/module'")
        if kind == "file":
            return path
        content = found.read_bytes()
        return content.decode() if kind == "text" else base64.b64encode(content)

    def _evaluate(self, expression: str, env: Any, model: str = "") -> Any:
        names: dict[str, Any] = dict(EVALUATION_NAMES, ref=self._id, uid=env.uid, context=dict(env.context))
        if model and model in env:
            names["obj"] = env[model].browse
            self._has_begun |= "obj" in expression  # which has methods
        try:
            return safe_eval(expression.strip(), names)
        except DataError:
            raise
        except AT_FAULT as error:
            raise DataError(f"expression {expression.strip()!r}: {error}") from error

    def _id(self, xmlid: str, raise_if_not_found: bool = True) -> Any:
        name = xmlid if "." in xmlid else f"{self.module}.{xmlid}"
        if not raise_if_not_found and name not in self._pending and self.names.find(name) is None:
            return None
        return self._target(name).id

    def _target(self, xmlid: str) -> Target:
        if xmlid in self._pending:
            self._flush()
        known = self.names.peek(xmlid)
        return known if known is not None else self.names.get(xmlid)

    def _env(self, scope: Scope) -> Any:
        key = (scope.context, scope.uid)
        env = self._envs.get(key)
        if env is None:
            env = self._base_env
            context = dict(env.context)
            for expression in scope.context:
                context.update(self._evaluate(expression, env))
            env = env(context=context, user=self._id(scope.uid) if scope.uid else None)
            self._envs[key] = env
        return env


@contextmanager
def at(place: Place, about: str = "") -> Iterator[None]:
    """Say where in which file an error came up, and about what where its own words do not tell."""
    try:
        yield
    except AT_FAULT as error:
        if isinstance(error, DataError) and place.file in str(error):
            raise
        raise DataError(f"{place}: {_sentence(error, about)}") from error


def _about(operation: Operation) -> str:
    return f"function {operation.model}.{operation.method}" if isinstance(operation, FunctionOp) else ""


def _sentence(error: BaseException, about: str) -> str:
    if isinstance(error, FondacoError | UserError):
        return str(error)
    about = f"{about}: " if about else ""
    if isinstance(error, psycopg.errors.NotNullViolation):
        return f"{about}{error.diag.column_name!r} needs a value and is given none (table {error.diag.table_name})"
    text = str(error)
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        text = "; ".join(filter(None, (error.diag.message_primary, error.diag.message_detail)))
    return f"{about}{type(error).__name__}: {text}"


def _is_relation(field: Any) -> bool:
    return field is not None and bool(getattr(field, "comodel_name", None))


def _many2one(text: str) -> Any:
    text = text.strip()
    return int(text) if text.lstrip("-").isdigit() else (text or False)


def _number(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: kind(text.strip()) if text.strip() else False


CONVERTERS: dict[str, Callable[[str], Any]] = {
    "int": _number(int),
    "integer": _number(int),
    "float": _number(float),
    "monetary": _number(float),
    "boolean": is_true,
    "many2one": _many2one,
    "many2one_reference": _many2one,
    "selection": lambda text: text.strip() or False,
    "date": lambda text: text.strip() or False,
    "datetime": lambda text: text.strip() or False,
    "reference": lambda text: text.strip() or False,
    "base64": lambda text: base64.b64encode(text.encode()),
    "binary": lambda text: text.strip() or False,
}


class _Moment:
    """The name `datetime` of expressions: data files take it for the class, and some for the module."""

    def __call__(self, *args: Any) -> datetime:
        return datetime(*args)

    def __getattr__(self, name: str) -> Any:
        if name in MODULE_ONLY:
            return getattr(MODULES["datetime"], name)
        return getattr(datetime, name)


MODULE_ONLY = ("datetime", "date", "time", "timedelta", "timezone")
"""What of the module expressions may mean: on the class these are methods of its objects, or nothing."""
EVALUATION_NAMES: Mapping[str, Any] = {
    **MODULES,
    "datetime": _Moment(),
    "Command": Command,
    "DateTime": datetime,
    "timedelta": timedelta,
    "relativedelta": relativedelta,
    "version": SERIES,
}
