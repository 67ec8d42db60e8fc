"""Who reads the files of others, and what a file may be made to open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fondaco.errors import AccessError, MissingError, UserError
from fondaco.orm.environment import Environment


@pytest.fixture
def user(env: Environment) -> Any:
    """A colleague with no more than the rights of an employee."""
    return env["res.users"].create(
        {"name": "Ida", "login": "ida", "groups_id": [(6, 0, [env.ref("base.group_user").id])]}
    )


def test_a_file_on_no_record_is_its_authors(env: Environment, user: Any) -> None:
    secret = env["ir.attachment"].create({"name": "s.txt", "raw": b"secret"})
    env.invalidate_all()
    theirs = secret.with_user(user)
    with pytest.raises(AccessError):
        theirs.read(["raw"])
    env.invalidate_all()
    with pytest.raises(AccessError):
        theirs.mapped("datas")
    with pytest.raises(AccessError):
        theirs.web_read({"name": {}})
    own = env["ir.attachment"].with_user(user).create({"name": "own.txt", "raw": b"own"})
    env.invalidate_all()
    assert own.read(["raw"])[0]["raw"] == "own"


def test_a_file_is_read_by_those_who_read_its_record(env: Environment, user: Any) -> None:
    server = env["ir.mail_server"].create({"name": "m", "smtp_host": "mail.example.org"})
    hidden = env["ir.attachment"].create({"name": "h", "raw": b"h", "res_model": server._name, "res_id": server.id})
    partner = env["res.partner"].create({"name": "P"})
    shown = env["ir.attachment"].create({"name": "s", "raw": b"s", "res_model": "res.partner", "res_id": partner.id})
    env.invalidate_all()
    with pytest.raises(AccessError):
        hidden.with_user(user).read(["name"])
    assert shown.with_user(user).read(["raw"])[0]["raw"] == "s"
    assert (hidden | shown).with_user(user)._filtered_access("read") == shown


def test_a_file_is_not_moved_to_a_record_that_may_not_be_changed(env: Environment, user: Any) -> None:
    company, other = env["res.company"].search([], limit=1), env["res.company"].create({"name": "Other"})
    file = env["ir.attachment"].create(
        {"name": "f", "raw": b"f", "res_model": "res.partner", "res_id": user.partner_id.id}
    )
    with pytest.raises(AccessError):
        file.with_user(user).write({"res_model": "res.company", "res_id": company.id})
    with pytest.raises(AccessError):
        file.with_user(user).write({"res_model": "res.company"})
    assert other


def test_the_context_cannot_name_a_stored_file(env: Environment, user: Any) -> None:
    secret = env["ir.attachment"].create({"name": "s.txt", "raw": b"secret"})
    files = env["ir.attachment"].with_user(user).with_context(default_store_fname=secret.store_fname)
    assert not files.create({"name": "thief"}).sudo().store_fname


def test_an_address_opens_static_files_only(env: Environment) -> None:
    files = env["ir.attachment"]
    source = files.create({"name": "m", "type": "url", "url": "/base/__manifest__.py"})
    icon = files.create({"name": "i", "type": "url", "url": "/base/static/description/icon.png"})
    assert env["ir.binary"]._attachment_stream(source).type == "url"
    assert env["ir.binary"]._attachment_stream(icon).type == "path"


def test_only_files_are_sent_as_files(env: Environment) -> None:
    partner = env["res.partner"].create({"name": "P", "email": "p@example.org"})
    for name in ("email", "user_ids", "no_such_field"):
        with pytest.raises(UserError):
            env["ir.binary"]._get_stream_from(partner, name)


def test_a_file_that_is_gone_from_the_disk_is_missing_and_no_failure(env: Environment) -> None:
    file = env["ir.attachment"].create({"name": "gone.png", "raw": b"\x89PNG\r\n\x1a\n gone from the disk"})
    Path(file._full_path(file.store_fname)).unlink()
    binary = env["ir.binary"]

    with pytest.raises(MissingError):
        binary._get_stream_from(file)
    assert binary._get_image_stream_from(file).path.endswith("placeholder.png")
