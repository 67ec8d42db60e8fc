"""The path by containers, followed on a Debian 13 with its own Docker: do image, compose file and unit work?

The lines are those of docs/operator/install.md. No registry can be reached: under the names that the kit's files ask
for lies a Debian with Python and Redis of its own, so what differs is their versions, and Alpine.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fondaco.kit import description
from tests.boot.container import PATIENCE_S, Container
from tests.boot.trial import LINES, Outcome, blocks, debian, drop_in, in_tree, looked
from tests.wheel import ROOT, built, run

SUITE = "trixie"
NEEDED = "ca-certificates,curl,dbus,iproute2,locales,procps,sudo,systemd,systemd-sysv"
BESIDE = "docker.io docker-cli docker-compose iptables nftables postgresql"
ON_DISK = ("/var/lib/docker", "/var/lib/containerd")
IMAGES = {
    "python:3.12-slim": (),
    "redis:7-alpine": ("WORKDIR /data", "VOLUME /data", 'ENTRYPOINT ["/usr/local/bin/as-redis"]'),
}
"""Name -> what the real image declares, as far as the kit relies on it"""
AS_REDIS = """#!/bin/sh
chown redis /data
exec setpriv --reuid redis --regid redis --init-groups "$@" --protected-mode no
"""
"""What the real image does: its server is not root, and hears its own network"""
MORE = '[containers]\npackages = ["jq"]\nlibraries = ["zeep"]\n'
LOG_IN = "curl -s -o /dev/null -w '%{http_code}' --max-time 60 http://127.0.0.1:8069/web/login"
LIVE = (
    "curl -s -i -N --max-time 5 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' "
    "-H 'Sec-WebSocket-Key: c2VjcmV0c2VjcmV0c2Vjcg==' -H 'Origin: http://127.0.0.1:8072' "
    "http://127.0.0.1:8072/websocket | head -1"
)
INSIDE = "cd /srv/erp && docker compose exec -T"
OF_ALL = (
    "docker inspect $(docker ps -aq) $(docker images -q); docker history --no-trunc erp-fondaco; "
    "docker compose -f /srv/erp/compose.yaml config"
)


# -- the machine --------------------------------------------------------------------------------------------------
def install(folder: Path) -> tuple[Path, Path]:
    """(a Debian with Docker, the archive of what stands in for images), both kept in a folder."""
    tree, image, archive = folder / "docker", folder / "image", folder / "image.tar"
    debian(tree, SUITE, NEEDED)
    in_tree(tree, f"apt-get -qq update\napt-get -qq install --no-install-recommends {BESIDE}")
    if not archive.exists():
        debian(image, SUITE, "ca-certificates,python-is-python3,python3-pip,redis-server")
        for mark in image.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
            mark.unlink()
        (image / "usr/local/bin/as-redis").write_text(AS_REDIS)
        (image / "usr/local/bin/as-redis").chmod(0o755)
        run("tar", "-C", image, "-cf", archive, ".")
    return tree, archive


def describe(folder: Path, more: str = "") -> Path:
    """What the page has done on the machine of who prepares it, as far as the folder `kit`."""
    words = {
        "cpus = 4": "cpus = 2", "memory_gb = 16": "memory_gb = 4", "memory_gb = 4 ": "memory_gb = 1 ",
        "version = 15": "version = 17", "# addresses = [\"192.168.1.10\"]": "addresses = [\"10.0.0.2\"]",
        "# clients = [\"192.168.1.0/24\"]": "clients = [\"172.16.0.0/12\"]", "wal_days = ": "# wal_days = ",
    }  # fmt: skip
    text = description.EXAMPLE
    for given, wanted in words.items():
        assert given in text
        text = text.replace(given, wanted)
    programs = folder / "programs"
    programs.mkdir()
    for name, script in {
        "editor": f"cat >\"$1\" <<'END'\n{text}\n{more}END\n",
        "fondaco": f'PYTHONPATH={ROOT}/src exec {sys.executable} -m fondaco "$@"\n',
        "pip": f'exec {sys.executable} -m pip "$@"\n',
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}")
        (programs / name).chmod(0o755)
    lines = "\n".join(blocks("Containers")[0]).replace("/path/to/fondaco", str(built(folder)))
    run("sh", "-exc", f"PATH={programs}:$PATH\n{lines}", cwd=folder)
    return folder / "kit"


@contextmanager
def connected(it: Container) -> Iterator[None]:
    """The way of a machine to the world."""
    way = subprocess.Popen(
        ["slirp4netns", "--configure", "--disable-host-loopback", str(it.first), "tap0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    it.say("sh", "-c", "rm -f /etc/resolv.conf; echo nameserver 10.0.2.3 >/etc/resolv.conf")
    try:
        yield
    finally:
        way.terminate()
        way.wait(PATIENCE_S)


# -- the promises -------------------------------------------------------------------------------------------------
def trial(folder: Path) -> Outcome:
    tree, archive = install(folder)
    outcome = Outcome()
    with tempfile.TemporaryDirectory(prefix="containers-", dir=folder) as name:
        place = Path(name)
        (place / "changes/root").mkdir(parents=True)
        for kit, more in (("kit", ""), ("more", MORE)):
            (place / f"for-{kit}").mkdir()
            shutil.copytree(describe(place / f"for-{kit}", more), place / "changes/root" / kit, symlinks=True)
        shutil.copy(archive, place / "changes/root/image.tar")
        # The private address that the page has the database listen on.
        private = "[Service]\nExecStartPre=+ip addr replace 10.0.0.2/32 dev lo\n"
        drop_in(place / "changes", "postgresql@.service", "address", private)
        it = Container(tree, place, ON_DISK)
        try:
            it.start()
            with connected(it):
                if _followed(it, outcome):
                    for look in (_served, _shut, _secret, _restarted, _guarded):
                        looked(look, it, outcome)
            it.stop()
            it.start()
            with connected(it):
                looked(_kept, it, outcome)
                looked(_own, it, outcome)
        finally:
            it.stop()
    return outcome


def _followed(it: Container, outcome: Outcome) -> bool:
    for name, declared in IMAGES.items():
        changes = [word for one in declared for word in ("--change", one)]
        it.say("docker", "import", *changes, "/root/image.tar", name)
    _mine, database, server, _own = blocks("Containers")
    for lines in (database, server[:-1]):
        done = it.run("sh", "-exc", "\n".join(["cd /root", *lines]))
        if done.returncode:
            outcome.tell(
                LINES, f"exit code {done.returncode}: {done.stdout[-1500:]}{done.stderr[-3000:]}", is_kept=False
            )
            return False
    outcome.tell(LINES, "exit code 0")
    return True


def _served(it: Container, outcome: Outcome) -> None:
    code = _until(it, LOG_IN, "200")
    if code != "200":
        raise RuntimeError(it.say("sh", "-c", "cd /srv/erp && docker compose ps -a; docker compose logs --tail 30"))
    outcome.tell("the page to log in, on the port that nginx of the host asks", code)
    said = it.say("sh", "-c", LIVE)
    outcome.tell("the websocket, on the other port", said.strip(), is_kept=" 101 " in said)
    done = it.run("sh", "-c", f"{INSIDE} fondaco fondaco healthcheck")
    wrong = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
    said = "; ".join(wrong) or f"all {len(done.stdout.splitlines())} lines ok" + done.stderr[-500:]
    outcome.tell("fondaco healthcheck: log-in, upload, jobs", said, is_kept=done.returncode == 0)
    done = it.run("sh", "-c", f"{INSIDE} fondaco fondaco preflight --json")
    found = {line["id"]: line for line in json.loads(done.stdout)["checks"]}
    pdf = found["preflight.pdf"]
    outcome.tell("PDF is made in the image, with a font", pdf["evidence"], is_kept=pdf["verdict"] == "PASS")
    who = it.say("sh", "-c", f"{INSIDE} fondaco id -un")
    outcome.tell("whose process it is", who, is_kept=who == "fondaco")


def _shut(it: Container, outcome: Outcome) -> None:
    said = it.say("ss", "-Htln", "( sport = :8069 or sport = :8072 or sport = :6379 )").splitlines()
    places = sorted({line.split()[3] for line in said})
    outcome.tell("ports that are published", ", ".join(places), is_kept=places == ["127.0.0.1:8069", "127.0.0.1:8072"])


def _secret(it: Container, outcome: Outcome) -> None:
    """Nothing that Docker shows has a secret in it, and no environment of a process."""
    shown = it.say("sh", "-c", f"{OF_ALL}; {INSIDE} fondaco cat /proc/1/environ | tr '\\0' '\\n'")
    secrets = it.say("sh", "-c", "cat /srv/erp/secrets/*").split()
    found = sum(secret in shown for secret in secrets)
    outcome.tell(
        f"{len(secrets)} secrets in {len(shown.splitlines())} lines of docker inspect, history, config and environment",
        f"{found} seen", is_kept=bool(secrets) and not found,
    )  # fmt: skip


def _restarted(it: Container, outcome: Outcome) -> None:
    it.say("sh", "-c", f"{INSIDE} fondaco sh -c 'echo kept >/var/lib/fondaco/mark'")
    it.say("sh", "-c", f"{INSIDE} redis redis-cli set mark kept")
    it.say("systemctl", "restart", "docker")
    code = _until(it, LOG_IN, "200")
    outcome.tell("after a restart of Docker", code, is_kept=code == "200")
    it.say("systemctl", "restart", "erp-compose")
    code = _until(it, LOG_IN, "200")
    outcome.tell(
        "after systemctl restart erp-compose, which makes the containers anew", f"{code}, {_marks(it)}",
        is_kept=code == "200" and _marks(it) == "files kept, Redis kept",
    )  # fmt: skip


def _guarded(it: Container, outcome: Outcome) -> None:
    """The kit's nftables beside Docker's own rules."""
    it.say(
        "sh", "-exc", "cp /root/kit/etc/nftables.conf /etc/ && nft -f /etc/nftables.conf && nft -f /etc/nftables.conf"
    )
    it.say("systemctl", "restart", "erp-compose")
    code = _until(it, LOG_IN, "200")
    done = it.run("sh", "-c", f"{INSIDE} fondaco fondaco healthcheck")
    reached = it.run("sh", "-c", f"{INSIDE} fondaco apt-get update --print-uris").returncode == 0
    outcome.tell(
        "with the kit's nftables loaded",
        f"{code}, healthcheck {done.returncode}",
        is_kept=code == "200" and reached and not done.returncode,
    )


def _kept(it: Container, outcome: Outcome) -> None:
    code = _until(it, LOG_IN, "200")
    outcome.tell("after another boot", f"{code}, {_marks(it)}", is_kept=code == "200" and "lost" not in _marks(it))


def _own(it: Container, outcome: Outcome) -> None:
    """An image of one's own, built by the line of the page from the kit of another description."""
    it.say("cp", "-a", "/root/more/srv/erp/own", "/root/more/srv/erp/compose.yaml", "/srv/erp/")
    it.say("sh", "-exc", "\n".join(blocks("Containers")[-1]))
    it.say("systemctl", "restart", "erp-compose")
    code = _until(it, LOG_IN, "200")
    said = it.run(
        "sh", "-c", f"{INSIDE} fondaco sh -c 'jq --version; python -c \"import zeep\" && id -un'"
    ).stdout.split()
    outcome.tell(
        "an image of one's own, with more of Debian and of the index, and no root", f"{code}, {' '.join(said)}",
        is_kept=code == "200" and len(said) == 2 and said[1] == "fondaco",
    )  # fmt: skip


def _marks(it: Container) -> str:
    commands = {"files": "fondaco cat /var/lib/fondaco/mark", "Redis": "redis redis-cli get mark"}
    found = {what: it.run("sh", "-c", f"{INSIDE} {command}").stdout.strip() for what, command in commands.items()}
    return ", ".join(f"{what} {'kept' if said == 'kept' else 'lost'}" for what, said in found.items())


def _until(it: Container, command: str, wanted: str) -> str:
    end = time.monotonic() + PATIENCE_S
    while (said := it.run("sh", "-c", command).stdout.strip()) != wanted and time.monotonic() < end:
        time.sleep(1)
    return said
