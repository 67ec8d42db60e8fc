"""Files for several machines: accepted by their programs, refused when too few are named. tests/topology runs them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest
import trustme
import yaml

from fondaco.errors import ConfigError
from fondaco.kit import description
from tests.kit.conftest import SECRETS, example, files_of

MACHINES = {
    "servers": ["10.0.1.11", "10.0.1.12"],
    "databases": ["10.0.1.21", "10.0.1.22"],
    "etcd": ["10.0.1.21", "10.0.1.22", "10.0.1.31"],
    "front": ["10.0.1.5"],
    "bucket": "erp-files",
}


@pytest.mark.parametrize("machine", ["10.0.1.11", "10.0.1.5"])
def test_haproxy_accepts_what_it_gets_on_each_machine(haproxy, tmp_path, machine) -> None:
    text = files_of(cluster=MACHINES)[f"cluster/{machine}/etc/haproxy/haproxy.cfg"].content
    authority = trustme.CA()
    authority.issue_cert("erp.example.com").private_key_and_cert_chain_pem.write_to_path(tmp_path / "erp.pem")
    authority.cert_pem.write_to_path(tmp_path / "cluster-ca.crt")

    for folder in ("/etc/haproxy", "/etc/fondaco"):
        text = text.replace(folder, str(tmp_path))
    assert haproxy(text).complaint == ""


def test_each_machine_gets_its_own_and_only_those_who_need_a_secret_get_it() -> None:
    found = {path: file for path, file in files_of(cluster=MACHINES).items() if path.startswith("cluster/")}

    patroni = yaml.safe_load(found["cluster/10.0.1.22/etc/patroni/config.yml"].content)
    assert patroni["postgresql"]["connect_address"] == "10.0.1.22:5432"
    assert patroni["bootstrap"]["dcs"]["synchronous_mode"] is True
    with_secret = {path for path, file in found.items() if any(secret in file.content for secret in SECRETS.values())}
    assert all(found[path].mode in (0o600, 0o640) for path in with_secret)
    pools = sum(int(file.content.split("max_db_connections = ")[1].split()[0])
                for path, file in found.items() if path.endswith("pgbouncer.ini"))  # fmt: skip
    assert int(patroni["bootstrap"]["dcs"]["postgresql"]["parameters"]["max_connections"]) > pools


def test_who_changes_the_configuration_of_patroni_needs_a_password() -> None:
    text = files_of(cluster=MACHINES)["cluster/10.0.1.21/etc/patroni/config.yml"].content

    asked = yaml.safe_load(text)["restapi"]["authentication"]
    assert asked == {"username": "patroni", "password": SECRETS["patroni-password"]}


def test_certificates_of_a_cluster_are_made_once_and_renewed_in_time(tmp_path) -> None:
    script = tmp_path / "cluster/certificates"
    script.parent.mkdir()
    script.write_text(files_of(cluster=MACHINES)["cluster/certificates"].content)

    authority = tmp_path / "secrets/cluster-ca.crt"

    def run() -> dict[str, bytes]:
        subprocess.run(["sh", script, tmp_path / "secrets"], check=True, capture_output=True, timeout=60)
        found = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*.crt")}
        assert {found.pop(name) for name in list(found) if name.endswith("ca.crt")} == {authority.read_bytes()}
        return found

    first = run()
    (tmp_path / "cluster/10.0.1.31/etc/etcd/tls/node.crt").write_text("damaged")
    again = run()

    changed = {name for name in first if first[name] != again[name]}
    assert changed == {"cluster/10.0.1.31/etc/etcd/tls/node.crt"}
    places = [f"10.0.1.{number}/etc/etcd" for number in (21, 22, 31)]
    places += [f"10.0.1.{number}/etc/patroni" for number in (21, 22)]
    places += [f"10.0.1.{number}/etc/pgbouncer" for number in (11, 12)]
    assert set(first) == {f"cluster/{place}/tls/node.crt" for place in places}
    keys = [*tmp_path.rglob("*.key")]
    assert len(keys) == len(first) + 1
    assert {key.stat().st_mode & 0o077 for key in keys} == {0}

    def is_good_for(purpose: str, name: str) -> bool:
        words = ["openssl", "verify", "-purpose", purpose, "-CAfile", authority, tmp_path / name]
        return subprocess.run(words, capture_output=True, timeout=60, check=False).returncode == 0

    assert all(is_good_for("sslserver", name) for name in first)
    assert {name for name in first if is_good_for("sslclient", name)} == {
        name for name in first if "pgbouncer" not in name  # which no witness hears
    }  # fmt: skip
    assert (tmp_path / "cluster/10.0.1.11/etc/fondaco/cluster-ca.crt").stat().st_mode & 0o777 == 0o644


def test_etcd_answers_nobody_without_a_certificate() -> None:
    found = files_of(cluster=MACHINES)
    for machine in MACHINES["etcd"]:
        text = found[f"cluster/{machine}/etc/default/etcd"].content
        assert 'ETCD_CLIENT_CERT_AUTH="true"' in text and 'ETCD_PEER_CLIENT_CERT_AUTH="true"' in text
        assert "http://" not in text
    patroni = yaml.safe_load(found["cluster/10.0.1.21/etc/patroni/config.yml"].content)
    assert patroni["etcd"]["protocol"] == "https"


def test_p11_what_leaves_a_machine_of_a_cluster_is_encrypted_and_sent_to_nobody_else() -> None:
    found = files_of(cluster=MACHINES)
    patroni = yaml.safe_load(found["cluster/10.0.1.21/etc/patroni/config.yml"].content)
    inside = ("127.0.0.1/32", "local ")
    assert all(one.startswith("hostssl ") for one in patroni["postgresql"]["pg_hba"] if not any(
        word in one for word in inside))  # fmt: skip
    assert patroni["postgresql"]["parameters"]["ssl"] == "on"
    assert {patroni["postgresql"]["authentication"][who]["sslmode"] for who in ("replication", "rewind")} == {
        "verify-full"
    }
    assert "certfile" in patroni["restapi"]
    pooler = found["cluster/10.0.1.11/etc/pgbouncer/pgbouncer.ini"].content
    assert "server_tls_sslmode = verify-ca" in pooler and "client_tls_sslmode = require" in pooler
    assert "check-ssl verify required" in found["cluster/10.0.1.11/etc/haproxy/haproxy.cfg"].content
    assert "db_sslmode = verify-ca" in found["cluster/10.0.1.11/etc/fondaco/erp.conf"].content


@pytest.mark.parametrize(
    ("machine", "opened"),
    [
        ("10.0.1.5", {"80": set(), "443": set()}),
        ("10.0.1.11", {"8069": {5}, "8072": {5}}),
        ("10.0.1.21", {"5432": {11, 12, 21, 22}, "8008": {11, 12, 21, 22}, "2379": {21, 22, 31}, "2380": {21, 22, 31}}),
        ("10.0.1.31", {"2379": {21, 22, 31}, "2380": {21, 22, 31}}),
    ],
)
def test_a_machine_is_open_to_those_only_whose_work_needs_it(tmp_path, machine, opened) -> None:
    text = files_of(cluster=MACHINES)[f"cluster/{machine}/etc/nftables.conf"].content
    (tmp_path / "nftables.conf").write_text(text)

    found: dict[str, set[int]] = {}
    for ports, address in re.findall(r"tcp dport ([^a-z]+?) (?:ip saddr 10\.0\.1\.(\d+) )?accept", text):
        for port in re.findall(r"\d+", ports):
            found.setdefault(port, set()).update([int(address)] if address else [])
    assert found == opened
    assert "tcp dport $ssh_ports ip saddr @administrators4 accept" in text
    nft = shutil.which("nft", path=f"{os.environ['PATH']}:/usr/sbin")
    if nft is None:
        pytest.skip("no nft here: see tests/programs.sh")
    done = subprocess.run(
        [nft, "-c", "-f", tmp_path / "nftables.conf"], capture_output=True, text=True, timeout=60, check=False
    )
    if "Operation not permitted" in done.stderr:
        pytest.skip("this machine lets nobody look at its firewall")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("databases", ["10.0.1.21"], "cluster.databases: expected 2 addresses or more, found 1"),
        ("etcd", ["10.0.1.21", "10.0.1.22", "10.0.1.31", "10.0.1.32"], "cluster.etcd: expected an odd number"),
        ("servers", ["10.0.1.11", "app2"], "cluster.servers: expected addresses as in 192.168.1.10"),
    ],
)
def test_too_few_machines_are_refused_by_key(key, value, said) -> None:
    content = {**example(), "cluster": {**MACHINES, key: value}}

    with pytest.raises(ConfigError, match=said):
        description.described(content, "here")


def test_several_machines_share_sessions_and_files() -> None:
    content = {**example(), "cluster": {key: value for key, value in MACHINES.items() if key != "bucket"}}
    del content["redis"]

    with pytest.raises(ConfigError, match=r"cluster.bucket is missing: files are shared; redis.url is missing"):
        description.described(content, "here")
