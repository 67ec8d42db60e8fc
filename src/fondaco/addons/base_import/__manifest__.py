{
    "name": "Import",
    "version": "2.0",
    "category": "Hidden/Tools",
    "summary": "Import records from CSV and XLSX files",
    "depends": ["web"],
    "data": ["security/ir.model.access.csv"],
    "assets": {"web.assets_backend": ["base_import/static/src/**/*.js", "base_import/static/src/**/*.css"]},
    "auto_install": True,
    "author": "Fondaco",
    "license": "LGPL-3",
}
