"""A field whose value is one of a list: Selection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from fondaco.errors import FieldError
from fondaco.orm.fields.base import DEFAULT, Field
from fondaco.orm.fields.methods import call

if TYPE_CHECKING:
    from fondaco.orm.environment import Environment
    from fondaco.orm.recordset import Recordset


class Selection(Field[str]):
    """One of `selection`: pairs (value, label), or a method that gives them.

    selection_add: pairs put in by an extension, at the place of those that exist already.
    ondelete: what becomes of records with an added value when it goes: {value: 'set null' | 'cascade' | 'set default' |
      ...}.
    """

    type = "selection"
    column_type = ("varchar", "VARCHAR")
    selection: Any = None
    selection_add: Any = None
    validate: bool = True
    ondelete: Any = None
    related_attrs: ClassVar[dict[str, str]] = {**Field.related_attrs, "selection": "selection"}
    description_attrs = (*Field.description_attrs, "selection")

    def __init__(self, selection: Any = DEFAULT, string: Any = DEFAULT, **kwargs: Any) -> None:
        super().__init__(selection=selection, string=string, **kwargs)
        added = kwargs.get("selection_add")
        if added:
            self.args["selection_add"] = [item if isinstance(item, tuple) else tuple(item) for item in added]

    def bound(self, model: Any) -> None:
        if isinstance(self.selection, list | tuple):
            self._check_pairs(self.selection)
        if self.selection_add:
            values: list[tuple[Any, ...]] = (
                [tuple(item) for item in self.selection] if isinstance(self.selection, list | tuple) else []
            )
            own = {value for value, _label in values}
            for added in self.selection_add:
                self._check_pairs([item for item in added if len(item) == 2])
                self._check_added(values, added)
                values = merge(values, added)
            self.selection = values
            self._complete_policies({value for value, _label in values} - own)

    def _check_pairs(self, pairs: Sequence[Any]) -> None:
        """FieldError where something is no pair (value, label), or a value comes twice."""
        labels: dict[str, Any] = {}
        for pair in pairs:
            if not isinstance(pair, list | tuple) or len(pair) != 2:
                raise FieldError(
                    f"{self}{self._by()}: its selection has {pair!r}; expected pairs (value, label), as in "
                    f"[({str(pair)!r}, {str(pair).title()!r})]"
                )
            value, label = pair
            if str(value) in labels:
                raise FieldError(
                    f"{self}{self._by()}: its selection has the value {value!r} twice, as {labels[str(value)]!r} and "
                    f"as {label!r}; expected each value once: take one of them out"
                )
            labels[str(value)] = label

    def _by(self) -> str:
        return f" (module {', '.join(self._modules)})" if self._modules else ""

    def _check_added(self, values: list[tuple[Any, ...]], added: list[tuple[Any, ...]]) -> None:
        """FieldError where a value stands alone, to say a place, and is none of those that are extended."""
        known = [item[0] for item in values]
        for item in added:
            if len(item) < 2 and item[0] not in known:
                found = ", ".join(map(repr, known)) if isinstance(self.selection, list | tuple) else "a method"
                raise FieldError(
                    f"{self}: selection_add names {item[0]!r} without a label, and the selection that it extends is "
                    f"{found or 'empty'}; expected one of its values, or a pair (value, label)"
                )

    def _complete_policies(self, added: set[Any]) -> None:
        """What becomes of records that hold an added value when its module goes: no value, if nothing is said."""
        self.ondelete = {**dict.fromkeys(added, "set null"), **(self.ondelete or {})}
        known = {value for value, _label in self.selection}
        for value in added:
            policy = self.ondelete[value]
            if policy == "set null" and self.required:
                raise FieldError(
                    f"{self}: required, so ondelete of {value!r} cannot be 'set null'; say what the records are then,"
                    f" as in ondelete={{{value!r}: 'set default'}}"
                )
            target = policy.removeprefix("set ") if isinstance(policy, str) and policy.startswith("set ") else None
            if not (callable(policy) or policy in ("set null", "set default", "cascade") or target in known - {value}):
                raise FieldError(
                    f"{self}: ondelete of {value!r} is {policy!r}; expected 'set null', 'set default', 'cascade',"
                    " 'set ' and another value, or a function"
                )

    def prepare(self, model: Recordset) -> None:
        if self.related and self.related_field is not None and "selection" not in self.args:
            target = self.related_field
            self.selection = lambda records: target.get_values_pairs(records.env)

    def get_values_pairs(self, env: Environment) -> list[tuple[Any, Any]]:
        """The pairs (value, label), labels in the language of `env`."""
        selection = self.selection
        if isinstance(selection, str) or callable(selection):
            return [tuple(pair) for pair in call(selection, env[self.model_name])]
        if env.context.get("lang"):
            labels = env["ir.model.fields"].get_field_selection(self.model_name, self.name)
            return labels or selection or []
        return selection or []

    def get_values(self, env: Environment) -> list[Any]:
        """The values that may be written."""
        selection = self.selection
        if isinstance(selection, str) or callable(selection):
            selection = call(selection, env[self.model_name].with_context(lang=None))
        return [value for value, _label in selection or ()]

    def _selection_modules(self, model: Any) -> dict[Any, set[str]]:
        """{value: the modules that offer it}."""
        return self.value_modules or {}

    def _description_selection(self, env: Environment) -> Any:
        return self.get_values_pairs(env)

    def description_value(self, key: str, env: Environment) -> Any:
        if key == "selection":
            return self.get_values_pairs(env)
        return super().description_value(key, env)

    def convert_to_cache(self, value: Any, record: Recordset, validate: bool = True) -> Any:
        if value is None or value is False or value == "":
            return None
        if not validate or not self.validate or not isinstance(self.selection, list | tuple):
            # Odoo 18 takes any value where a method gives the list, which may differ tomorrow.
            return value
        if any(value == item[0] for item in self.selection):
            return value
        raise ValueError(f"Wrong value for {self}: {value!r}")

    def to_column(self, value: Any, env: Environment) -> Any:
        return None if value is None else str(value)

    def convert_to_export(self, value: Any, record: Recordset) -> Any:
        for item, label in self.get_values_pairs(record.env):
            if item == value:
                return label
        return ""

    def read_column(self, records: Recordset) -> list[Any]:
        column = records.env.columns[self]
        return [False if column[id_] is None else column[id_] for id_ in records._ids]


def merge(values: list[tuple[Any, ...]], added: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Put `added` into `values`: known items keep order and anchor the new ones, which follow them; labels given
    replace."""
    order: list[Any] = [item[0] for item in values]
    labels: dict[Any, Any] = {item[0]: item[1] for item in values}
    position = len(order)
    pending: list[Any] = []
    for item in added:
        value = item[0]
        if value in labels:
            for new in pending:
                order.insert(order.index(value), new)
            pending = []
            position = order.index(value) + 1
            if len(item) > 1:
                labels[value] = item[1]
        elif position < len(order) and not pending and order and order[position - 1] in {known[0] for known in added}:
            order.insert(position, value)
            position += 1
            labels[value] = item[1]
        else:
            pending.append(value)
            labels[value] = item[1]
    order.extend(pending)
    return [(value, labels[value]) for value in order]
