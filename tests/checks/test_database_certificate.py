"""The certificate that a real PgBouncer shows to the server: how long it holds, and whether it is for its name."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from fondaco.checks.finding import Finding, Verdict
from fondaco.checks.site import Site
from fondaco.checks.table import BY_ID
from fondaco.config import Config
from tests.fix_server import free_port

START_S = 30


@contextlib.contextmanager
def pooler(name: str, ends_in: timedelta) -> Iterator[tuple[int, Path]]:
    """(port, certificate authority) of a PgBouncer that takes TLS only, with a certificate for `name`."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("no pgbouncer here: see tests/programs.sh")
    folder, port = Path(tempfile.mkdtemp(prefix="pgbouncer-tls-")), free_port()
    authority = trustme.CA()
    now = datetime.now(UTC)
    issued = authority.issue_cert(name, not_before=now - timedelta(days=100), not_after=now + ends_in)
    authority.cert_pem.write_to_path(folder / "ca.crt")
    issued.cert_chain_pems[0].write_to_path(folder / "pooler.crt")
    issued.private_key_pem.write_to_path(folder / "pooler.key")
    (folder / "users.txt").write_text('"erp" "x"\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host=127.0.0.1\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
        f"unix_socket_dir =\nauth_file = {folder}/users.txt\nclient_tls_sslmode = require\n"
        f"client_tls_cert_file = {folder}/pooler.crt\nclient_tls_key_file = {folder}/pooler.key\n"
    )
    account = None if os.geteuid() else pwd.getpwnam("nobody").pw_uid
    for path in (folder, *folder.iterdir()):
        if account is not None:
            os.chown(path, account, -1)
    process = subprocess.Popen([program, "-q", folder / "pgbouncer.ini"], user=account, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield port, folder / "ca.crt"
    finally:
        process.terminate()
        process.wait(START_S)
        shutil.rmtree(folder)


def _wait(port: int) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail("pgbouncer did not start")


def found(port: int, ca_file: Path, mode: str = "verify-full") -> Finding:
    config = Config.default().replace(
        db_host="localhost", db_port=port, db_sslmode=mode, db_sslrootcert=str(ca_file)
    )  # fmt: skip
    return BY_ID["tls.database_certificate"].probe(Site(config=config, now=datetime.now(UTC)))


@pytest.mark.parametrize(
    ("name", "ends_in", "verdict", "said"),
    [
        ("localhost", timedelta(days=90, hours=1), Verdict.PASS, "(90 days)"),
        ("localhost", timedelta(days=5, hours=1), Verdict.WARN, "ends in 5 days"),
        ("localhost", timedelta(days=-1), Verdict.FAIL, "has expired"),
        ("pooler.example.com", timedelta(days=90), Verdict.FAIL, "is not for localhost"),
    ],
)
def test_p11_the_certificate_of_the_pooler_is_read_as_the_server_reads_it(name, ends_in, verdict, said) -> None:
    with pooler(name, ends_in) as (port, authority):
        finding = found(port, authority)

    assert finding.verdict is verdict, finding
    assert said in finding.evidence


def test_p11_a_database_without_tls_and_one_that_nobody_checks() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]

    assert found(closed, Path()).verdict is Verdict.FAIL
    assert found(closed, Path(), "prefer").verdict is Verdict.SKIP
