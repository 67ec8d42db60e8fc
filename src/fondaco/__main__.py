"""What `fondaco` and `python -m fondaco` run: the command line, whose code is loaded in one go."""

import gc
import sys

from fondaco.values.deferred import Deferred

commands = Deferred("fondaco.cli.main")
YOUNG_OBJECTS = 50_000
"""So many new objects are there before Python looks for rings of garbage among them: a request makes some thousand."""


def main() -> int:
    """The exit code of the command line."""
    # All that is loaded stays: looking through it at every 700th object, as Python does, is a fifth of a start.
    gc.disable()
    run = commands.main
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    gc.enable()
    return int(run())


if __name__ == "__main__":
    sys.exit(main())
