{
    "name": "Harbour",
    "summary": "Example: a widget, a kind of view, an item in the bar and a changed template",
    "version": "1.0",
    "category": "Examples",
    "depends": ["web"],
    "application": True,
    "license": "LGPL-3",
    "data": ["security/ir.model.access.csv", "views/boat_views.xml"],
    "assets": {
        # a bundle of our own, that others may include as well
        "harbour.client": [
            "harbour/static/src/**/*.js",
            "harbour/static/src/**/*.xml",
            "harbour/static/src/**/*.css",
            # what is only for trying things out does not go along
            ("remove", "harbour/static/src/**/*_trial.js"),
        ],
        "web.assets_backend": [
            # before all other styles, so that ours may build on its colours, and others change them
            ("prepend", "harbour/static/src/colours.css"),
            ("include", "harbour.client"),
        ],
    },
}
