{
    "name": "Password policy",
    "version": "1.0",
    "category": "Hidden",
    "summary": "Length, kinds of characters, no reuse and an end of passwords",
    "depends": ["base_setup", "web"],
    "data": [
        "data/ir_config_parameter.xml",
        "views/change_password_views.xml",
        "views/res_config_settings_views.xml",
    ],
    "author": "Fondaco",
    "license": "LGPL-3",
}
