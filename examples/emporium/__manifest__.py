{
    "name": "Emporium",
    "summary": "Example: what the scripts of examples/exchange write to and read, where Fondaco has no application",
    "version": "1.0",
    "category": "Examples",
    "depends": ["contacts", "product"],
    "application": True,
    "license": "LGPL-3",
    "data": ["security/ir.model.access.csv", "security/rules.xml", "views/emporium_views.xml"],
}
