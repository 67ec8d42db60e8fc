"""`make compat`: installs the addons of the development set and runs their tests.

make compat                                    # every addon whose modules are there
make compat ARGS="--tier 1 --json"
make compat ARGS="vault partner_tz"
make compat ARGS=--write                       # the table in docs/compatibility.md as well
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from fondaco.config import Config
from fondaco.engine import opened
from tests.compat import report
from tests.compat.development_set import ROOT, addons
from tests.compat.measure import measure

PAGE = ROOT / "docs" / "compatibility.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make compat", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="ADDON", help="only these")
    parser.add_argument("--tier", type=int, action="append", choices=(1, 2, 3), help="only this tier; may be repeated")
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    parser.add_argument("--write", action="store_true", help=f"write the table of {PAGE.relative_to(ROOT)}")
    parser.add_argument("--processes", type=int, default=2, help="addons that are tested at the same time")
    parser.add_argument("--data-dir", help="where databases and templates are kept; nothing: they go with the run")
    arguments = parser.parse_args()
    chosen = addons(arguments.tier or (1, 2, 3), arguments.names)
    with tempfile.TemporaryDirectory(prefix="fondaco-compat-") as temporary:
        config = Config.default().replace(data_dir=arguments.data_dir or temporary)
        with opened(config, always_own=True), ThreadPoolExecutor(arguments.processes) as threads:
            options = [f"--data-dir={config['data_dir']}"]
            outcomes = []
            for outcome in threads.map(lambda addon: measure(addon, options), chosen):
                outcomes.append(outcome)
                if not arguments.json:
                    print("\n".join(report.lines(outcome)), flush=True)
    if arguments.json:
        print(json.dumps({**report.summary(outcomes), "addons": [outcome.as_json() for outcome in outcomes]}))
    else:
        print(report.sentence(outcomes))
    if arguments.write:
        report.write(PAGE, outcomes)
    return 0 if all(outcome.is_clean or outcome.waits_for for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
