"""Each file of the kit is accepted by the program it is for, and carries what the documents ask of it."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from xml.etree import ElementTree

import hcl2
import psycopg
import pytest
import trustme
import yaml

from fondaco.cli.main import main
from fondaco.config import sources
from fondaco.kit import description, files, rotation, secret
from fondaco.kit.sizing import by_rule
from fondaco.kit.tuning import tuned
from tests.kit.conftest import SECRETS, example, files_of, patiently

pytestmark = pytest.mark.usefixtures("restored_logging")

FAILED_LOGIN = (
    "2026-11-28 14:56:31,506 24849 INFO erp odoo.addons.base.models.res_users: "
    "Login failed for db:erp login:admin from 198.51.100.7"
)


def _run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which(str(words[0]), path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if program is None:
        pytest.skip(f"no {words[0]} here: see tests/programs.sh")
    command = [program, *map(str, words[1:])]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A folder with erp.crt, erp.key and both in erp.pem."""
    issued = trustme.CA().issue_cert("erp.example.com")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "erp.crt")
    issued.private_key_pem.write_to_path(tmp_path / "erp.key")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "erp.pem")
    return tmp_path


def test_x10_x11_nginx_accepts_its_site(kit, nginx, certificate) -> None:
    text = kit["etc/nginx/sites-available/erp.conf"].content
    here = text.replace("/etc/letsencrypt/live/erp.example.com/fullchain.pem", str(certificate / "erp.crt"))
    here = here.replace("/etc/letsencrypt/live/erp.example.com/privkey.pem", str(certificate / "erp.key"))
    here = here.replace("/var/log/nginx", str(certificate))

    assert nginx(here).complaint == ""
    assert re.search(r"location /web/database \{ deny all; \}", text)
    assert "limit_req zone=erp_logins" in text


def test_x2_haproxy_accepts_its_configuration(kit, haproxy, certificate) -> None:
    text = kit["etc/haproxy/erp.cfg"].content.replace("/etc/haproxy/erp.pem", str(certificate / "erp.pem"))

    assert haproxy(text).complaint == ""


def test_our_server_accepts_its_configuration(kit, tmp_path) -> None:
    path = tmp_path / "erp.conf"
    path.write_text(kit["etc/fondaco/erp.conf"].content)

    config = sources.load(["-c", str(path)], {"HOME": str(tmp_path)})

    assert config.notices == ()
    assert (config["workers"], config["max_cron_threads"], config["db_name"]) == (8, 1, ["erp"])
    assert config["limit_memory_soft"] < config["limit_memory_hard"]
    assert kit["etc/fondaco/erp.conf"].mode == 0o640


JOBS = ("check", "backup", "wal", "drill")
UNITS = ["erp.service", *(f"erp-{job}.{kind}" for job in JOBS for kind in ("service", "timer"))]


@pytest.mark.parametrize("unit", UNITS)
def test_k3_systemd_accepts_the_units(kit, tmp_path, unit) -> None:
    for path, file in kit.items():
        if path.startswith("etc/systemd/system/erp"):
            here = file.content.replace("/opt/erp/bin/fondaco", sys.executable)
            (tmp_path / Path(path).name).write_text(here)

    done = _run("systemd-analyze", "verify", "--recursive-errors=no", tmp_path / unit)

    complaints = [line for line in done.stderr.splitlines() if str(tmp_path) in line or unit in line]
    assert (done.returncode, complaints) == (0, [])


def test_who_keeps_nights_only_gets_no_role_and_no_folder_for_the_log(kit) -> None:
    content = example()
    del content["backups"]["wal_days"]
    nights = {file.path: file for file in files.rendered(description.described(content, "the example"), SECRETS)}

    assert {path for path in kit if path not in nights} == {
        "etc/systemd/system/erp-wal.service", "etc/systemd/system/erp-wal.timer", "etc/tmpfiles.d/erp-wal.conf",
        "etc/fondaco/erp-backup-pgpass",
    }  # fmt: skip
    assert not [path for path, file in nights.items() if "erp_backup" in file.content or "erp-wal" in file.content]
    assert kit["etc/fondaco/erp-backup-pgpass"].mode == 0o600


def test_who_has_a_bucket_names_its_keys_in_each_unit() -> None:
    found = files_of(files={"bucket": "erp-files"})

    assert "ir_attachment.location = s3://erp-files" in found["etc/fondaco/erp.conf"].content
    services = [file for path, file in found.items() if path.startswith("etc/systemd") and path.endswith(".service")]
    keys = "Environment=FONDACO_IR_ATTACHMENT_CONFIG_FILE=/etc/fondaco/erp-object-store.json"
    assert len(services) == 5
    assert all(keys in file.content for file in services)


def test_s20_the_unit_takes_from_the_server_what_it_does_not_need(kit, tmp_path) -> None:
    (tmp_path / "erp.service").write_text(kit["etc/systemd/system/erp.service"].content)

    done = _run("systemd-analyze", "security", "--offline=true", tmp_path / "erp.service")

    score = re.search(r"exposure level for erp.service: ([\d.]+)", done.stdout)
    assert score is not None, done.stderr
    assert float(score[1]) <= 2.0  # of 10; an ordinary service has 9.6


def test_p4_p5_b3_the_database_takes_passwords_through_the_pooler(stack) -> None:
    port, pooler = stack.port, stack.pooler
    login = {"host": "127.0.0.1", "dbname": "erp", "user": "erp", "password": SECRETS["database-password"]}

    with patiently(port=pooler, **login) as connection:
        role = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = 'erp'"
        ).fetchone()
        most = connection.execute("SHOW max_connections").fetchone()

    assert (role, most) == ((False, False, True), ("22",))
    for wrong in (port, pooler):
        with pytest.raises(psycopg.OperationalError, match="password|authentication"):
            psycopg.connect(port=wrong, **{**login, "password": "wrong"})


def test_p15_a_machine_of_four_gigabytes_gets_the_numbers_of_the_document() -> None:
    content = example()
    content["postgresql"]["memory_gb"] = 4

    found = tuned(description.described(content, "four"), by_rule(4, 60))

    assert {key: found[key] for key in ("shared_buffers", "work_mem", "maintenance_work_mem")} == {
        "shared_buffers": "1024MB",
        "work_mem": "10MB",
        "maintenance_work_mem": "256MB",
    }
    assert (found["effective_cache_size"], found["random_page_cost"]) == ("3072MB", "1.1")


def test_s2_the_filter_finds_a_refused_login(kit, tmp_path) -> None:
    (tmp_path / "filter.conf").write_text(kit["etc/fail2ban/filter.d/erp.conf"].content)
    (tmp_path / "fondaco.log").write_text(FAILED_LOGIN + "\n")

    done = _run("fail2ban-regex", tmp_path / "fondaco.log", tmp_path / "filter.conf")

    assert "1 matched" in done.stdout, done.stdout + done.stderr


def test_the_filter_and_the_jail_are_those_that_ban_an_address_in_a_namespace(kit) -> None:
    """tests/http/test_jail.py has a real fail2ban ban somebody by these."""
    for mine, shipped in (("filter.d/erp.conf", "filter.d/fondaco.conf"), ("jail.d/erp.conf", "jail.d/fondaco.conf")):
        theirs = (Path(__file__).parents[2] / "deploy/fail2ban" / shipped).read_text()
        ours = kit[f"etc/fail2ban/{mine}"].content
        keys = ("failregex", "maxretry", "findtime", "bantime", "port")
        assert {key: _value(ours, key) for key in keys} == {key: _value(theirs, key) for key in keys}


def _value(text: str, key: str) -> str | None:
    """A value of fail2ban's files, which goes on in lines that are indented."""
    found = re.search(rf"^{key} = (.*(?:\n +.*)*)", text, re.MULTILINE)
    return found[1] if found else None


def test_s3_the_jail_is_the_one_of_the_document(kit) -> None:
    text = kit["etc/fail2ban/jail.d/erp.conf"].content

    found = dict(re.findall(r"^(\w+) = (\d+)$", text, re.MULTILINE))
    assert found == {"maxretry": "10", "findtime": "60", "bantime": "900"}
    # Without this fail2ban ended on a fresh Debian 12, and nobody was banned.
    assert "[sshd]\nbackend = systemd\n" in text


def test_s4_the_firewall_is_accepted_and_never_shuts_administrators_out(kit, tmp_path) -> None:
    text = kit["etc/nftables.conf"].content
    (tmp_path / "nftables.conf").write_text(text)

    done = _run("nft", "-c", "-f", tmp_path / "nftables.conf")

    if "Operation not permitted" in done.stderr:
        pytest.skip("this machine lets nobody look at its firewall")
    assert (done.returncode, done.stderr) == (0, "")
    assert "tcp dport $ssh_ports ip saddr @administrators4 accept" in text
    assert "elements = { 203.0.113.0/24 }" in text
    assert not re.search(r"dport [^\n]*(8069|8072|6432|5432)", text)


def test_s4_the_firewall_leaves_the_tables_of_docker_and_is_loaded_twice(kit, tmp_path) -> None:
    (tmp_path / "nftables.conf").write_text(kit["etc/nftables.conf"].content)
    load = f"nft -f {tmp_path / 'nftables.conf'}"
    lines = f"nft add table ip docker-nat && {load} && {load} && nft list ruleset"

    loaded = _run("unshare", "--net", "sh", "-c", f"PATH=$PATH:/usr/sbin; {lines}")

    if "not permitted" in loaded.stderr:
        pytest.skip("this machine lets nobody make a network of its own")
    assert loaded.returncode == 0, loaded.stderr
    assert "table ip docker-nat" in loaded.stdout
    assert loaded.stdout.count("tcp dport { 80, 443 } accept") == 1
    forwarded = loaded.stdout.partition("chain forward")[2]
    assert "policy drop" in forwarded
    assert re.search(r'iifname \{ "(docker0", "br-\*|br-\*", "docker0)" \} accept', forwarded)


@pytest.fixture
def programs(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """programs(script, kind, sessions): the script of the firewall, which says what it would do; who is connected.

    `sshd`, `listening` and `added` below tmp_path are what sshd, ss and ufw say; nftables.d is the folder of nftables.
    Each word for ufw is heard by ufw itself, which changes nothing. Those for others are only noted.
    """
    place, told = tmp_path / "programs", tmp_path / "told"
    place.mkdir()
    ufw = shutil.which("ufw", path="/usr/sbin:/sbin")
    for name in ("sshd", "listening", "added"):
        (tmp_path / name).touch()
    answers = {
        "ss": [f'[ "$1" != -Htlnp ] || exec cat "{tmp_path}/listening"', f'echo "$*" > "{tmp_path}/asked"',
               f'cat "{tmp_path}/sessions"'],
        "sshd": [f'cat "{tmp_path}/sshd"'],
    }  # fmt: skip
    for name in ("ss", "sshd", "nft", "systemctl", "firewall-cmd", "ufw"):
        lines = answers.get(name) or [f'echo "{name} $*" >> "{told}"']
        lines[:0] = [f'[ "$*" != "show added" ] || exec cat "{tmp_path}/added"'] if name == "ufw" else []
        lines += [f'exec {ufw} --dry-run "$@" >/dev/null'] if name == "ufw" and ufw and not os.geteuid() else []
        (place / name).write_text("\n".join(["#!/bin/sh", *lines, ""]))
        (place / name).chmod(0o755)

    def run(script: str, kind: str, sessions: str = "") -> subprocess.CompletedProcess[str]:
        told.unlink(missing_ok=True)
        (tmp_path / "script").write_text(script.replace("/etc/nftables.d", str(tmp_path / "nftables.d")))
        (tmp_path / "sessions").write_text(sessions)
        environ = {**os.environ, "PATH": f"{place}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["sh", tmp_path / "script", kind], capture_output=True, text=True, timeout=120, check=False, env=environ
        )
        done.stdout = told.read_text() if told.exists() else ""
        return done

    return run


SESSION = "0 0 192.0.2.10:22 {}:50412\n"


@pytest.mark.parametrize("kind", ["nftables", "ufw", "firewalld"])
def test_s4_a_firewall_never_shuts_out_who_is_connected_by_ssh(kit, programs, kind) -> None:
    script = kit["usr/local/sbin/erp-firewall"].content

    refused = programs(script, kind, SESSION.format("198.51.100.9"))
    done = programs(script, kind, SESSION.format("[::ffff:203.0.113.7]"))

    assert refused.returncode != 0 and "198.51.100.9 is connected by ssh" in refused.stderr
    assert refused.stdout == ""  # nothing was begun
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_s4_ufw_takes_the_rules_and_ssh_comes_first(programs) -> None:
    if shutil.which("ufw", path="/usr/sbin:/sbin") is None or os.geteuid():
        pytest.skip("no ufw here, or not root: see tests/programs.sh")
    found = files_of(network={"admin_networks": ["203.0.113.0/24", "2001:db8::/48"]})

    done = programs(found["usr/local/sbin/erp-firewall"].content, "ufw")

    assert done.returncode == 0, done.stderr
    (mark,) = set(re.findall(r" comment (erp-firewall-\d+)$", done.stdout, re.MULTILINE))
    assert done.stdout.replace(f" comment {mark}", "").splitlines() == [
        "ufw allow proto tcp from 203.0.113.0/24 to any port 22",
        "ufw allow proto tcp from 2001:db8::/48 to any port 22",
        "ufw allow proto tcp to any port 80,443",
        "ufw default deny incoming",
        "ufw default allow outgoing",
        "ufw --force enable",
    ]


@pytest.mark.parametrize(
    ("sshd", "listening"),
    [
        ("port 2222\nlistenaddress [::]:2222\nlistenaddress 0.0.0.0:22\nlistenaddress 0.0.0.0:2222\n", ""),
        ("", 'LISTEN 0 128 0.0.0.0:2222 0.0.0.0:* users:(("sshd",pid=7,fd=3))\n'
             'LISTEN 0 128 [::]:22 [::]:* users:(("sshd",pid=7,fd=4))\n'
             'LISTEN 0 128 127.0.0.1:6010 0.0.0.0:* users:(("sshd",pid=9,fd=7))\n'
             'LISTEN 0 128 0.0.0.0:443 0.0.0.0:* users:(("nginx",pid=8,fd=3))\n'),
    ],
    ids=["as sshd is set", "where it listens"],
)  # fmt: skip
def test_s4_ssh_is_let_in_where_sshd_listens(kit, programs, tmp_path, sshd, listening) -> None:
    script = kit["usr/local/sbin/erp-firewall"].content
    (tmp_path / "sshd").write_text(sshd)
    (tmp_path / "listening").write_text(listening)

    told = {kind: programs(script, kind).stdout for kind in ("nftables", "ufw", "firewalld")}
    refused = programs(script, "ufw", SESSION.format("198.51.100.9").replace(":22 ", ":2222 "))

    assert "( sport = :22 or sport = :2222 )" in (tmp_path / "asked").read_text()
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "ufw allow proto tcp from 203.0.113.0/24 to any port 22,2222 " in told["ufw"]
    assert told["firewalld"].startswith("firewall-cmd --permanent --service=ssh --add-port=2222/tcp\n")
    text = kit["etc/nftables.conf"].content.replace("/etc/nftables.d", str(tmp_path / "nftables.d"))
    (tmp_path / "nftables.conf").write_text(text)
    nft = f"nft -f {tmp_path / 'nftables.conf'} && nft list ruleset"
    loaded = _run("unshare", "--net", "sh", "-c", f"PATH=$PATH:/usr/sbin; {nft}")
    if "not permitted" in loaded.stderr:
        pytest.skip("this machine lets nobody make a network of its own")
    assert loaded.returncode == 0, loaded.stderr
    assert "tcp dport { 22, 2222 } ip saddr @administrators4 accept" in loaded.stdout


def test_s4_ufw_loses_the_rules_of_a_description_before_and_keeps_those_of_others(kit, programs, tmp_path) -> None:
    script = kit["usr/local/sbin/erp-firewall"].content
    (mark,) = set(re.findall(r" comment (erp-firewall-\d+)$", programs(script, "ufw").stdout, re.MULTILINE))
    (tmp_path / "added").write_text(
        "Added user rules (see 'ufw status' for running firewall):\n"
        f"ufw allow from 203.0.113.0/24 to any port 22 proto tcp comment '{mark}'\n"
        "ufw allow from 198.51.100.0/24 to any port 22 proto tcp comment 'erp-firewall-1'\n"
        "ufw allow 8080/tcp comment 'erp-firewall-1'\n"
        "ufw allow 9090/tcp comment 'crm-firewall-1'\n"
        "ufw allow 51820/udp\n"
    )

    done = programs(script, "ufw")

    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    deleted = [line for line in said if line.startswith("ufw delete")]
    assert deleted == [
        "ufw delete allow from 198.51.100.0/24 to any port 22 proto tcp", "ufw delete allow 8080/tcp"
    ]  # fmt: skip
    assert said.index(deleted[0]) > max(number for number, line in enumerate(said) if line.startswith("ufw allow"))


@pytest.mark.parametrize("front", [[], ["203.0.113.64/26", "2001:db8::/48"]], ids=["the world", "a front"])
def test_s4_firewalld_accepts_the_zone(tmp_path, front) -> None:
    found = files_of(network={"front_networks": front}, postgresql={"clients": ["192.168.1.0/24"]})
    text = found["etc/firewalld/zones/fondaco.xml"].content

    def judged(zone: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "zones").mkdir(exist_ok=True)
        (tmp_path / "zones/fondaco.xml").write_text(zone)
        return _run("firewall-offline-cmd", f"--system-config={tmp_path}", "--check-config")

    assert judged(text).returncode == 0
    assert judged(text.replace("<service", "<servant")).returncode != 0  # it does read the zone
    parsed = ElementTree.fromstring(text)
    ssh = [
        rule.find("source").get("address")
        for rule in parsed.iter("rule")
        if rule.find("service[@name='ssh']") is not None
    ]
    assert ssh == ["203.0.113.0/24"]
    assert bool(parsed.findall("service[@name='https']")) is not bool(front)


def test_the_log_is_rotated(kit, tmp_path) -> None:
    text = kit["etc/logrotate.d/erp"].content.replace("/var/log/erp", str(tmp_path)).replace("erp erp", "root root")
    (tmp_path / "rule").write_text(text)
    (tmp_path / "fondaco.log").write_text("a line\n")
    if os.geteuid():
        pytest.skip("a rule that names another account is for root")

    done = _run("logrotate", "--debug", "--state", tmp_path / "state", tmp_path / "rule")

    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr.lower()


@pytest.mark.parametrize(
    "script",
    ["etc/letsencrypt/renewal-hooks/deploy/erp", "usr/local/sbin/erp-self-signed", "usr/local/sbin/erp-firewall"],
)
def test_scripts_are_scripts(kit, tmp_path, script) -> None:
    (tmp_path / "script").write_text(kit[script].content)

    assert _run("sh", "-n", tmp_path / "script").returncode == 0
    assert kit[script].mode == 0o755


def test_k5_k6_r9_containers_publish_on_loopback_only_and_take_secrets_as_files(kit) -> None:
    compose = yaml.safe_load(kit["srv/erp/compose.yaml"].content)
    server = compose["services"]["fondaco"]

    assert all(port.startswith("127.0.0.1:") for port in server["ports"])
    assert all("healthcheck" in service for service in compose["services"].values())
    assert all(service["logging"] == {"driver": "local"} for service in compose["services"].values())
    assert not any(secret_ in kit["srv/erp/compose.yaml"].content for secret_ in SECRETS.values())
    assert (
        set(compose["secrets"]) == set(server["secrets"]) == {"database-password", "master-password", "backup-password"}
    )
    redis = compose["services"]["redis"]
    assert (redis["image"], redis["command"]) == ("redis:7-alpine", "redis-server --appendonly yes")
    assert [volume.partition(":")[0] for volume in redis["volumes"]] == ["redis"]
    assert "redis" in compose["volumes"]
    assert "RemainAfterExit=yes" in kit["srv/erp/erp-compose.service"].content


def test_the_image_names_no_file_that_compose_does_not_bring(kit) -> None:
    """`docker compose up` takes the command of the image: it once named a configuration file that was not there."""
    server = yaml.safe_load(kit["srv/erp/compose.yaml"].content)["services"]["fondaco"]

    assert "command" not in server
    assert kit["srv/erp/Dockerfile"].content.endswith('ENTRYPOINT ["fondaco"]\nCMD []\n')


def test_k4_an_image_of_ones_own_begins_with_ours_and_is_not_run_by_root() -> None:
    wanted = {"packages": ["libxmlsec1", "gcc"], "libraries": ["zeep==4.3.1", "phonenumbers[fast]"]}
    found = files_of(containers=wanted)

    lines = [line for line in found["srv/erp/own/Dockerfile"].content.splitlines() if not line.startswith("#")]
    compose = yaml.safe_load(found["srv/erp/compose.yaml"].content)["services"]["fondaco"]

    assert lines[:2] == ["FROM erp-fondaco", "USER root"]
    assert "    && apt-get install -y --no-install-recommends libxmlsec1 gcc \\" in lines
    assert "RUN pip install --no-cache-dir zeep==4.3.1 phonenumbers[fast]" in lines
    assert lines[-1] == "USER fondaco"
    assert (compose["image"], "build" in compose) == ("erp-own", False)


def test_k4_who_needs_nothing_more_gets_our_image_alone(kit) -> None:
    compose = yaml.safe_load(kit["srv/erp/compose.yaml"].content)["services"]["fondaco"]

    assert "srv/erp/own/Dockerfile" not in kit
    assert (compose["image"], compose["build"]) == ("erp-fondaco", ".")


def test_k4_the_builder_sees_the_wheel_and_no_secret(kit) -> None:
    shown = [line for line in kit["srv/erp/.dockerignore"].content.splitlines() if not line.startswith("#")]
    copied = re.findall(r"^COPY (\S+)", kit["srv/erp/Dockerfile"].content, re.MULTILINE)

    assert shown == ["*", "!fondaco-*.whl"]
    assert copied == ["fondaco-*.whl"]


def test_k5_docker_compose_accepts_the_file(kit, tmp_path) -> None:
    (tmp_path / "compose.yaml").write_text(kit["srv/erp/compose.yaml"].content)
    compose = ["docker-compose", "-f", tmp_path / "compose.yaml", "config"]

    done = _run("env", "FONDACO_DB_HOST=10.0.0.2", *compose)

    assert done.returncode == 0, done.stderr
    server = yaml.safe_load(done.stdout)["services"]["fondaco"]
    assert server["environment"]["FONDACO_DB_HOST"] == "10.0.0.2"


def test_k7_the_rented_machine_has_a_firewall_that_is_attached(kit) -> None:
    parsed = hcl2.loads(kit["terraform/main.tf"].content)
    text = kit["terraform/main.tf"].content

    assert len(parsed["resource"]) == 5
    _terraform_accepts(text)
    assert "firewall_ids = [hcloud_firewall.app.id]" in text
    assert re.findall(r'port\s+= "(\d+)"\s+source_ips = (\[.*\])', text) == [
        ("22", '["203.0.113.0/24"]'),
        ("80", '["0.0.0.0/0", "::/0"]'),
        ("443", '["0.0.0.0/0", "::/0"]'),
    ]


def _terraform_accepts(text: str) -> None:
    """Where terraform is: `validate` would want the provider, which is had from the Internet only."""
    terraform = shutil.which("terraform")
    if terraform is None:
        return
    done = subprocess.run(
        [terraform, "fmt", "-check", "-diff", "-"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_k9_a_load_balancer_stands_before_machines_that_the_world_does_not_reach() -> None:
    found = files_of(cloud={"load_balancer": True}, network={"front_networks": ["10.0.0.0/16"]})
    text = found["terraform/main.tf"].content

    kinds = {kind for resource in hcl2.loads(text)["resource"] for kind in resource}
    assert {one.strip('"') for one in kinds if "load_balancer" in one} == {
        "hcloud_load_balancer", "hcloud_load_balancer_network", "hcloud_load_balancer_target",
        "hcloud_load_balancer_service",
    }  # fmt: skip
    assert re.findall(r'port\s+= "(\d+)"', text) == ["22"]
    _terraform_accepts(text)
    assert "tcp dport { 80, 443 } ip saddr 10.0.0.0/16 accept" in found["etc/nftables.conf"].content


def test_k8_the_first_start_of_a_rented_machine_is_accepted(kit, tmp_path) -> None:
    (tmp_path / "cloud-init.yaml").write_text(kit["terraform/config/cloud-init.yaml"].content)

    done = _run("cloud-init", "schema", "--config-file", tmp_path / "cloud-init.yaml")

    assert "Valid" in done.stdout + done.stderr, done.stdout + done.stderr
    said = yaml.safe_load(kit["terraform/config/cloud-init.yaml"].content)
    assert {"docker.io", "nftables", "fail2ban", "unattended-upgrades"} <= set(said["packages"])
    assert said["ssh_pwauth"] is False


def test_k8_a_rented_machine_has_what_the_page_installs_and_the_wheel_that_was_named(kit) -> None:
    page = (Path(__file__).parents[2] / "docs/operator/install.md").read_text()
    installed = re.search(r"^    apt install (python3-venv (?:.*\\\n)*.*)", page, re.MULTILINE)
    wheel = "https://files.example.com/fondaco-18.0-py3-none-any.whl"
    named = files_of(cloud={"wheel": wheel}, postgresql={"version": 17})

    bare, told = (yaml.safe_load(files["terraform/config/cloud-init.yaml"].content) for files in (kit, named))

    assert installed is not None
    assert set(installed[1].replace("\\", " ").split()) <= set(bare["packages"])
    assert bare["runcmd"] == [["python3", "-m", "venv", "/opt/erp"]]
    assert told["runcmd"][1:] == [["/opt/erp/bin/pip", "install", f"fondaco[redis,s3] @ {wheel}"]]
    images = [files["terraform/main.tf"].content.count('"debian-13"') for files in (kit, named)]
    assert images == [0, 1]


NOWHERE_TO_SAY_IT = {"etc/fondaco/erp-backup-password"}
"""A file that is a secret and nothing else"""


def test_every_file_says_which_lines_of_the_documents_it_answers() -> None:
    cluster = {"servers": ["10.0.1.11", "10.0.1.12"], "databases": ["10.0.1.21", "10.0.1.22"], "bucket": "erp-files",
               "etcd": ["10.0.1.21", "10.0.1.22", "10.0.1.31"], "front": ["10.0.1.5"]}  # fmt: skip
    found = files_of(cluster=cluster, cloud={"load_balancer": True}, network={"front_networks": ["10.0.0.0/16"]})

    silent = {path for path, file in found.items() if f"answers {file.answers}" not in file.content}

    assert silent == NOWHERE_TO_SAY_IT
    assert all(re.fullmatch(r"[0-4]:\d+(-\d+)?(, [0-4]:\d+(-\d+)?)*", file.answers) for file in found.values())


# -- the command ----------------------------------------------------------------------------------------------------
def test_writing_twice_changes_nothing_and_drift_is_shown(tmp_path, capsys) -> None:
    toml, root = tmp_path / "fondaco.toml", tmp_path / "root"
    assert main(["kit", "init", str(toml)]) == 0
    assert main(["kit", "init", str(toml)]) == 5  # never over a file that is there
    assert main(["kit", "write", str(toml), "--to", str(root)]) == 0
    assert oct((root / "etc/pgbouncer/userlist.txt").stat().st_mode & 0o777) == "0o600"
    assert oct((tmp_path / "secrets/database-password").stat().st_mode & 0o777) == "0o600"
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    capsys.readouterr()

    assert main(["kit", "write", str(toml), "--to", str(root)]) == 0
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
    assert capsys.readouterr().out == ""
    shutil.rmtree(root / "kubernetes")  # another way of running, which this machine does not go
    assert main(["kit", "diff", str(toml), "--root", str(root)]) == 0
    assert "has nothing of them: kubernetes" in capsys.readouterr().err
    assert main(["kit", "write", str(toml), "--to", str(root)]) == 0
    capsys.readouterr()
    assert main(["kit", "write", str(toml), "--to", str(root), "--dry-run"]) == 0
    assert capsys.readouterr().out == ""

    with (root / "etc/pgbouncer/pgbouncer.ini").open("a") as file:
        file.write("verbose = 2\n")
    assert main(["kit", "diff", str(toml), "--root", str(root)]) == 1
    assert "-verbose = 2" in capsys.readouterr().out
    assert main(["kit", "write", str(toml), "--to", str(root), "--dry-run"]) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["etc/pgbouncer/pgbouncer.ini"]
    assert (root / "etc/pgbouncer/pgbouncer.ini").read_text().endswith("verbose = 2\n")


@pytest.mark.parametrize("format_", [[], ["--json"]])
def test_a_difference_shows_no_secret(tmp_path, capsys, format_) -> None:
    toml, root = tmp_path / "fondaco.toml", tmp_path / "root"
    main(["kit", "init", str(toml)])
    with toml.open("a") as file:
        file.write('[cluster]\nservers = ["10.0.1.11", "10.0.1.12"]\ndatabases = ["10.0.1.21", "10.0.1.22"]\n')
        file.write('etcd = ["10.0.1.21", "10.0.1.22", "10.0.1.31"]\nfront = ["10.0.1.5"]\nbucket = "erp-files"\n')
    assert main(["kit", "write", str(toml), "--to", str(root)]) == 0
    texts = {path: path.read_text() for path in root.rglob("*") if path.is_file()}
    kept = {path.read_text().strip() for path in (tmp_path / "secrets").iterdir()}
    with_secret = [path for path, text in texts.items() if any(one in text for one in kept)]
    assert {path.name for path in with_secret} >= {"erp.conf", "config.yml", "1-secrets.yaml"}
    for path in [*with_secret, root / "etc/pgbouncer/userlist.txt"]:
        path.write_text(texts[path].replace("list_db = False", "list_db = True") + "other = former-secret\n")
    capsys.readouterr()

    assert main(["kit", "diff", str(toml), "--root", str(root), *format_]) == 1

    said = capsys.readouterr().out
    assert said.count("holds secrets") == len(with_secret) + 1
    assert not [one for one in (*kept, "former-secret", "SCRAM-SHA-256") if one in said]
    line = texts[root / "etc/fondaco/erp.conf"].splitlines().index("list_db = False") + 1
    assert f"differs at line {line}, " in said


def test_a_verifier_of_the_same_password_is_no_difference(kit, tmp_path) -> None:
    """A rotation chose another salt, and `kit diff` named the file for ever."""
    wanted, password = kit["etc/pgbouncer/userlist.txt"], SECRETS["database-password"]
    [path] = [tmp_path / file.path for file in files.write(iter([wanted]), tmp_path)]
    own = secret.scram_verifier(password, secret.salt_of(password))
    assert own in wanted.content

    path.write_text(wanted.content.replace(own, rotation._verifier("erp", password)))
    assert not list(files.differences(iter([wanted]), tmp_path))
    for other in (rotation._verifier("erp", "another"), own.replace(":", ":=", 1), own[:-9]):
        path.write_text(wanted.content.replace(own, other))
        [(_file, said)] = files.differences(iter([wanted]), tmp_path)
        assert said == "differs at line 2; not shown, because it holds secrets\n"


def test_a_plan_writes_nothing(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    main(["kit", "init"])

    assert main(["kit", "plan"]) == 0
    assert main(["kit", "write", "--dry-run"]) == 0

    assert [path.name for path in tmp_path.iterdir()] == ["fondaco.toml"]
    said = capsys.readouterr()
    assert "etc/nginx/sites-available/erp.conf" in said.out
    assert "8 workers and 1 for jobs" in said.err and "22 connections to PostgreSQL" in said.err


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "erp"', 'name = "ERP; rm -rf"', "deployment.name"),
        ('domains = ["erp.example.com"]', 'domains = ["erp.example.com; }"]', "deployment.domains"),
        ("users = 60", "users = 0", "deployment.users: expected a whole number above 0"),
        ("cpus = 4", "cpu = 4", "unknown key machine.cpu; machine.cpus is missing"),
        ("203.0.113.0/24", "everywhere", "network.admin_networks: expected networks"),
        ('databases = ["erp"] ', "databases = [] ", "tenants: name the databases"),
        ('"/var/backups/erp"', '"/var/backups/$(id)"', "backups.repository: expected printable text"),
        ('databases = ["erp"]', 'dbfilter = "^%d$\\nlist_db = True"', "tenants.dbfilter: expected printable text"),
        ("[backups]", "[backups", "line"),
    ],
)
def test_what_is_wrong_with_a_description_is_said_by_key(tmp_path, capsys, old, new, said) -> None:
    path = tmp_path / "fondaco.toml"
    assert old in description.EXAMPLE
    path.write_text(description.EXAMPLE.replace(old, new))

    assert main(["kit", "plan", str(path)]) == 2
    assert said in capsys.readouterr().err


def test_a_verifier_is_what_postgresql_would_keep(pools) -> None:
    password = SECRETS["database-password"]
    with pools.direct("postgres") as connection:
        theirs = connection.pgconn.encrypt_password(password.encode(), b"erp", b"scram-sha-256").decode()
    salt = base64.b64decode(theirs.split("$")[1].partition(":")[2])

    assert secret.scram_verifier(password, salt) == theirs


def test_the_way_by_pip_gives_each_file_that_is_not_roots_to_its_owner(kit) -> None:
    guide = (Path(__file__).parents[2] / "docs/operator/install.md").read_text()
    given = [words.split() for words in re.findall(r"\bchown (.*?)(?:&&|$)", guide, re.MULTILINE)]
    wanted = {
        (f"/{file.path}", file.note.removeprefix("owner ").split(";")[0])
        for file in kit.values()
        if file.path.startswith("etc/") and file.note.startswith("owner ") and file.note != "owner root"
    }

    missing = {
        (path, owner)
        for path, owner in wanted
        if not any(to.removesuffix(":") == owner and any(fnmatch(path, name) for name in names) for to, *names in given)
    }

    assert len(wanted) >= 5 and missing == set()
