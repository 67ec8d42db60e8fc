"""The reference topology from the kit's files: machines are lost and cut off under load, nothing answered is.

A short form; the whole, with its figures, by `python -m tests.topology`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.topology.machines import missing
from tests.topology.network import is_possible
from tests.topology.trial import dump, trial


@pytest.mark.slow
@pytest.mark.skipif(bool(os.geteuid()) or not is_possible(), reason="network namespaces and accounts need root")
@pytest.mark.skipif(bool(missing()), reason=f"not installed, see tests/programs.sh: {', '.join(missing())}")
@pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
def test_k9_p22_a_server_a_network_and_the_primary_are_lost_and_nothing_that_was_answered(config, database) -> None:
    folder = Path(tempfile.mkdtemp(prefix="topology-"))  # not below pytest's: that is closed to other accounts
    folder.chmod(0o755)
    try:
        dump(config, database, folder / "dump")
        outcome = trial(folder, folder / "dump")
    finally:
        shutil.rmtree(folder, ignore_errors=True)

    assert list(outcome.findings()) == []
    assert list(outcome.gaps_s) == ["a server", "the network of the primary", "the primary"]
    assert len(outcome.saved) >= 120
