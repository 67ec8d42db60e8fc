{
    "name": "General Settings",
    "version": "1.0",
    "category": "Hidden",
    "summary": "Settings of users, companies and documents in one page",
    "depends": ["base", "web"],
    "data": ["data/ir_config_parameter.xml", "views/res_config_settings_views.xml", "views/res_partner_views.xml"],
    "auto_install": True,
    "author": "Fondaco",
    "license": "LGPL-3",
}
