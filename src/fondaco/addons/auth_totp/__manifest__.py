{
    "name": "Two-factor authentication",
    "version": "1.0",
    "category": "Hidden",
    "summary": "A code of one's phone besides the password, for whoever wants it or has to",
    "depends": ["base", "web"],
    "data": [
        "security/ir.model.access.csv",
        "security/rules.xml",
        "data/ir_actions.xml",
        "views/auth_totp_views.xml",
        "views/res_users_views.xml",
        "views/res_groups_views.xml",
        "views/res_config_settings_views.xml",
    ],
    "auto_install": ["web"],
    "author": "Fondaco",
    "license": "LGPL-3",
}
