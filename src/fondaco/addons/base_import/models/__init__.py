"""Models of an import."""

from . import base, base_import, base_import_mapping, import_job
