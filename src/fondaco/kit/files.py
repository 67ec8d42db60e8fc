"""The files of a deployment: templates rendered from a description, compared with a folder, written to it."""

from __future__ import annotations

import difflib
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fondaco.kit import secret, sizing
from fondaco.kit.description import Description
from fondaco.kit.tuning import tuned
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    import jinja2
else:
    jinja2 = Deferred("jinja2")

WORKERS_PER_POD = 2
MARGIN_S = 30
"""So much longer than a request may take do proxies wait: who ends it is the server, which says why"""
STATEMENT_SHARE = 5 / 6
"""Of the time of a request, for one statement and for the processor: what is too long ends with a message before"""
WAYS = ("cluster", "kubernetes", "terraform")
"""Folders of the kit that are no places of a machine"""
OPEN, CLOSED, PRIVATE, PROGRAM = 0o644, 0o640, 0o600, 0o755


@dataclass(frozen=True, slots=True)
class Template:
    """A file of the kit. path: its place below /, which may name {name} and {version}.  answers: lines of the seeds."""

    template: str
    path: str
    answers: str
    mode: int = OPEN
    note: str = ""
    wanted_by: str = ""
    """The key of the description without which there is no such file"""
    each: str = ""
    """The key whose values are machines: each has such a file, and {node} in the path is its address"""


K8S = "kubernetes_image"
TEMPLATES = (
    Template("etc/fondaco.conf", "etc/fondaco/{name}.conf", "2:20-33, 0:100, 3:289", CLOSED, "owner root:{name}"),
    Template("etc/nginx.conf", "etc/nginx/sites-available/{name}.conf", "2:11-19, 0:185-230, 4:82-105"),
    Template("etc/haproxy.cfg", "etc/haproxy/{name}.cfg", "2:5", OPEN, "instead of nginx"),
    Template("etc/postgresql.conf", "etc/postgresql/{version}/main/conf.d/{name}.conf", "2:53-61, 3:277-281"),
    Template(
        "etc/pg_hba.conf",
        "etc/postgresql/{version}/main/pg_hba.conf",
        "3:255-263, 0:46-60",
        CLOSED,
        "owner postgres",
    ),
    Template("etc/role.sql", "etc/fondaco/{name}-role.sql", "0:66-75, 4:38-41", PRIVATE, "run once as postgres"),
    Template("etc/pgbouncer.ini", "etc/pgbouncer/pgbouncer.ini", "2:35-43, 2:66-69", CLOSED, "owner postgres"),
    Template("etc/userlist.txt", "etc/pgbouncer/userlist.txt", "2:43", PRIVATE, "owner postgres"),
    Template("etc/pooler-pgpass", "etc/fondaco/{name}-pooler-pgpass", "2:91, 2:64", PRIVATE, "owner root"),
    Template("etc/pgbouncer-limits.conf", "etc/systemd/system/pgbouncer.service.d/{name}.conf", "2:82"),
    Template("etc/unit.service", "etc/systemd/system/{name}.service", "3:116-146, 0:288"),
    Template("etc/check.service", "etc/systemd/system/{name}-check.service", "0:256"),
    Template("etc/check.timer", "etc/systemd/system/{name}-check.timer", "0:256"),
    Template("etc/backup.service", "etc/systemd/system/{name}-backup.service", "2:84, 0:294, 4:200"),
    Template("etc/backup.timer", "etc/systemd/system/{name}-backup.timer", "2:84"),
    Template("etc/drill.service", "etc/systemd/system/{name}-drill.service", "2:85, 4:207"),
    Template("etc/drill.timer", "etc/systemd/system/{name}-drill.timer", "2:85, 4:207"),
    Template(
        "etc/backup-password", "etc/fondaco/{name}-backup-password", "0:294", PRIVATE, "owner {name}; keep a copy"
    ),
    Template(
        "etc/wal.service",
        "etc/systemd/system/{name}-wal.service",
        "2:84, 0:294",
        OPEN,
        "PostgreSQL's log",
        "backups_wal_days",
    ),
    Template("etc/wal.timer", "etc/systemd/system/{name}-wal.timer", "2:84", OPEN, "", "backups_wal_days"),
    Template(
        "etc/wal-folder.conf", "etc/tmpfiles.d/{name}-wal.conf", "2:84", OPEN, "makes its folder", "backups_wal_days"
    ),
    Template(
        "etc/backup-pgpass",
        "etc/fondaco/{name}-backup-pgpass",
        "2:84",
        PRIVATE,
        "owner {name}",
        "backups_wal_days",
    ),
    Template("etc/files.conf", "etc/tmpfiles.d/{name}-files.conf", "3:242", OPEN, "systemd-tmpfiles --create, once"),
    Template("etc/logrotate", "etc/logrotate.d/{name}", "2:25"),
    Template("etc/fail2ban-filter.conf", "etc/fail2ban/filter.d/{name}.conf", "0:312-317"),
    Template("etc/fail2ban-jail.conf", "etc/fail2ban/jail.d/{name}.conf", "0:321-328"),
    Template("etc/prometheus.yml", "etc/prometheus/prometheus.yml", "3:318"),
    Template("etc/alerts.yml", "etc/prometheus/rules/{name}.yml", "2:63-82, 4:292-300, 0:150"),
    Template("etc/dashboard.json", "etc/grafana/dashboards/{name}.json", "2:69-82, 4:296-300, 0:150, 3:318"),
    Template("etc/nftables.conf", "etc/nftables.conf", "2:6-10, 0:280, 4:252", CLOSED),
    Template("etc/firewalld.xml", "etc/firewalld/zones/fondaco.xml", "3:226-232, 2:6-10", CLOSED, "or this"),
    Template("etc/firewall.sh", "usr/local/sbin/{name}-firewall", "0:280, 2:6-10, 4:252", PROGRAM, "or ufw, by this"),
    Template("etc/renewed.sh", "etc/letsencrypt/renewal-hooks/deploy/{name}", "2:52, 3:218", PROGRAM),
    Template(
        "etc/self-signed.sh", "usr/local/sbin/{name}-self-signed", "3:214-218, 0:382", PROGRAM, "until certbot has one"
    ),
    Template("docker/Dockerfile", "srv/{name}/Dockerfile", "4:44-52"),
    Template("docker/dockerignore", "srv/{name}/.dockerignore", "0:296", OPEN, "keeps secrets out of the image"),
    Template("docker/own", "srv/{name}/own/Dockerfile", "4:44-52", OPEN, "builds on that image", "containers_own"),
    Template("docker/compose.yaml", "srv/{name}/compose.yaml", "4:54-78"),
    Template("docker/compose.service", "srv/{name}/{name}-compose.service", "4:110-123", OPEN, "instead of the unit"),
    Template("cloud/main.tf", "terraform/main.tf", "4:12-33"),
    Template("cloud/cloud-init.yaml", "terraform/config/cloud-init.yaml", "4:34"),
    Template("cluster/nftables.conf", "cluster/{node}/etc/nftables.conf", "2:6-10", CLOSED, each="cluster_machines"),
    Template("cluster/etcd", "cluster/{node}/etc/default/etcd", "4:36", each="cluster_etcd"),
    Template(
        "cluster/certificates.sh",
        "cluster/certificates",
        "2:49-52",
        PROGRAM,
        "run it first: who may ask etcd",
        "cluster_etcd",
    ),
    Template(
        "cluster/patroni.yml",
        "cluster/{node}/etc/patroni/config.yml",
        "4:36",
        PRIVATE,
        "owner postgres",
        each="cluster_databases",
    ),
    Template("cluster/haproxy.cfg", "cluster/{node}/etc/haproxy/haproxy.cfg", "4:36", each="cluster_servers"),
    Template(
        "etc/pgbouncer.ini",
        "cluster/{node}/etc/pgbouncer/pgbouncer.ini",
        "2:35-43",
        CLOSED,
        "owner postgres",
        each="cluster_servers",
    ),
    Template("cluster/fondaco.conf", "cluster/{node}/etc/fondaco/{name}.conf", "4:2", CLOSED, each="cluster_servers"),
    Template("cluster/front.cfg", "cluster/{node}/etc/haproxy/haproxy.cfg", "2:5, 4:5-6", each="cluster_front"),
    Template("kubernetes/secrets.yaml", "kubernetes/1-secrets.yaml", "2:22", PRIVATE, "apply first", K8S),
    Template("kubernetes/network.yaml", "kubernetes/2-network.yaml", "2:8-10, 0:288", OPEN, "", K8S),
    Template("kubernetes/postgresql.yaml", "kubernetes/3-postgresql.yaml", "4:36, 2:36-40", OPEN, "CloudNativePG", K8S),
    Template("kubernetes/sessions.yaml", "kubernetes/4-sessions.yaml", "4:70-74", OPEN, "", K8S),
    Template("kubernetes/first-start.yaml", "kubernetes/5-first-start.yaml", "4:54-78", OPEN, "once", K8S),
    Template("kubernetes/app.yaml", "kubernetes/6-app.yaml", "4:2, 2:12-19", OPEN, "", K8S),
)


@dataclass(frozen=True, slots=True)
class File:
    """A rendered file; `path` below the root of the machine."""

    path: str
    content: str
    mode: int
    answers: str
    note: str
    is_secret: bool
    """Whether its lines are shown to nobody"""
    passwords: tuple[str, ...] = field(default=(), repr=False)
    """Those that verifiers in it may be of"""


def rendered(description: Description, secrets_: Mapping[str, str]) -> Iterator[File]:
    """Every file of a deployment. The same description and secrets give the same bytes."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("fondaco.kit"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # none of these formats is HTML; description.py refuses what could leave its line
    )
    values = _values(description, secrets_)
    for one in TEMPLATES:
        if one.wanted_by and not getattr(description, one.wanted_by):
            continue
        for node in getattr(description, one.each) if one.each else ("",):
            words = {"name": description.deployment_name, "version": description.postgresql_version, "node": node}
            content = environment.get_template(one.template).render(values, answers=one.answers, node=node)
            is_secret = one.mode == PRIVATE or any(value in content for value in secrets_.values() if value)
            passwords = tuple(filter(None, secrets_.values())) if secret.VERIFIER.search(content) else ()
            yield File(
                one.path.format(**words), content, one.mode, one.answers, one.note.format(**words), is_secret, passwords
            )


def _values(description: Description, secrets_: Mapping[str, str]) -> dict[str, Any]:
    size = sizing.by_rule(description.machine_cpus, description.deployment_users)
    pods = max(2, math.ceil(size.workers / WORKERS_PER_POD))
    request_s = description.deployment_request_seconds
    return {
        "d": description,
        "name": description.deployment_name,
        "variable": description.deployment_name.replace("-", "_"),
        "domains": " ".join(description.deployment_domains),
        "size": size,
        "tuned": tuned(description, size),
        "request_s": request_s,
        "statement_s": math.ceil(request_s * STATEMENT_SHARE),
        "answer_s": request_s + MARGIN_S,
        "pods": pods,
        "workers_per_pod": WORKERS_PER_POD,
        "operators_own": (
            "listen_addresses",
            "port",
            "ssl",
            "max_connections",
            "shared_preload_libraries",
            "password_encryption",
        ),
        "secrets": secrets_,
        "verifier": _verifier(secrets_["database-password"]),
        "pooler_role": f"{description.deployment_name}_pooler",
        "pooler_verifier": _verifier(secrets_["pooler-password"]),
        "wal_folder": f"/var/lib/{description.deployment_name}-wal",
        "wal_role": f"{description.deployment_name}_backup",
        "wal_verifier": _verifier(secrets_["replication-password"]),
        "worker_mb": _worker_mb(description, size),
        "administrators4": [one for one in description.network_admin_networks if ":" not in one],
        "administrators6": [one for one in description.network_admin_networks if ":" in one],
    }


def numbers(description: Description) -> Iterator[str]:
    """The numbers that the files have, in words."""
    size = sizing.by_rule(description.machine_cpus, description.deployment_users)
    settings = tuned(description, size)
    yield (
        f"{size.workers} workers and {size.cron_threads} for jobs, {_worker_mb(description, size)} MB at most each; "
        f"{description.deployment_users} people want {size.wanted_by_people} workers"
    )
    request_s = description.deployment_request_seconds
    yield f"a request may take {request_s} s, and the proxies wait {request_s + MARGIN_S} s for its answer"
    most = settings["max_connections"]
    yield f"pools of {size.pool_size} and {size.reserve_size} more, {most} connections to PostgreSQL"
    yield f"PostgreSQL: shared_buffers {settings['shared_buffers']}, work_mem {settings['work_mem']}"


def _verifier(password: str) -> str:
    return secret.scram_verifier(password, secret.salt_of(password))


def _worker_mb(description: Description, size: sizing.Sizing) -> int:
    """The hard limit of one process: its share of what PostgreSQL and the system leave, 512 MB to 2,560 MB."""
    free = description.machine_memory_gb * 1024 * 0.9 - description.postgresql_mb * 0.5
    return int(min(2560, max(512, free / (size.processes + 1))))


# -- on a disk ------------------------------------------------------------------------------------------------------
def differences(files: Iterator[File], root: Path) -> Iterator[tuple[File, str]]:
    """(file, how it differs) of each that is missing below `root`, or is there with other content or mode.

    How: a unified diff; of a file with secrets the numbers of the lines only.
    """
    for file in files:
        path = root / file.path
        try:
            found, mode = secret.with_own_salts(path.read_text(), file.passwords), path.stat().st_mode & 0o7777
        except FileNotFoundError:
            yield file, "missing\n"
            continue
        except PermissionError:
            yield file, "cannot be read by this account\n"
            continue
        if found != file.content:
            there, wanted = found.splitlines(keepends=True), file.content.splitlines(keepends=True)
            if file.is_secret:
                yield file, f"differs at line {_places(there, wanted)}; not shown, because it holds secrets\n"
            else:
                yield file, "".join(difflib.unified_diff(there, wanted, str(path), "the kit"))
        elif mode != file.mode:
            yield file, f"mode {mode:04o}, expected {file.mode:04o}\n"


def for_machine(files: Sequence[File], root: Path) -> tuple[list[File], list[str]]:
    """(files that may lie on a machine, folders of which it has nothing): containers, a cluster and rented machines are
    other ways to run the same, and whoever goes one of them does not copy the others."""
    absent = {folder for file in files if (folder := _way(file)) and not (root / folder).exists()}
    return [file for file in files if _way(file) not in absent], sorted(absent)


def _way(file: File) -> str:
    """The folder of a file that only one way of running needs; "" for those that lie in places of the machine."""
    first, second, *_rest = file.path.split("/")
    return f"{first}/{second}" if first == "srv" else first if first in WAYS else ""


def _places(there: list[str], wanted: list[str]) -> str:
    """Numbers of the lines where one text begins to differ from another."""
    codes = difflib.SequenceMatcher(None, there, wanted, autojunk=False).get_opcodes()
    return ", ".join(str(code[1] + 1) for code in codes if code[0] != "equal")


def write(files: Iterator[File], root: Path) -> list[File]:
    """Write what differs below `root`, each file whole or not at all; those written."""
    changed = [file for file, _difference in differences(files, root)]
    for file in changed:
        path = root / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.draft")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "w") as out:
            out.write(file.content)
        draft.chmod(file.mode)
        draft.replace(path)
    return changed
