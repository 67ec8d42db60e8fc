"""Secrets are changed while a server serves: the master password, and the keys of the object store."""

from __future__ import annotations

import base64
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
import requests

from fondaco.config import load
from fondaco.config.inifile import read
from fondaco.errors import AccessDenied, ConfigError
from fondaco.kit import rotation
from fondaco.kit.rotation import AuthFile
from fondaco.modules import databases
from fondaco.rpc.master import MasterPassword
from fondaco.sql.connection import Pools
from tests import fix_database
from tests.fix_s3 import serving_s3
from tests.fix_server import serving

PATIENCE_S = 60
NEW_KEY, NEW_SECRET = "AKNEWNEWNEWNEW", "another-secret-of-the-store"


def test_both_master_passwords_open_until_the_change_is_finished(fondaco, tmp_path):
    path = tmp_path / "fondaco.conf"
    path.write_text("[options]\nadmin_passwd = the-one-before\n")
    config = load(["-c", str(path)], {"HOME": str(tmp_path)})
    master = MasterPassword(config)
    (tmp_path / "new").write_text("the-one-after\n")

    fondaco.run("secret", "rotate", "master", "-c", str(path), "--password-file", str(tmp_path / "new"), check=True)

    assert master.check("the-one-after") and master.check("the-one-before")
    assert "the-one-after" not in path.read_text()
    with pytest.raises(ConfigError, match="was changed already"):
        rotation.require_no_master_before(config)

    fondaco.run("secret", "rotate", "master", "--finish", "-c", str(path), check=True)

    assert master.check("the-one-after")
    with pytest.raises(AccessDenied):
        master.check("the-one-before")


def test_a_master_password_before_that_stands_alone_is_told(tmp_path):
    path = tmp_path / "fondaco.conf"
    path.write_text("[options]\nadmin_passwd = the-one-now\n")
    config = load(["-c", str(path)], {"HOME": str(tmp_path)})
    path.write_text("[options]\nadmin_passwd_before = the-one-before\n")

    with pytest.raises(ConfigError, match="admin_passwd_before stands there without admin_passwd"):
        rotation.require_no_master_before(config)


def test_a_user_that_pgbouncer_does_not_know_is_refused_and_nothing_is_written(tmp_path):
    path = tmp_path / "userlist.txt"
    path.write_text('"erp" "secret"\n')

    with pytest.raises(ConfigError, match="has no user 'shop'"):
        AuthFile(path, os.getpid()).set("shop", "other")

    assert path.read_text() == '"erp" "secret"\n'


def test_the_users_of_pgbouncer_are_read_by_whom_they_were(tmp_path):
    path = tmp_path / "userlist.txt"
    path.write_text('"erp" "secret"\n"shop" "before"\n')
    path.chmod(0o640)
    # The run may have been started to ignore SIGHUP, and who is started by it then does so too.
    waits = "from signal import *; signal(SIGHUP, SIG_DFL); alarm(60); print(flush=True); pause()"
    with subprocess.Popen([sys.executable, "-c", waits], stdout=subprocess.PIPE) as pooler:
        assert pooler.stdout.readline() == b"\n"
        AuthFile(path, pooler.pid).set("shop", "after")
        assert pooler.wait(PATIENCE_S) == -signal.SIGHUP

    assert path.read_text() == '"erp" "secret"\n"shop" "after"\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    with pytest.raises(ConfigError, match="cannot be told to read"):
        AuthFile(path, pooler.pid).check("shop")


@pytest.fixture
def rotate(config, tmp_path):
    """rotate(lines): `rotate_database` for a file with the connection of the run and these lines; what it has then."""

    def run(lines, users=None, password=""):
        path = tmp_path / "fondaco.conf"
        known = [f"{key} = {config[key]}\n" for key in ("db_host", "db_port", "db_user") if config[key]]
        path.write_text("".join(["[options]\n", *known, *(f"{line}\n" for line in lines)]))
        before = path.read_text()
        pools = Pools(load(["-c", str(path)], {"HOME": str(tmp_path)}))
        with pytest.raises(ConfigError) as caught:
            rotation.rotate_database(pools, users, password=password, tell=print)
        pools.close()
        assert path.read_text() == before
        return str(caught.value)

    return run


def test_b4_a_pgbouncer_that_cannot_follow_is_found_before_anything_is_changed(rotate, config, tmp_path):
    users = tmp_path / "userlist.txt"
    users.write_text('"nobody of ours" "secret"\n')

    refused = rotate([f"db_password = {config['db_password'] or 'not asked for'}"], AuthFile(users, os.getpid()))

    assert "has no user" in refused


def test_b4_a_change_that_was_interrupted_is_not_mixed_with_another(rotate):
    both = ["db_password_before = one", "db_password = two"]

    assert "was interrupted" in rotate(both, password="three")


def test_b4_what_was_killed_before_it_had_another_password_is_no_change(rotate):
    same = ["db_password_before = one", "db_password = one"]

    assert "the password already" in rotate(same, password="one")


def test_a_secret_that_stands_in_no_file_is_not_changed_half(fondaco, tmp_path):
    path = tmp_path / "fondaco.conf"
    path.write_text("[options]\nworkers = 0\n")

    done = fondaco.run("secret", "rotate", "master", "-c", str(path))

    assert done.returncode == 2 and "admin_passwd does not stand in a configuration file" in done.stderr
    assert path.read_text() == "[options]\nworkers = 0\n"


@pytest.mark.slow
def test_the_keys_of_the_object_store_are_changed_on_two_servers_while_files_come_and_go(
    config, registries, fondaco, tmp_path
):
    name = fix_database.create(registries, ())
    kept, wrong, is_over = Counter(), [], threading.Event()

    def call(server, *arguments):
        parameters = [name, 2, fix_database.PASSWORD, "ir.attachment", *arguments]
        body = {"params": {"service": "object", "method": "execute_kw", "args": parameters}}
        answer = requests.post(f"{server.url}/jsonrpc", json=body, timeout=PATIENCE_S)
        return answer.json()["result"]

    def upload_and_read(server):
        while not is_over.is_set():
            content = base64.b64encode(os.urandom(2000)).decode()
            try:
                number = call(server, "create", [{"name": "a", "datas": content}])
                assert call(server, "read", [[number], ["datas"]])[0]["datas"] == content
                kept[server.port] += 1
            except Exception as error:
                wrong.append(repr(error))
            is_over.wait(0.1)

    def settings_of(store, number):
        home = tmp_path / str(number)
        return config.replace(**store.settings, pidfile=str(home / "pid"), data_dir=str(home / "data"))

    with serving_s3(tmp_path) as store:
        store.keys[NEW_KEY] = NEW_SECRET
        store.restart()
        (tmp_path / "new").write_text(NEW_SECRET)
        with (
            serving(settings_of(store, 1), name, tmp_path) as first,
            serving(settings_of(store, 2), name, tmp_path) as second,
        ):
            servers = (first, second)
            threads = [threading.Thread(target=upload_and_read, args=(server,)) for server in servers]
            for thread in threads:
                thread.start()
            paths = [str(server.logfile.with_suffix(".conf")) for server in servers]
            more = ("--key-id", NEW_KEY, "--password-file", str(tmp_path / "new"))
            done = [fondaco.run("secret", "rotate", "s3", *more, "-c", path, FONDACO_DATA_DIR=None) for path in paths]
            del store.keys[next(iter(store.keys))]
            store.restart()
            before, end = set(store.names()), time.monotonic() + PATIENCE_S
            stored = Counter(kept)
            while any(kept[server.port] < stored[server.port] + 2 for server in servers) and time.monotonic() < end:
                time.sleep(0.1)
            is_over.set()
            for thread in threads:
                thread.join(PATIENCE_S)
            end = time.monotonic() + PATIENCE_S
            while not (delivered := set(store.names()) - before) and time.monotonic() < end:
                time.sleep(0.1)
    databases.drop(registries, name)

    assert [one.returncode for one in done] == [0, 0], [one.stderr for one in done]
    assert all("the server have the new keys" in one.stdout for one in done)
    assert all(NEW_SECRET in read(path).options["ir_attachment.config"].text for path in paths)
    assert wrong == [] and all(kept[server.port] > stored[server.port] for server in servers)
    assert delivered, "with the key before withdrawn, files still arrive"
