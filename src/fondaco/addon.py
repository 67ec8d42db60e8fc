"""The face for addon authors: models, fields, api, Command, http, _ and what belongs to them.

    from fondaco.addon import Command, _, api, fields, models

`models`, `fields` and `api` are namespaces with the documented names; `http` is the package of that name.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from fondaco import errors as exceptions
from fondaco import http
from fondaco.i18n.catalog import LazyGettext as _lt
from fondaco.i18n.catalog import LazyTranslate, _, spoken_language
from fondaco.orm import decorators, fields
from fondaco.orm.commands import Command
from fondaco.orm.environment import Environment
from fondaco.orm.identity import NewId
from fondaco.orm.model import AbstractModel, BaseModel, Model, TransientModel
from fondaco.registry.ormcache import ormcache

__all__ = [
    "SUPERUSER_ID", "Command", "LazyTranslate", "_", "_lt", "api", "exceptions", "fields", "http", "models",
    "ormcache",
    "spoken_language",
]  # fmt: skip

SUPERUSER_ID = 1

models: Any = SimpleNamespace(
    AbstractModel=AbstractModel, BaseModel=BaseModel, Model=Model, NewId=NewId, TransientModel=TransientModel
)

api: Any = SimpleNamespace(
    Environment=Environment,
    SUPERUSER_ID=SUPERUSER_ID,
    autovacuum=decorators.autovacuum,
    constrains=decorators.constrains,
    depends=decorators.depends,
    depends_context=decorators.depends_context,
    model=decorators.model,
    model_create_multi=decorators.model_create_multi,
    model_create_single=decorators.model_create_single,
    noguess=decorators.noguess,
    onchange=decorators.onchange,
    ondelete=decorators.ondelete,
    private=decorators.private,
    readonly=decorators.readonly,
    returns=decorators.returns,
)
