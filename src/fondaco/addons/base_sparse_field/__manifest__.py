{
    "name": "Sparse Fields",
    "version": "1.0",
    "category": "Hidden",
    "summary": "Fields that share one column",
    "depends": ["base"],
    "data": ["views/ir_model_fields_views.xml"],
    "author": "Fondaco",
    "license": "LGPL-3",
}
