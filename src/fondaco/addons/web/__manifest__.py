{
    "name": "Web",
    "summary": "The client in the browser, and the routes it calls",
    "category": "Hidden",
    "version": "1.0",
    "depends": ["base"],
    "auto_install": True,
    "bootstrap": True,
    "license": "LGPL-3",
    "data": [
        "security/ir.model.access.csv",
        "views/base_document_layout_views.xml",
        "views/page_templates.xml",
        "views/report_templates.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "web/static/lib/owl/owl.js",
            "web/static/src/styles/tokens.css",
            "web/static/src/styles/base.css",
            "web/static/src/styles/panels.css",
            "web/static/src/styles/webclient.css",
            "web/static/src/styles/views.css",
            "web/static/src/styles/records.css",
            "web/static/src/styles/form.css",
            "web/static/src/styles/fields.css",
            "web/static/src/styles/analysis.css",
            "web/static/src/styles/calendar.css",
            "web/static/src/styles/settings.css",
            "web/static/src/**/*.js",
        ],
        # documents: on paper, and as a page
        "web.report_assets_common": ["web/static/src/report/report.css"],
        # pages outside the client: log-in, database choice, what visitors see
        "web.assets_frontend": [
            "web/static/src/styles/tokens.css",
            "web/static/src/styles/base.css",
            "web/static/src/styles/panels.css",
            "web/static/src/styles/webclient.css",
            "web/static/src/styles/databases.css",
            "web/static/src/styles/visitors.css",
        ],
    },
}
