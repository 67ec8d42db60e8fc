"""Each fault of a deployment is found by the check that is there for it, and by no other."""

from __future__ import annotations

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from fondaco.checks import postgresql, run
from fondaco.checks.finding import Finding, Verdict
from fondaco.checks.host import Host
from fondaco.checks.table import BY_ID, CHECKS
from fondaco.security import keys
from fondaco.security.credentials import hash_password
from fondaco.sql.fragment import SQL
from tests.checks.conftest import Deployment, Spoil
from tests.kit.conftest import files_of

BAD = (Verdict.FAIL, Verdict.WARN)
OF_THE_TEST_SERVER = {
    "exposure.postgresql_port", "postgresql.log_lock_waits", "postgresql.superuser", "postgresql.createdb",
    "postgresql.top_queries", "postgresql.checksums", "postgresql.long_transactions", "postgresql.lock_waits",
    "postgresql.max_connections", "host.minimum",
}  # fmt: skip
"""Checks whose verdict the PostgreSQL of the tests decides, not this deployment."""


def pooler(old: str, new: str) -> Spoil:
    return lambda deployment: deployment.replace("pgbouncer.ini", old, new)


def machine(name: str, text: str) -> Spoil:
    return lambda deployment: deployment.file(f"machine/{name}").write_text(text)


def setting(**values: object) -> Spoil:
    return lambda deployment: deployment.settings.update(values)


def no_backup(deployment: Deployment) -> None:
    for path in deployment.file("backups").iterdir():
        path.unlink()


def old_backup(deployment: Deployment) -> None:
    (path,) = deployment.file("backups").iterdir()
    moment = (datetime.now(UTC) - timedelta(hours=30)).timestamp()
    os.utime(path, (moment, moment))


def flipped_byte(deployment: Deployment) -> None:
    (path,) = deployment.file("backups").iterdir()
    content = bytearray(path.read_bytes())
    content[content.index(b"-- rows")] ^= 1
    path.write_bytes(content)


def keys_for_all(deployment: Deployment) -> None:
    path = deployment.file("keys")
    keys.add(str(path), "of the tests")
    path.chmod(0o644)
    deployment.settings.update(encryption_keys=str(path))


FAULTS: dict[str, tuple[str, Spoil]] = {
    "keys that all can read": ("settings.encryption_keys", keys_for_all),
    "keys that are away": ("settings.encryption_keys", setting(encryption_keys="/nowhere/keys")),
    "no folder of addons": ("settings.addons_path", setting(addons_path=["/nowhere/addons"])),
    "hard below soft": ("limits.memory_hard", setting(limit_memory_hard=600 * 2**20)),
    "more than the machine": ("limits.overcommit", setting(limit_memory_hard=4 * 2**30)),
    "lookup by the server's role": ("pooler.auth_query", pooler("= pgbouncer_lookup", "= postgres")),
    "no idle timeout": (
        "postgresql.idle_in_transaction_session_timeout",
        setting(idle_in_transaction_session_timeout=0),
    ),
    "busy processors": ("host.load", machine("proc/loadavg", "9.0 9.0 9.0 1/5 1\n")),
    "no memory": ("host.memory", machine("proc/meminfo", "MemTotal: 16000000 kB\nMemAvailable: 100000 kB\n")),
    "disk in clear text": (
        "host.disk_encryption",
        machine("sys/devices/partition/dm/uuid", "LVM-9Zk1\n"),
    ),
    "slow disks": ("host.io_wait", machine("proc/stat", "cpu  100 0 100 1000 900 0 0\n")),
    "losing network": ("host.network", machine("proc/net/snmp", "Tcp: OutSegs RetransSegs\nTcp: 1000 200\n")),
    "few descriptors": ("host.descriptors", machine("proc/4242/limits", "Max open files   512   512   files\n")),
    "a backup of the day before yesterday": ("upkeep.backup", old_backup),
    "no backup": ("upkeep.backup", no_backup),
    "a byte of the backup": ("upkeep.backup", flipped_byte),
}  # fmt: skip
"""Of the machine, and of what the kit does not write; tests/kit/faults.py has those of a deployment that runs."""


def test_o17_a_sound_deployment_has_nothing_to_mend(deployment: Deployment) -> None:
    found = deployment.findings()

    assert {
        name: said for name, said in found.items() if said.startswith(("WARN", "FAIL"))
    }.keys() <= OF_THE_TEST_SERVER


def of_checks(*names: str) -> list[str]:
    return [fault for fault, (expected, _spoil) in FAULTS.items() if expected in names]


def is_found_alone(deployment: Deployment, fault: str) -> bool:
    expected, spoil = FAULTS[fault]
    spoil(deployment)
    found = {name for name, verdict in deployment.verdicts().items() if verdict in BAD}
    assert found - OF_THE_TEST_SERVER == {expected}
    return True


FILES_OF_POOLER, DISKS = of_checks("host.descriptors"), of_checks("host.disk_encryption")


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in (*FILES_OF_POOLER, *DISKS)])
def test_o17_a_fault_is_found_by_its_check_alone(deployment: Deployment, fault: str) -> None:
    assert is_found_alone(deployment, fault)


@pytest.mark.parametrize("fault", FILES_OF_POOLER)
def test_b7_too_few_descriptors_for_the_pooler_are_found(deployment: Deployment, fault: str) -> None:
    assert is_found_alone(deployment, fault)


@pytest.mark.parametrize("fault", DISKS)
def test_s13_a_disk_in_clear_text_is_found(deployment: Deployment, fault: str) -> None:
    assert is_found_alone(deployment, fault)


def probe(deployment: Deployment, check: str) -> Finding:
    return BY_ID[check].probe(deployment.site())


def test_p16_pools_that_postgresql_has_no_room_for_are_found(deployment: Deployment) -> None:
    assert probe(deployment, "postgresql.max_connections").verdict is Verdict.PASS

    deployment.replace("pgbouncer.ini", "default_pool_size = 10", "default_pool_size = 5000")
    deployment.replace("pgbouncer.ini", "max_db_connections = 20\n", "")

    finding = probe(deployment, "postgresql.max_connections")
    assert finding.verdict is Verdict.WARN
    assert "pools of 5003 for 1 databases may open 5003" in finding.evidence.replace(", and", "")


def test_a_machine_below_the_least_is_found(deployment: Deployment) -> None:
    memory = "MemTotal: 4000000 kB\nMemAvailable: 3000000 kB\n"
    deployment.file("machine/proc/meminfo").write_text(memory)
    site = deployment.site()
    site.host = Host(deployment.file("machine"), cpus=2)
    assert "processors" not in BY_ID["host.minimum"].probe(site).next_step
    assert "memory" not in BY_ID["host.minimum"].probe(site).next_step

    deployment.file("machine/proc/meminfo").write_text(memory.replace("4000000", "2000000"))
    site.host = Host(deployment.file("machine"), cpus=1)

    finding = BY_ID["host.minimum"].probe(site)
    assert finding.verdict is Verdict.WARN
    assert "too little for production: processors, memory" in finding.next_step


def test_a_full_disk_is_found(deployment: Deployment, tmp_path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    try:
        site = deployment.site()
        site.config = site.config.replace(data_dir=str(place))
        assert BY_ID["host.disk"].probe(site).verdict is Verdict.PASS

        (place / "filler").write_bytes(b"x" * 980_000)

        assert BY_ID["host.disk"].probe(site).verdict is Verdict.FAIL
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_transaction_that_nobody_ends_is_named(deployment: Deployment, registries, monkeypatch) -> None:
    monkeypatch.setattr(postgresql, "LONG_TRANSACTIONS", postgresql.older_than(0))
    with registries.pools.direct(deployment.database) as forgotten:
        forgotten.execute("BEGIN; SELECT 'forgotten' AS transaction")
        while not any("forgotten" in said for said in said_of_transactions(deployment)):
            time.sleep(0.05)
        pid = forgotten.info.backend_pid
        forgotten.execute("ROLLBACK")

    assert not any(f"process {pid}," in said for said in said_of_transactions(deployment))


def said_of_transactions(deployment: Deployment) -> list[str]:
    return [row[3] for row in deployment.site().rows(postgresql.LONG_TRANSACTIONS)]


def test_x4_a_public_port_that_believes_any_proxy_is_found(deployment: Deployment) -> None:
    deployment.replace("fondaco.conf", "http_interface = 127.0.0.1", "http_interface = 0.0.0.0")
    assert deployment.verdicts()["proxy.trusted"] is Verdict.PASS  # only the listed one is believed

    deployment.replace("fondaco.conf", "trusted_proxies = 127.0.0.1\n", "")

    assert deployment.verdicts()["proxy.trusted"] is Verdict.FAIL


@pytest.mark.parametrize(
    ("password", "expected"), [("admin", Verdict.FAIL), ("letmein", Verdict.FAIL), ("$pbkdf2-sha512$x", Verdict.PASS)]
)
def test_d2_the_master_password_is_weighed_where_it_opens_something(deployment, password, expected) -> None:
    deployment.settings.update(list_db=True, admin_passwd=password)

    assert deployment.verdicts()["settings.master_password"] is expected


def test_x10_the_manager_must_be_refused_while_it_exists(deployment: Deployment) -> None:
    deployment.replace("nginx.conf", "location /web/database { deny all; }", "")
    assert deployment.verdicts()["proxy.manager"] is Verdict.PASS  # list_db = False: there is none

    deployment.settings["list_db"] = True

    assert deployment.verdicts()["proxy.manager"] is Verdict.FAIL


def test_t8_several_databases_need_a_filter(deployment, database_with) -> None:
    second = database_with("base", "web", "contacts")
    site = deployment.site()
    site.config = site.config.replace(db_name=[deployment.database, second], dbfilter="")
    (check,) = [one for one in CHECKS if one.id == "settings.dbfilter"]

    finding = check.probe(site)

    assert finding.verdict is Verdict.FAIL
    assert "2 databases and no dbfilter" in finding.evidence


def test_t11_nobody_is_locked_out_unnoticed(deployment, database_with) -> None:
    second = database_with("base", "web", "contacts")
    site = deployment.site()
    assert sorted(site.databases) == [deployment.database]
    site.databases = [deployment.database, second]
    site.config = site.config.replace(db_name=[], dbfilter="", list_db=False)
    (check,) = [one for one in CHECKS if one.id == "settings.lockout"]

    assert check.probe(site).verdict is Verdict.FAIL


def test_t14_t15_default_passwords_and_demo_data_are_found(deployment, registries) -> None:
    with registries.pools.cursor(deployment.database) as cr:
        cr.run(SQL("UPDATE res_users SET password = %s WHERE login = 'admin'", hash_password("admin", rounds=1000)))
        cr.run(SQL("UPDATE ir_module_module SET demo = true WHERE name = 'base'"))
        cr.commit()
    try:
        verdicts = deployment.verdicts()
    finally:
        with registries.pools.cursor(deployment.database) as cr:
            cr.run(SQL("UPDATE res_users SET password = NULL WHERE login = 'admin'"))
            cr.run(SQL("UPDATE ir_module_module SET demo = false"))
            cr.commit()

    assert verdicts["tenants.default_passwords"] is Verdict.FAIL
    assert verdicts["tenants.demo_data"] is Verdict.WARN


def test_o16_a_session_that_waits_for_a_lock_is_named(deployment, registries) -> None:
    pools = registries.pools
    with (
        pools.direct(deployment.database) as holder,
        pools.direct(deployment.database) as waiter,
        ThreadPoolExecutor(1) as pool,
    ):
        pid = holder.info.backend_pid
        holder.execute("BEGIN; SELECT pg_advisory_xact_lock(7)")
        waiting = pool.submit(waiter.execute, "SELECT pg_advisory_lock(7)")
        try:
            while not waits(pools, waiter.info.backend_pid):
                time.sleep(0.05)
            said = deployment.findings()["postgresql.lock_waits"]
        finally:
            holder.execute("ROLLBACK")
            waiting.result(30)

    assert said.startswith("WARN")
    assert f"behind {{{pid}}}" in said


def waits(pools, pid: int) -> bool:
    with pools.autocommit("postgres") as cr:
        return bool(cr.fetch(SQL("SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'", pid)))


def test_p6_a_superuser_is_refused_to_be_good(deployment: Deployment) -> None:
    site = deployment.site()
    (check,) = [one for one in CHECKS if one.id == "postgresql.superuser"]

    assert check.probe(site).verdict is (Verdict.FAIL if site.role.is_superuser else Verdict.PASS)


def test_every_line_of_the_checklist_has_a_check() -> None:
    """The lines of seed 2 that ask for something; headings and closing words are none."""
    headings = {2, 6, 11, 14, 20, 26, 29, 35, 41, 45, 48, 53, 55, 59, 62, 63, 66, 70, 74, 78, 83, 86, 90, 94, 95}
    asked = set(range(3, 99)) - headings

    named = {
        int(part.strip()[2:]) for check in CHECKS for part in check.seed.split(",") if part.strip().startswith("2:")
    }

    assert asked - named == set()


def test_fix_mends_what_is_safe_and_nothing_else(deployment: Deployment) -> None:
    for name, mode in (("fondaco.conf", 0o644), ("userlist.txt", 0o644), ("data", 0o755)):
        deployment.file(name).chmod(mode)
    deployment.replace("nginx.conf", "return 301 https://$host$request_uri;", "return 200;")
    site_before = deployment.file("nginx.conf").read_text()
    names = ("settings.file_mode", "settings.data_dir", "pooler.auth_file", "tls.redirect")
    checks = [BY_ID[name] for name in names]

    before = {one.check.id: one.finding.verdict for one in run.run(deployment.site(), checks)}
    after = {
        one.check.id: (one.finding.verdict, one.fixed) for one in run.run(deployment.site(), checks, with_fixes=True)
    }

    assert set(before.values()) <= set(BAD)
    assert [name for name, (verdict, fixed) in after.items() if verdict is Verdict.PASS and fixed] == list(names[:3])
    assert after["tls.redirect"][0] in BAD and not after["tls.redirect"][1]
    assert deployment.file("nginx.conf").read_text() == site_before
    modes = [deployment.file(name).stat().st_mode & 0o777 for name in ("fondaco.conf", "userlist.txt", "data")]
    assert modes == [0o640, 0o600, 0o750]


def ufw(is_on: str, port: int) -> dict[str, str]:
    rule = f"-A ufw-user-input -p tcp --dport {port} -j ACCEPT\n"
    return {"etc/ufw/ufw.conf": f"ENABLED={is_on}\n", "etc/ufw/user.rules": rule}


FIREWALLDS_OWN = {"usr/lib/firewalld/zones/public.xml": '<zone><service name="ssh"/></zone>'}


def put(deployment: Deployment, files: dict[str, str]) -> None:
    """Have these files of a machine instead of the rules it has."""
    deployment.file("machine/etc/nftables.conf").unlink()
    for name, text in files.items():
        path = deployment.file(f"machine/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def nftables(rule: str, policy: str = "policy drop;", before: str = "") -> dict[str, str]:
    chain = f"  chain input {{\n    type filter hook input priority filter; {policy}\n    {rule}\n  }}\n"
    through = "type filter hook forward priority filter; policy drop;\n    iifname br-1 accept"
    others = f"  chain forward {{\n    {through}\n  }}\n"
    return {"etc/nftables.conf": f"{before}\ntable inet filter {{ # drop\n{chain}{others}}}\n"}


def enabled(kind: str) -> dict[str, str]:
    return {f"etc/systemd/system/multi-user.target.wants/{kind}.service": ""}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (nftables("", policy=""), Verdict.WARN),
        (nftables("", policy="") | ufw("yes", 22), Verdict.PASS),
        (nftables("tcp dport 443 accept\n    counter drop", policy=""), Verdict.FAIL),
        (nftables("tcp dport 443 ip saddr 10.0.22.0/24 accept"), Verdict.FAIL),
        (nftables("tcp dport 22 drop"), Verdict.FAIL),
        (nftables("tcp dport { 80, 20-25 } ip saddr 10.0.22.0/24 accept"), Verdict.PASS),
        (nftables("tcp dport ssh accept"), Verdict.PASS),
        (nftables("ip saddr 10.0.0.0/8 accept"), Verdict.PASS),
        (nftables("tcp dport 22 accept") | {"etc/ssh/sshd_config": "Port 2222\n"}, Verdict.FAIL),
        (nftables("tcp dport $ours accept", before="define ours = 22") | {"etc/ssh/sshd_config": "Port 2222\n",
         "etc/nftables.d/ours.nft": "redefine ours = { 22, 2222 }\n"}, Verdict.PASS),
        (nftables("") | enabled("firewalld") | FIREWALLDS_OWN, Verdict.PASS),
        (nftables("") | enabled("nftables") | {"etc/firewalld/zones/public.xml": '<zone><service name="ssh"/></zone>'},
         Verdict.FAIL),
        ({"etc/firewalld/zones/public.xml": '<zone><rule><service name="ssh"/><drop/></rule></zone>'}, Verdict.FAIL),
        ({"etc/nftables.conf": files_of()["etc/nftables.conf"].content}, Verdict.PASS),
    ],
    ids=["nothing is shut", "nothing is shut but by ufw", "a last drop", "22 in a network", "ssh is dropped", "a range",
         "by name", "a network", "another port of sshd", "a port by name", "firewalld is on", "nftables is on",
         "a rule that drops", "the kit's nftables"],
)  # fmt: skip
def test_s4_the_firewall_that_is_on_must_let_the_port_of_ssh_in(deployment: Deployment, files, expected) -> None:
    put(deployment, files)

    assert probe(deployment, "host.firewall").verdict is expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (ufw("yes", 22), Verdict.PASS),
        (ufw("yes", 443), Verdict.FAIL),
        (ufw("no", 443), Verdict.WARN),
        ({"etc/firewalld/zones/public.xml": '<zone><service name="https"/></zone>'}, Verdict.FAIL),
        (enabled("firewalld") | FIREWALLDS_OWN, Verdict.PASS),
        (FIREWALLDS_OWN, Verdict.WARN),
        ({"etc/firewalld/firewalld.conf": "DefaultZone=fondaco\n",
          "etc/firewalld/zones/fondaco.xml": files_of()["etc/firewalld/zones/fondaco.xml"].content}, Verdict.PASS),
        ({"etc/nftables.conf": "chain input { type filter hook input priority filter; }\n"}, Verdict.WARN),
        ({".dockerenv": ""}, Verdict.SKIP),
        ({}, Verdict.WARN),
    ],
    ids=["ufw", "ufw without ssh", "ufw that is off", "firewalld without ssh", "firewalld's own zone",
         "firewalld that is off", "the kit's zone",
         "Debian's nftables", "a container", "none"],
)  # fmt: skip
def test_s4_each_firewall_is_known_and_must_let_ssh_in(deployment: Deployment, files, expected) -> None:
    put(deployment, files)

    assert probe(deployment, "host.firewall").verdict is expected
