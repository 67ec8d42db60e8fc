"""`fondaco check --odoo`: a stock Odoo 18, configured as manuals print it, is audited before anything is switched."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fondaco.checks.finding import Verdict
from fondaco.checks.odoo import CHECKS as OF_ODOO
from fondaco.checks.table import BY_ID, CHECKS
from fondaco.cli.main import main
from tests.checks.conftest import Deployment
from tests.seeds.sites import SEEDS, SITES

pytestmark = pytest.mark.usefixtures("restored_logging")

SAMPLE = ((101, 109), (242, 245), (291, 297), (303, 304), (314, 316))
"""Lines of seed 3 that make its odoo.conf"""


def options_of_the_document() -> str:
    path = next(iter(sorted(SEEDS.glob("003_*"))), None)
    if path is None:
        pytest.skip(f"{SEEDS} is not beside this repository")
    lines = path.read_text().splitlines()
    kept = [line for first, last in SAMPLE for line in lines[first - 1 : last] if " = " in line]
    return "\n".join(["[options]", *kept, ""])


def test_the_odoo_of_a_document_is_audited_and_each_trap_named_by_its_line(tmp_path: Path, capsys) -> None:
    conf, site = tmp_path / "odoo.conf", tmp_path / "odoo.nginx"
    conf.write_text(options_of_the_document().replace("log_level = info", "log_level = warn"))
    site.write_text(SITES["3"].text(plain=80, tls=443, http=8069, live=8072, folder=tmp_path, data=tmp_path))
    before = conf.read_bytes()
    words = ["check", "--odoo", "--json", "-c", str(conf), "--proxy", str(site), "--data-dir", str(tmp_path / "data")]

    code = main([*words, "--only", "odoo,proxy,tls,settings,limits"])

    found = {one["id"]: one for one in json.loads(capsys.readouterr().out)["checks"]}
    wrong = {name for name, one in found.items() if one["verdict"] in ("WARN", "FAIL")}
    assert code == 20
    assert wrong >= {
        "odoo.websocket",  # 3:202-208: one port for all
        "odoo.log_ins",  # 3:108
        "odoo.keys",  # 3:303: keys of nobody's
        "proxy.websocket",  # nothing passes Upgrade on
        "proxy.sendfile",  # 3:242
        "tls.ciphers",  # 3:181
        "settings.known_keys",  # 3:245, 3:303
    }
    assert "csv_insecure_sep" in found["settings.known_keys"]["evidence"] + found["odoo.keys"]["evidence"]
    assert found["proxy.host"]["verdict"] == "FAIL"  # the host is the name of the upstream
    assert all(found[name]["next"] and found[name]["seed"] for name in wrong)
    assert conf.read_bytes() == before


def test_of_a_folder_that_a_stock_file_does_not_name_nothing_is_said(tmp_path: Path, capsys) -> None:
    conf = tmp_path / "odoo.conf"
    conf.write_text("[options]\ndb_host = False\nadmin_passwd = admin\n")
    words = ["check", "--odoo", "--json", "-c", str(conf), "--only", "settings.data_dir,host.account"]

    for more, verdicts in (([], {"SKIP"}), (["--data-dir", str(tmp_path)], {"PASS", "WARN"})):
        main([*words, *more])
        found = [one["verdict"] for one in json.loads(capsys.readouterr().out)["checks"]]
        assert len(found) == 2 and set(found) <= verdicts


@pytest.mark.parametrize(
    ("line", "check", "code"),
    [("list_db = False", "settings.list_db", 0), ("cache_seize = 3", "settings.known_keys", 10),
     ("list_db = True", "settings.list_db", 20)],
)  # fmt: skip
def test_the_exit_code_tells_monitoring_how_bad_it_is(tmp_path: Path, capsys, line, check, code) -> None:
    conf = tmp_path / "erp.conf"
    conf.write_text(f"[options]\n{line}\n")

    assert main(["check", "--only", check, "-c", str(conf), "--data-dir", str(tmp_path)]) == code
    assert check in capsys.readouterr().out


def test_who_does_not_ask_for_it_is_not_judged_as_odoo(deployment: Deployment) -> None:
    site = deployment.site()

    assert {check.probe(site).verdict for check in OF_ODOO} == {Verdict.SKIP}


def odoo(deployment: Deployment, check: str) -> Verdict:
    return BY_ID[check].probe(replace(deployment.site(), is_odoo=True)).verdict


def test_a_sound_deployment_of_odoo_has_no_trap_but_the_pooler(deployment: Deployment) -> None:
    deployment.replace("fondaco.conf", "671088640", str(2 * 2**30))
    deployment.replace("fondaco.conf", "805306368", str(3 * 2**30))
    deployment.replace("fondaco.conf", "trusted_proxies = 127.0.0.1\n", "")
    for key in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        text = deployment.file("fondaco.conf").read_text().splitlines()
        deployment.file("fondaco.conf").write_text("\n".join(line for line in text if not line.startswith(key)))

    verdicts = {check.id: odoo(deployment, check.id) for check in OF_ODOO}

    assert [name for name, verdict in verdicts.items() if verdict in (Verdict.WARN, Verdict.FAIL)] == []


TRAPS = {
    "odoo.websocket": lambda of: of.replace("nginx.conf", "http://127.0.0.1:8072", "http://127.0.0.1:8069"),
    "odoo.forwarded": lambda of: of.replace("nginx.conf", "proxy_set_header X-Forwarded-Host $host;", ""),
    "odoo.log_ins": lambda of: of.settings.update(log_level="warn"),
    "odoo.dbfilter": lambda of: of.replace("fondaco.conf", "dbfilter = ^%d$", "dbfilter = %d"),
    "odoo.listening": lambda of: of.settings.update(db_port=6432),
    "odoo.memory": lambda of: None,  # 640 MB, as in a document
    "odoo.keys": lambda of: of.settings.update(redis_url="redis://127.0.0.1"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_o17_a_trap_of_the_documents_is_found(deployment: Deployment, trap: str) -> None:
    TRAPS[trap](deployment)

    assert odoo(deployment, trap) in (Verdict.WARN, Verdict.FAIL)


SEEDS_OF_TRAPS = (
    "2:13", "2:17", "4:95-98", "3:202-208", "4:100", "2:8", "3:108", "0:316", "0:272", "1:32", "3:242", "3:181",
    "1:187", "3:226-232", "3:275", "0:156", "2:36", "4:131-141", "4:25-33", "2:84", "4:72", "4:261", "3:304",
)  # fmt: skip
"""Of each row of the table of traps in the feature matrix, the line, or the line of seed 2 that says what must hold"""


def test_every_trap_of_the_matrix_has_a_check() -> None:
    named = {part.strip() for check in CHECKS for part in check.seed.split(",")}

    assert [seed for seed in SEEDS_OF_TRAPS if seed not in named] == []


SECURITY_LIST = (
    262, 264, 266, 268, 270, 272, 274, 276, 278, 280, 282, 286, 288, 290, 292, 294, 296, 312, 343, 345, 347,
)  # fmt: skip
"""The lines of seed 0 that ask for something, from its list of security and the two sections after it"""


def test_every_line_of_the_security_list_has_a_check() -> None:
    named = {int(part.strip()[2:].split("-")[0]) for check in CHECKS for part in check.seed.split(",")
             if part.strip().startswith("0:")}  # fmt: skip

    assert [line for line in SECURITY_LIST if line not in named] == []
