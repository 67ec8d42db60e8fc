"""Which units are there?"""

from . import uom_uom
