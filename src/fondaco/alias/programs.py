"""What programs of their own (`fondaco run`) ask of the command line and the server around databases."""

from __future__ import annotations

import logging

from fondaco import SERIES, VERSION
from fondaco.alias.process import config

_logger = logging.getLogger("odoo")


def report_configuration() -> None:
    """Log what the settings of the process are and where they come from; no secret."""
    _logger.info("Fondaco %s, speaks Odoo %s", VERSION, SERIES)
    if config.rcfile:
        _logger.info("configuration file: %s", config.rcfile)
    _logger.info("addons path: %s", config["addons_path"])
    _logger.info(
        "PostgreSQL: host=%s port=%s user=%s", *(config[f"db_{name}"] or "default" for name in ("host", "port", "user"))
    )
