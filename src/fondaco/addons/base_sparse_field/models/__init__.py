"""The field type that addons import, and the rows that describe sparse fields."""

from . import fields, ir_model_fields
