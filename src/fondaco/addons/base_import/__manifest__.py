{
    "name": "Import",
    "version": "2.0",
    "category": "Hidden/Tools",
    "summary": "Import records from CSV and XLSX files",
    "depends": ["web"],
    "data": ["security/ir.model.access.csv"],
    "author": "Fondaco",
    "license": "LGPL-3",
}
