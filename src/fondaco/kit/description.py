"""A deployment in words: one TOML file -> a frozen description; everything wrong with it said at once, by key."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from fondaco.errors import ConfigError

NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
UNSAFE = set(" \"'{}();`\\$&|<>#")
"""Letters that end a value in one of the formats"""
ADDRESSES = ("postgresql_addresses", "cluster_servers", "cluster_databases", "cluster_etcd", "cluster_front")
DOMAIN = re.compile(r"(?=.{1,253}$)([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9-]{1,63}")

EXAMPLE = """\
# What this deployment is. `fondaco kit plan` shows the files that follow from it, `fondaco kit write` writes them.

[deployment]
name = "erp"                            # of the unit, the account, the role
domains = ["erp.example.com"]
users = 60                              # people who work at the same time
# request_seconds = 720                 # how long a request may take, a large report say; proxies wait longer

[machine]
cpus = 4
memory_gb = 16

[tenants]
databases = ["erp"]                     # or a rule for many: dbfilter = "^%d$"

[tls]
certificate = "/etc/letsencrypt/live/erp.example.com/fullchain.pem"
key = "/etc/letsencrypt/live/erp.example.com/privkey.pem"

[network]
admin_networks = ["203.0.113.0/24"]     # ssh is open to these only
private_networks = ["10.0.0.0/16"]      # where the server may connect to
# front_networks = ["203.0.113.64/26"]  # behind a load balancer or a CDN: only these reach the proxy

[postgresql]
version = 15
memory_gb = 4                           # of the machine it runs on, for it
# where the server runs elsewhere: addresses to listen on, and the networks of those who may log in
# addresses = ["192.168.1.10"]
# clients = ["192.168.1.0/24"]

[redis]
url = "redis://127.0.0.1:6379/0"        # sessions; leave the section out to keep them in files

[backups]
repository = "/var/backups/erp"         # better: sftp:, s3: or rest:, on a machine that this one cannot clear
keep_days = 14                          # and 8 weeks, 12 months, 5 years
wal_days = 14                           # any second of so many days comes back: PostgreSQL's log is kept, too

# [files]
# bucket = "erp-files"                  # of an object store; without it they lie in /var/lib

# Several machines (docs/operator/topology.md): who serves, who keeps the data, who witnesses, who stands in front
# [cluster]
# servers = ["10.0.1.11", "10.0.1.12"]
# databases = ["10.0.1.21", "10.0.1.22"]
# etcd = ["10.0.1.21", "10.0.1.22", "10.0.1.31"]
# front = ["10.0.1.5"]
# bucket = "erp-files"

# [cloud]                               # terraform/main.tf
# load_balancer = true                  # one of Hetzner's before nginx; network.front_networks = ["10.0.0.0/16"]
# wheel = "https://files.example.com/fondaco-18.0-py3-none-any.whl"  # which the machine installs at its first start

# [containers]                          # what your addons need in the image, besides what is in it
# packages = ["libxmlsec1"]             # of Debian
# libraries = ["zeep"]                  # of the Python index

[kubernetes]                            # leave the section out where there is none
image = "registry.example.com/erp:1"    # of srv/erp/Dockerfile
bucket = "erp-files"                    # of the object store
"""


@dataclass(frozen=True, slots=True)
class Description:
    """One deployment; the keys of the file by section and name, `tls.certificate` -> tls_certificate."""

    deployment_name: str
    deployment_domains: tuple[str, ...]
    deployment_users: int
    machine_cpus: int
    machine_memory_gb: float
    tls_certificate: str
    tls_key: str
    network_admin_networks: tuple[str, ...]
    deployment_request_seconds: int = 720
    """limit_time_real: the timeouts of all that stands before the server follow from it"""
    tenants_databases: tuple[str, ...] = ()
    tenants_dbfilter: str = ""
    network_private_networks: tuple[str, ...] = ()
    postgresql_version: int = 15
    postgresql_memory_gb: float = 0.0
    """0: half of the machine"""
    redis_url: str = ""
    backups_repository: str = "/var/backups/fondaco"
    backups_keep_days: int = 14
    backups_wal_days: int = 0
    """0: PostgreSQL's log is not kept, and nights come back only"""
    files_bucket: str = ""
    postgresql_addresses: tuple[str, ...] = ()
    postgresql_clients: tuple[str, ...] = ()
    network_front_networks: tuple[str, ...] = ()
    cluster_servers: tuple[str, ...] = ()
    cluster_databases: tuple[str, ...] = ()
    cluster_etcd: tuple[str, ...] = ()
    cluster_front: tuple[str, ...] = ()
    cluster_bucket: str = ""
    cloud_load_balancer: bool = False
    cloud_wheel: str = ""
    """Address of the wheel: without it somebody brings the wheel, for no index has one"""
    containers_packages: tuple[str, ...] = ()
    containers_libraries: tuple[str, ...] = ()
    kubernetes_image: str = ""
    kubernetes_bucket: str = ""
    kubernetes_pod_network: str = "10.244.0.0/16"
    kubernetes_storage_gb: int = 20

    @property
    def cluster_machines(self) -> tuple[str, ...]:
        """Each machine of a cluster once, whatever it does there."""
        return tuple(
            dict.fromkeys((*self.cluster_front, *self.cluster_servers, *self.cluster_databases, *self.cluster_etcd))
        )

    @property
    def containers_own(self) -> tuple[str, ...]:
        """What an image of one's own has more."""
        return (*self.containers_packages, *self.containers_libraries)

    @property
    def database_count(self) -> int:
        return max(len(self.tenants_databases), 1)

    @property
    def postgresql_mb(self) -> int:
        return round((self.postgresql_memory_gb or self.machine_memory_gb / 2) * 1024)


def read(path: Path) -> Description:
    """The description of a file; ConfigError with every complaint and its key."""
    try:
        content = tomllib.loads(path.read_text())
    except FileNotFoundError as error:
        raise ConfigError(f"there is no {path}; `fondaco kit init {path}` writes an example") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    return described(content, str(path))


def described(content: dict[str, Any], where: str) -> Description:
    """The description of parsed TOML."""
    given: dict[str, Any] = {
        f"{section}_{key}": tuple(value) if isinstance(value, list) else value
        for section, values in content.items()
        if isinstance(values, dict)
        for key, value in values.items()
    }
    known = {one.name: one for one in fields(Description)}
    complaints = [f"unknown key {_dotted(name)}" for name in given if name not in known]
    complaints += [f"unknown section [{name}]" for name, values in content.items() if not isinstance(values, dict)]
    required = [name for name, one in known.items() if one.default is one.default_factory]
    complaints += [f"{_dotted(name)} is missing" for name in required if name not in given]
    for name, value in given.items():
        if name in known and (complaint := _complaint(name, value, str(known[name].type))):
            complaints.append(f"{_dotted(name)}: {complaint}, found {value!r}")
    if any(name.startswith("cluster_") for name in given):
        complaints += _cluster_complaints(given)
    if given.get("cloud_load_balancer") is True and not given.get("network_front_networks"):
        complaints.append(
            "network.front_networks is missing: the load balancer comes from the private network, 10.0.0.0/16"
        )
    if given.get("kubernetes_image") and not given.get("kubernetes_bucket"):
        complaints.append("kubernetes.bucket is missing: pods keep no files")
    if not (given.get("tenants_databases") or given.get("tenants_dbfilter")):
        complaints.append("tenants: name the databases, or give a dbfilter")
    if complaints:
        raise ConfigError(f"{where}: " + "; ".join(complaints))
    return Description(**given)


def _cluster_complaints(given: dict[str, Any]) -> list[str]:
    """What several machines lack to be more than one."""
    least = {"cluster_servers": 2, "cluster_databases": 2, "cluster_etcd": 3, "cluster_front": 1}
    complaints = [
        f"{_dotted(name)}: expected {number} addresses or more, found {len(given.get(name, ()))}"
        for name, number in least.items()
        if len(given.get(name, ())) < number
    ]
    if len(given.get("cluster_etcd", ())) % 2 == 0:
        complaints.append("cluster.etcd: expected an odd number, so that a cut leaves a majority on one side")
    wanted = {"cluster_bucket": "files", "redis_url": "sessions"}
    return complaints + [
        f"{_dotted(name)} is missing: {what} are shared" for name, what in wanted.items() if not given.get(name)
    ]


def _dotted(name: str) -> str:
    return name.replace("_", ".", 1)


def _complaint(name: str, value: Any, kind: str) -> str:
    """What is wrong with a value, nothing when it is right. No value may leave its line in a generated file."""
    if kind == "int" and not (isinstance(value, int) and value > 0):
        return "expected a whole number above 0"
    if kind == "float" and not (isinstance(value, int | float) and value > 0):
        return "expected a number above 0"
    if kind == "bool" and not isinstance(value, bool):
        return "expected true or false"
    if kind == "str" and not isinstance(value, str):
        return "expected a text"
    if kind.startswith("tuple") and not (isinstance(value, tuple) and all(isinstance(one, str) for one in value)):
        return "expected a list of texts"
    texts = value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
    unsafe = set() if name == "tenants_dbfilter" else UNSAFE
    if any(not text or not text.isprintable() or unsafe & set(text) for text in texts):
        return "expected printable text without spaces, quotes, brackets and signs that a shell knows"
    if name == "deployment_name" and not NAME.fullmatch(value):
        return "expected small letters, digits and hyphens, at most 31"
    if name == "deployment_domains" and not (value and all(DOMAIN.fullmatch(one) for one in value)):
        return "expected host names"
    if name.endswith(("_networks", "_clients")):
        return _networks_complaint(value)
    if name == "kubernetes_pod_network":
        return _networks_complaint((value,))
    if name in ADDRESSES:
        return _addresses_complaint(value)
    return ""


def _addresses_complaint(values: tuple[str, ...]) -> str:
    for value in values:
        try:
            ip_address(value)
        except ValueError as error:
            return f"expected addresses as in 192.168.1.10 ({error})"
    return ""


def _networks_complaint(values: tuple[str, ...]) -> str:
    for value in values:
        try:
            ip_network(value)
        except ValueError as error:
            return f"expected networks as in 203.0.113.0/24 ({error})"
    return ""
