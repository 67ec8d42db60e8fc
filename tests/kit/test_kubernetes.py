"""Manifests of the kit: each holds against the schema of its kind, and together they make the deployment described."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from fondaco.config import sources
from fondaco.kit import description, files
from tests.kit.conftest import SECRETS, example

SCHEMAS = json.loads(Path(__file__).with_name("kubernetes.json").read_text())
OF_THE_OPERATOR = {"postgresql.cnpg.io/v1 Cluster", "postgresql.cnpg.io/v1 Pooler"}
"""Kinds that CloudNativePG brings with it; their schema is not among those of Kubernetes."""


def _kind(manifest: dict[str, Any]) -> str:
    return f"{manifest['apiVersion']} {manifest['kind']}"


@pytest.fixture(scope="module")
def manifests(kit) -> dict[str, dict[str, Any]]:
    """Every manifest by kind and name: `Deployment erp`."""
    parsed = [
        one for path, file in kit.items() if path.startswith("kubernetes/") for one in yaml.safe_load_all(file.content)
    ]
    named = {f"{one['kind']} {one['metadata']['name']}": one for one in parsed}
    assert len(named) == len(parsed)
    return named


def test_every_manifest_holds_against_the_schema_of_its_kind(manifests) -> None:
    judged = {name: one for name, one in manifests.items() if _kind(one) not in OF_THE_OPERATOR}

    for name, manifest in judged.items():
        schema = {**SCHEMAS["kinds"][_kind(manifest)], "definitions": SCHEMAS["definitions"]}
        complaints = [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(manifest)]
        assert complaints == [], name
    assert len(judged) == len(manifests) - 2


def test_a_key_that_is_misspelt_is_one_that_the_schema_refuses(manifests) -> None:
    spoilt = json.loads(json.dumps(manifests["Deployment erp"]))
    spoilt["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}

    schema = {**SCHEMAS["kinds"]["apps/v1 Deployment"], "definitions": SCHEMAS["definitions"]}
    with pytest.raises(jsonschema.ValidationError, match="livenesProbe"):
        jsonschema.validate(spoilt, schema)


def test_the_server_understands_the_environment_of_its_pods(manifests, tmp_path) -> None:
    environ = dict(manifests["ConfigMap erp"]["data"])
    (tmp_path / "config").write_text('{"endpoint_url": "https://s3.example.com", "access_key_id": "a"}\n')
    for name, secret in SECRETS.items():
        (tmp_path / name).write_text(secret)
    for variable, value in environ.items():
        if variable.endswith("_FILE"):
            environ[variable] = str(tmp_path / Path(value).name)

    config = sources.load([], {"HOME": str(tmp_path), **environ})

    assert config.notices == ()
    assert config["db_password"] == SECRETS["database-password"]
    assert (config["db_host"], config["db_direct_host"], config["db_name"]) == ("erp-pooler", "erp-db-rw", ["erp"])
    assert (config["ir_attachment.location"], config["proxy_mode"], config["list_db"]) == (
        "s3://erp-files",
        True,
        False,
    )


def test_pods_keep_nothing_and_are_asked_how_they_are(manifests) -> None:
    pod = manifests["Deployment erp"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    assert {"emptyDir", "secret", "name"} >= {key for volume in pod["volumes"] for key in volume}
    assert {container[probe]["httpGet"]["path"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")} == {
        "/web/health"
    }
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert not any(secret in json.dumps(manifests["ConfigMap erp"]) for secret in SECRETS.values())


def _selects(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return selector.items() <= labels.items()


def test_what_names_pods_names_those_of_the_server_and_no_others(manifests) -> None:
    pods = {
        name: one["spec"]["template"]["metadata"]["labels"]
        for name, one in manifests.items()
        if one["kind"] in ("Deployment", "StatefulSet", "Job")
    }
    selectors = {
        "service": manifests["Service erp"]["spec"]["selector"],
        "budget": manifests["PodDisruptionBudget erp"]["spec"]["selector"]["matchLabels"],
    }

    for who, selector in selectors.items():
        assert [name for name, labels in pods.items() if _selects(selector, labels)] == ["Deployment erp"], who
    assert manifests["HorizontalPodAutoscaler erp"]["spec"]["scaleTargetRef"]["name"] == "erp"
    assert manifests["HorizontalPodAutoscaler erp"]["spec"]["minReplicas"] >= 2


def test_b8_in_a_cluster_only_the_server_reaches_the_pooler_the_database_and_the_sessions(manifests) -> None:
    policies = {name.split()[1]: one["spec"] for name, one in manifests.items() if one["kind"] == "NetworkPolicy"}

    assert policies["nobody"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    for name, port in (("erp-sessions", 6379), ("erp-pooler", 5432)):
        (rule,) = policies[name]["ingress"]
        assert rule == {"from": [{"podSelector": {"matchLabels": {"app": "erp"}}}], "ports": [{"port": port}]}
    assert [rule["ports"] for rule in policies["erp"]["ingress"]] == [[{"port": 8069}, {"port": 8072}]]


def test_the_database_has_a_replica_with_each_commit_and_room_for_all_pools(manifests) -> None:
    cluster, pooler = manifests["Cluster erp-db"]["spec"], manifests["Pooler erp-pooler"]["spec"]

    assert cluster["instances"] >= 3
    assert cluster["postgresql"]["synchronous"] == {"method": "any", "number": 1}
    pools = pooler["pgbouncer"]["parameters"]
    opened = (int(pools["default_pool_size"]) + int(pools["reserve_pool_size"])) * pooler["instances"]
    assert int(cluster["postgresql"]["parameters"]["max_connections"]) > opened
    assert pooler["pgbouncer"]["poolMode"] == "transaction"


def test_the_administrators_password_is_a_file_of_the_first_start_only(manifests) -> None:
    """A generated one would be printed, and stay in the log of the pod."""
    job, server = (manifests[name]["spec"]["template"]["spec"] for name in ("Job erp-first-start", "Deployment erp"))
    (variable,) = job["containers"][0]["env"]
    places = {one["name"]: one["mountPath"] for one in job["containers"][0]["volumeMounts"]}
    sources_ = {one["name"]: one["secret"]["secretName"] for one in job["volumes"] if "secret" in one}

    assert variable == {"name": "FONDACO_ADMIN_PASSWORD_FILE", "value": f"{places['administrator']}/password"}
    assert manifests[f"Secret {sources_['administrator']}"]["stringData"] == {
        "password": SECRETS["administrator-password"]
    }
    assert "erp-administrator" not in str(server)


def test_without_the_section_there_are_no_manifests() -> None:
    content = example()
    del content["kubernetes"]

    found = [file.path for file in files.rendered(description.described(content, "plain"), SECRETS)]

    assert not any(path.startswith("kubernetes/") for path in found)
    assert "etc/fondaco/erp.conf" in found
