"""The field type as addons import it: `from odoo.addons.base_sparse_field.models.fields import Serialized`."""

from fondaco.orm.fields import Serialized

__all__ = ["Serialized"]
