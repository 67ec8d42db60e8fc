"""The rows of `odoo.tests`: cases, forms, tags. How to read a row: see the package."""

from __future__ import annotations

from typing import Any

from fondaco.alias.names.target import Target

_SHIMS = "fondaco.alias.shims"
_PROCESS = "fondaco.alias.process"

ROWS: dict[str, dict[str, Any]] = {
    "odoo.tests": {"*": ["odoo.tests.common", "odoo.tests.form"]},
    "odoo.tests.common": {
        "fondaco.testing.cases": """
            BaseCase TransactionCase SingleTransactionCase SavepointCase MetaCase BlockedRequest HOST
        """,
        "fondaco.testing.asserts": "Approx Like RecordCapturer",
        "fondaco.testing.ground": "get_db_name",
        "fondaco.testing.words": """
            can_import freeze_time loaded_demo_data new_test_user no_retry save_test_file standalone users warmup
        """,
        "fondaco.testing.tags": "tagged",
        "fondaco.testing.browser": """
            DEFAULT_SUCCESS_SIGNAL HttpCase JsonRpcException Opener Transport ChromeBrowser ChromeBrowserException
        """,
        "fondaco.testing.form": "Form M2MProxy O2MForm O2MProxy",
        "fondaco.orm.commands": "Command",
        "fondaco.errors": "AccessError",
        "fondaco.sql.cursor": "BaseCursor Cursor",
        "fondaco.sql.fragment": "SQL",
        "fondaco.alias.registrywords": "Registry",
        "fondaco.values.collections": "DotDict",
        "fondaco.values.floats": "float_compare",
        "fondaco.values.loggers": "lower_logging",
        _SHIMS: "find_in_path mute_logger",
        # Later 18.0 servers have the last one: whose assignments on classes a test may leave. We look at none.
        "=": {"config": Target(_PROCESS, "config"), "ADMIN_USER_ID": 1, "SETATTR_SOURCES": {}},
        "odoo": "api= tools=",
    },
    "odoo.tests.case": {"fondaco.testing.cases": "TestCase=BaseCase"},
    "odoo.tests.form": {
        "fondaco.testing.form": "Form M2MProxy O2MForm O2MProxy X2MProxy",
        "fondaco.testing.formview": "Dotter get_static_context=static_context",
        "fondaco.orm.commands": "Command",
    },
    "odoo.tests.loader": {"fondaco.testing.discover": "get_test_modules make_suite"},
    "odoo.tests.tag_selector": {"fondaco.testing.tags": "TagsSelector"},
    # What tests of addons import from a module that they do not need: served where the addons path has none.
    "odoo.addons.website": {},
    "odoo.addons.website.tools": {"fondaco.testing.mockrequest": "MockRequest"},
}
