"""What may a model declare as a field? A family of types a file; relations get a file each.

Reading order: base, setup, description, then the families (numeric, textual, temporal, selection, binary, structured,
relational, many2one, one2many, many2many, properties, sparse).
"""

from fondaco.orm.commands import Command
from fondaco.orm.fields.base import Field
from fondaco.orm.fields.binary import Binary, Image
from fondaco.orm.fields.many2many import Many2many
from fondaco.orm.fields.many2one import Many2one, Many2oneReference, Reference
from fondaco.orm.fields.numeric import Boolean, Float, Id, Integer, Monetary
from fondaco.orm.fields.one2many import One2many
from fondaco.orm.fields.properties import Properties, PropertiesDefinition
from fondaco.orm.fields.selection import Selection
from fondaco.orm.fields.sparse import Serialized
from fondaco.orm.fields.structured import Json
from fondaco.orm.fields.temporal import Date, Datetime
from fondaco.orm.fields.textual import Char, Html, Text
from fondaco.orm.identity import NewId

__all__ = [
    "Binary", "Boolean", "Char", "Command", "Date", "Datetime", "Field", "Float", "Html", "Id", "Image", "Integer",
    "Json", "Many2many", "Many2one", "Many2oneReference", "Monetary", "NewId", "One2many", "Properties",
    "PropertiesDefinition", "Reference", "Selection", "Serialized", "Text",
]  # fmt: skip
