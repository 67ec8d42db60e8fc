"""What a person types: commands, flags, answers on stdout, progress on stderr, exit codes."""

import sys

if sys.platform == "win32":
    raise SystemExit(
        "Fondaco runs on Linux: its servers fork and pass connections between processes. On Windows use WSL 2 "
        "(`wsl --install`) or a container, and start Fondaco there"
    )
