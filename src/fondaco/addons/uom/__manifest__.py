{
    "name": "Units of measure",
    "version": "1.0",
    "category": "Sales/Sales",
    "summary": "Count, weigh and measure in the units you work with",
    "depends": ["base"],
    "data": [
        "data/uom_data.xml",
        "security/security.xml",
        "security/ir.model.access.csv",
        "views/uom_uom_views.xml",
    ],
    "author": "Fondaco",
    "license": "LGPL-3",
}
