"""Public addons install unmodified and pass their own tests: every one whose modules are there."""

from __future__ import annotations

import pytest

from tests.compat.development_set import Addon, addons
from tests.compat.measure import measure
from tests.fix_server import Fondaco

READY = [addon for addon in addons() if not addon.waits_for]


@pytest.mark.slow
@pytest.mark.parametrize("addon", [pytest.param(addon, id=addon.name) for addon in READY if addon.tier == 1])
def test_an_addon_passes_its_own_tests(addon: Addon, fondaco: Fondaco) -> None:
    outcome = measure(addon, environ=fondaco.environ)

    assert outcome.problems == []
    assert outcome.passed >= addon.tests


def test_no_addon_of_the_first_tier_waits() -> None:
    assert [addon.name for addon in addons([1]) if addon.waits_for] == []
