{
    "name": "Live bus",
    "version": "1.0",
    "category": "Hidden",
    "summary": "News reach who is connected, without asking",
    "depends": ["base", "web"],
    "data": ["security/ir.model.access.csv"],
    "assets": {"web.assets_backend": ["bus/static/src/**/*.js", "bus/static/src/**/*.css"]},
    "auto_install": True,
    "author": "Fondaco",
    "license": "LGPL-3",
}
