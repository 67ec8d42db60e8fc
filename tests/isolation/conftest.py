"""Two tenants of one server, each with a database, files, a visitor's session and secrets of its own."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from werkzeug.test import Client

from fondaco import wsgi
from fondaco.config import Config
from fondaco.modules import databases
from fondaco.modules.databases import NewDatabase
from fondaco.modules.registries import Registries
from fondaco.registry.transact import transact

MODULES = {"acme": ("contacts", "product"), "acme2": (), "bravo": ()}
LOGIN = "boss"


@dataclass(frozen=True)
class Tenant:
    """A database and what only those who work in it may see: everything secret holds `mark`."""

    name: str
    mark: str
    password: str
    attachment: int
    token: str
    partner: int

    @property
    def host(self) -> str:
        return f"{self.name}.example.com"


def fill(registries: Registries, name: str, mark: str, password: str) -> Tenant:
    """Give a database its secrets; the ids of both tenants' records are alike, as they are in real ones."""

    def work(env) -> tuple[int, str, int]:
        partner = env["res.partner"].create({"name": f"Partner {mark}", "image_1920": picture(mark)})
        values = {"name": f"{mark}.txt", "datas": base64.b64encode(f"file {mark}".encode()), "res_model": "res.partner"}
        attachment = env["ir.attachment"].create({**values, "res_id": partner.id})
        token = attachment.generate_access_token()[0]
        env["ir.config_parameter"].set_param("tenant.secret", mark)
        env["res.company"].browse(1).name = f"Company {mark}"
        return attachment.id, token, partner.id

    attachment, token, partner = transact(registries.get(name), work, uid=1, su=True)
    return Tenant(name, mark, password, attachment, token, partner)


def picture(mark: str) -> bytes:
    """A picture in a colour of the tenant's own."""
    red = sum(mark.encode()) % 256
    drawing = f'<desc>{mark}</desc><rect width="9" height="9" fill="#{red:02x}0000"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{drawing}</svg>'
    return base64.b64encode(svg.encode())


@pytest.fixture(scope="package")
def tenants(registries: Registries) -> Iterator[dict[str, Tenant]]:
    """{"acme": ..., "acme2": ..., "bravo": ...}: the second's name begins with the first's."""
    made = {}
    for label, modules in MODULES.items():
        name = f"{label.rstrip('2')}{os.getpid()}{'2' if label.endswith('2') else ''}"
        password = f"password of {label}"
        databases.create(registries, NewDatabase(name, modules, LOGIN, password), more_follow=True)
        made[label] = fill(registries, name, f"mark-of-{label}-", password)
    yield made
    for tenant in made.values():
        databases.drop(registries, tenant.name)


@pytest.fixture
def serve(config: Config, registries: Registries, tenants: dict[str, Tenant]) -> Callable[..., Client]:
    """serve(dbfilter="^%d$"): a browser in front of a server with these settings, which sees the tenants only."""

    def serve(**settings: object) -> Client:
        names = [tenant.name for tenant in tenants.values()]
        here = config.replace(**{"db_name": names, "admin_passwd": "a-master-password", **settings})
        return Client(wsgi.build(here, Registries(here, registries.pools)))

    return serve


def log_in(client: Client, tenant: Tenant, host: str | None = None, **query: str) -> None:
    """Log in by the form, as a person."""
    base = f"http://{host or tenant.host}/"
    page = client.get("/web/login", base_url=base, query_string=query, follow_redirects=True).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    form = {"csrf_token": token, "login": LOGIN, "password": tenant.password}
    answer = client.post("/web/login", base_url=base, data=form)
    assert answer.status_code == 303, answer.text


def call(client: Client, path: str, host: str, **params: object) -> dict:
    """A JSON call."""
    return client.post(path, base_url=f"http://{host}/", json={"jsonrpc": "2.0", "id": 1, "params": params}).json


def rpc(client: Client, host: str, service: str, method: str, *args: object) -> dict:
    """A call of a program."""
    return call(client, "/jsonrpc", host, service=service, method=method, args=args)
