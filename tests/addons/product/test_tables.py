"""What the data files of a module leave behind, as a database administrator sees it: rows of tables, in SQL."""

from __future__ import annotations

import pytest

from fondaco.sql.fragment import SQL


@pytest.fixture
def rows(database_with, registries):
    with registries.pools.cursor(database_with("product", "contacts")) as cr:
        yield lambda statement, *values: cr.fetch(SQL(statement, *values))


def test_m3_models_fields_and_views_are_rows(rows):
    assert rows("SELECT name->>'en_US', state FROM ir_model WHERE model = %s", "product.template") == [
        ("Product", "base")
    ]
    fields = dict(
        rows(
            "SELECT name, ttype FROM ir_model_fields WHERE model = %s AND store AND name LIKE 'list%%'",
            "product.template",
        )
    )
    views = rows(
        """
        SELECT v.model, v.type, v.arch_fs
          FROM ir_ui_view v
          JOIN ir_model_data d ON d.model = 'ir.ui.view' AND d.res_id = v.id
         WHERE d.module = 'product' AND d.name = %s
        """,
        "product_template_only_form_view",
    )

    assert fields == {"list_price": "float"}
    assert [(model, kind) for model, kind, _file in views] == [("product.template", "form")]
    assert views[0][2].startswith("product/views/")


def test_m3_data_files_fill_states_categories_and_rights(rows):
    states = rows(
        """
        SELECT s.code
          FROM res_country_state s
          JOIN res_country c ON c.id = s.country_id
         WHERE c.code = 'IT' AND s.name = 'Venezia'
        """
    )
    categories = rows("SELECT name FROM product_category ORDER BY id")
    rights = rows(
        """
        SELECT a.perm_read, a.perm_write, a.perm_create, a.perm_unlink
          FROM ir_model_access a
          JOIN ir_model_data d ON d.model = 'ir.model.access' AND d.res_id = a.id
         WHERE d.module = 'product' AND d.name = %s
        """,
        "access_product_template_user",
    )

    assert states == [("VE",)]
    assert ("All",) in categories and len(categories) == 3
    assert rights == [(True, False, False, False)]
