"""What `fondaco` and `python -m fondaco` run: the command line, whose code is loaded in one go."""

import gc
import sys

from fondaco.values.deferred import Deferred

commands = Deferred("fondaco.cli.main")


def main() -> int:
    """The exit code of the command line, which has garbage looked for once it has loaded its command."""
    # Looking through all that is being loaded at every 700th object, as Python does, is a fifth of a start.
    gc.disable()
    return int(commands.main())


if __name__ == "__main__":
    sys.exit(main())
