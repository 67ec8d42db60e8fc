"""Files of people become records: CSV and XLSX read, columns matched, rows tried and imported."""

from . import controllers, models
