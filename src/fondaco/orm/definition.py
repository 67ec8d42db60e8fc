"""How is a class body, as an addon wrote it, filed until a registry is built from it?"""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from typing import Any, ClassVar

from fondaco.errors import FieldError

_logger = logging.getLogger(__name__)

NAME = re.compile(r"^[a-z0-9_.]+$")
ADDONS = "odoo.addons."


class Definition(type):
    """Metaclass of models: completes the names of a class body and files it under its addon.

    module_to_models: addon name -> its definitions, in order of import. Shared by all registries of the process.
    """

    _module: str | None
    _name: str
    _inherit: list[str]
    _abstract: bool

    module_to_models: ClassVar[dict[str, list[Any]]] = defaultdict(list)

    definition_bases: tuple[type, ...]

    @property
    def _BaseModel__base_classes(cls) -> tuple[type, ...]:
        """The bases of a registry's class under the name by which loaders of fake models put them back."""
        return cls.definition_bases

    @_BaseModel__base_classes.setter
    def _BaseModel__base_classes(cls, bases: tuple[type, ...]) -> None:
        cls.definition_bases = bases

    def __new__(mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> Any:
        attrs.setdefault("__slots__", ())
        attrs.setdefault("_field_definitions", [])
        if attrs.get("_register", True):
            _complete_names(name, bases, attrs)
        return super().__new__(mcs, name, bases, attrs)

    def __init__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> None:
        super().__init__(name, bases, attrs)
        if not attrs.get("_register", True):
            return
        if cls._module:
            Definition.module_to_models[cls._module].append(cls)
        if not cls._abstract and cls._name not in cls._inherit:
            for method_name in ("create",):
                _check_create(cls, method_name)


def _complete_names(name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> None:
    module = attrs.get("__module__", "")
    attrs.setdefault("_module", module[len(ADDONS) :].split(".")[0] if module.startswith(ADDONS) else None)
    inherit = attrs.get("_inherit", ())
    inherit = [inherit] if isinstance(inherit, str) else list(inherit)
    attrs["_inherit"] = inherit
    if not attrs.get("_name"):
        attrs["_name"] = inherit[0] if len(inherit) == 1 else _name_of_class(name)
    if not NAME.match(attrs["_name"]):
        raise FieldError(
            f"{module}.{name}: model name {attrs['_name']!r}: expected lower-case letters, digits, '_' and '.'"
        )


def _name_of_class(name: str) -> str:
    """ResPartnerBank -> res.partner.bank"""
    return re.sub(r"(?<!^)(?=[A-Z])", ".", name).lower()


def _check_create(cls: Any, method_name: str) -> None:
    method = cls.__dict__.get(method_name)
    if method is not None and getattr(method, "_api", None) is None:
        _logger.debug("%s.%s: not batch: decorate it with @api.model_create_multi", cls.__module__, cls.__name__)


def is_definition(cls: type) -> bool:
    """Whether `cls` is a class body as written, and not the class of a registry."""
    return isinstance(cls, Definition) and getattr(cls, "pool", None) is None
