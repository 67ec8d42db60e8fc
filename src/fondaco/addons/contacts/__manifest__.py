{
    "name": "Contacts",
    "version": "1.0",
    "category": "Sales/CRM",
    "sequence": 150,
    "summary": "People and companies in one address book",
    "depends": ["base", "web"],
    "data": ["views/contact_views.xml", "views/contact_sheet_templates.xml"],
    "demo": ["demo/contacts_demo.xml"],
    "application": True,
    "author": "Fondaco",
    "license": "LGPL-3",
}
