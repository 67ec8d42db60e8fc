"""What `python -m fondaco` runs."""

import sys

from fondaco.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
