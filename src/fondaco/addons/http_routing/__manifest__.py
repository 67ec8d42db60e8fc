{
    "name": "Addresses of Pages",
    "version": "1.0",
    "category": "Hidden",
    "summary": "Pages for visitors: readable addresses, a language in the address, error pages",
    "depends": ["web"],
    "data": ["views/http_routing_templates.xml", "views/res_lang_views.xml"],
    "author": "Fondaco",
    "license": "LGPL-3",
}
