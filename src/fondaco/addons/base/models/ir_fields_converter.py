"""How text in an imported file becomes values: the door to fondaco.data."""

from __future__ import annotations

from fondaco.addon import api, models


class IrFieldsConverter(models.AbstractModel):
    _name = "ir.fields.converter"
    _description = "Fields Converter"
