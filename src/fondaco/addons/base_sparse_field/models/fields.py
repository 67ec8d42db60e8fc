"""The field type as addons import it: `from odoo.addons.base_sparse_field.models.fields import Serialized`."""

from fondaco.addon import fields

Serialized = fields.Serialized
