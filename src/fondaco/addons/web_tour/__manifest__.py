{
    "name": "Tours",
    "version": "1.0",
    "category": "Hidden",
    "summary": "Guided tours as records, and who has taken which",
    "depends": ["web"],
    "data": ["security/ir.model.access.csv", "views/web_tour_views.xml"],
    "auto_install": True,
    "author": "Fondaco",
    "license": "LGPL-3",
}
