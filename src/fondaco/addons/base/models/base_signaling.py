"""The table by which processes tell each other what changed has a model, so that nobody takes it for a left-over."""

from __future__ import annotations

from fondaco.addon import models


class Signaling(models.AbstractModel):
    _name = "base.signaling"
    _description = "Signals between Processes"
    _table = "base_signaling"
    _auto = False
