"""Reports over HTTP, from a server that has one process to answer with: nothing else may be needed to print."""

from __future__ import annotations

import re

import pytest
import requests

from tests.fix_server import serving


@pytest.fixture(scope="module")
def lonely(config, database, tmp_path_factory):
    """A server with one worker, which answers one request at a time."""
    directory = tmp_path_factory.mktemp("lonely")
    with serving(config.replace(workers=1, max_cron_threads=0), database, directory) as running:
        yield running


@pytest.fixture
def session(lonely):
    with requests.Session() as session:
        page = session.get(f"{lonely.url}/web/login", timeout=60).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        form = {"csrf_token": token, "login": lonely.login, "password": lonely.password}
        answer = session.post(f"{lonely.url}/web/login", form, allow_redirects=False, timeout=60)
        assert answer.status_code == 303
        yield session


def test_m14_a_report_is_printed_by_the_only_worker_there_is(lonely, session, env):
    model = env["ir.model"]._get("res.partner")

    page = session.get(f"{lonely.url}/report/html/base.report_irmodeloverview/{model.id}", timeout=60)
    paper = session.get(f"{lonely.url}/report/pdf/base.report_irmodeloverview/{model.id}", timeout=60)

    assert page.status_code == 200 and "res.partner" in page.text
    assert (paper.status_code, paper.headers["Content-Type"]) == (200, "application/pdf")
    assert paper.content.startswith(b"%PDF-") and paper.content.rstrip().endswith(b"%%EOF")
