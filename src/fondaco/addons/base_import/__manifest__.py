{
    "name": "Import",
    "version": "2.1",
    "category": "Hidden/Tools",
    "summary": "Import records from CSV, XLSX and ODS files",
    "depends": ["web", "bus"],
    "data": ["security/ir.model.access.csv", "security/rules.xml", "data/channel.xml"],
    "assets": {"web.assets_backend": ["base_import/static/src/**/*.js", "base_import/static/src/**/*.css"]},
    "auto_install": True,
    "author": "Fondaco",
    "license": "LGPL-3",
}
