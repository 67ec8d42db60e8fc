"""One table: every `odoo.*` name we serve, and the object of ours it stands for. No other file knows both vocabularies.

A row is `"odoo module": {"our.module": "name name theirs=ours module:"}`: a name alone is the same on both sides,
`theirs=ours` differs (`ours` may be dotted), `theirs=` is our module itself. `"*"` repeats the rows of other modules
of the alias. A key of a row may also be a plain value, under `"="`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """Where an object lies: a module of ours and a dotted attribute in it ('' for the module)."""

    module: str
    attribute: str

    def __str__(self) -> str:
        return f"{self.module}:{self.attribute}"


_SHIMS = "fondaco.alias.shims"
_PROCESS = "fondaco.alias.process"

_EXPRESSION = """
    AND OR normalize_domain is_leaf is_operator is_boolean normalize_leaf check_leaf combine distribute_not
    domain_combine_anies is_false prettify_domain TRUE_DOMAIN FALSE_DOMAIN check_property_field_value_name
"""
_TREE = """
    AND_OPERATOR OR_OPERATOR NOT_OPERATOR DOMAIN_OPERATORS TERM_OPERATORS NEGATIVE_TERM_OPERATORS WILDCARD_OPERATORS
    TRUE_LEAF FALSE_LEAF
"""
_ORM_ERRORS = "AccessError MissingError UserError ValidationError"

_ROWS: dict[str, dict[str, Any]] = {
    "odoo": {
        "=": {"SUPERUSER_ID": 1, "MIN_PY_VERSION": (3, 10), "MAX_PY_VERSION": (3, 13), "evented": False},
        "fondaco.orm.commands": "Command",
        "fondaco.i18n.catalog": "_ _lt",
        _PROCESS: "registry",
    },
    "odoo.exceptions": {
        "fondaco.errors": """
            AccessDenied AccessError CacheMiss LockError MissingError RedirectWarning UserError ValidationError
        """,
        "=": {"Warning": Target("fondaco.errors", "UserError"), "except_orm": Target("fondaco.errors", "UserError")},
    },
    "odoo.models": {
        "fondaco.orm.model": "AbstractModel BaseModel Model TransientModel",
        "fondaco.orm.definition": "MetaModel=Definition is_definition_class=is_definition",
        "fondaco.orm.identity": "NewId origin_ids",
        "fondaco.orm.recordset": "RecordCache",
        "fondaco.orm.commands": "Command",
        "fondaco.orm.fields": "Datetime Field",
        "fondaco.orm.constraints": "unquote",
        "fondaco.rpc.call": "check_method_name",
        "fondaco.errors": _ORM_ERRORS,
        "fondaco.sql.fragment": "SQL",
        "fondaco.sql.query": "Query",
        "fondaco.values.collections": """
            LRU LastOrderedSet OrderedSet ReversedIterable frozendict partition split_every unique
        """,
        "fondaco.values.functions": "clean_context discardattr itemgetter_tuple lazy_classproperty",
        "fondaco.values.dates": "DEFAULT_SERVER_DATE_FORMAT DEFAULT_SERVER_DATETIME_FORMAT",
        "fondaco.i18n.catalog": "LazyTranslate _ _lt",
        "fondaco.i18n.formats": "format_list get_lang",
        "fondaco.registry.ormcache": "ormcache",
        "fondaco.alias.modelwords": """
            GC_UNLINK_LIMIT INSERT_BATCH_SIZE LOG_ACCESS_COLUMNS MAGIC_COLUMNS PREFETCH_MAX UPDATE_BATCH_SIZE
            AUTOINIT_RECALCULATE_STORED_FIELDS READ_GROUP_TIME_GRANULARITY READ_GROUP_AGGREGATE
            READ_GROUP_DISPLAY_FORMAT READ_GROUP_NUMBER_GRANULARITY READ_GROUP_ALL_TIME_GRANULARITY
            check_companies_domain_parent_of check_company_domain_parent_of check_object_name check_pg_name expand_ids
            fix_import_export_id_paths parse_read_group_spec raise_on_invalid_object_name regex_object_name
            regex_order regex_private to_company_ids is_registry_class check_property_field_value_name
        """,
        "=": {"SUPERUSER_ID": 1, "config": Target(_PROCESS, "config")},
        "odoo": "api= fields= tools=",
    },
    "odoo.fields": {
        "fondaco.orm.fields": """
            Binary Boolean Char Command Date Datetime Field Float Html Id Image Integer Json Many2many Many2one
            Many2oneReference Monetary NewId One2many Properties PropertiesDefinition Reference Selection Text
        """,
        "fondaco.orm.fields.relational": "_Relational=Relational",
        "fondaco.orm.fields.x2many": "_RelationalMulti=X2many",
        "fondaco.orm.fields.textual": "_String",
        "fondaco.alias.modelwords": "first NO_ACCESS resolve_mro",
        "fondaco.values.dates": """
            DATE_FORMAT=DEFAULT_SERVER_DATE_FORMAT DATETIME_FORMAT=DEFAULT_SERVER_DATETIME_FORMAT
            DATE_LENGTH DATETIME_LENGTH
        """,
        "=": {"SUPERUSER_ID": 1},
    },
    "odoo.api": {
        "fondaco.orm.decorators": """
            autovacuum constrains depends depends_context model model_create_multi model_create_single noguess onchange
            ondelete private propagate readonly returns
        """,
        "fondaco.orm.environment": "Environment Transaction",
        "fondaco.orm.cache": "Cache",
        "fondaco.orm.identity": "NewId",
        "fondaco.orm.definition": "Meta=Definition",
        "fondaco.rpc.call": "call_kw",
        "fondaco.errors": "AccessError CacheMiss UserError",
        "fondaco.sql.fragment": "SQL",
        "fondaco.sql.query": "Query",
        "fondaco.sql.cursor": "BaseCursor",
        "fondaco.alias.registrywords": "Registry",
        "fondaco.values.collections": "OrderedSet StackMap frozendict",
        "fondaco.values.functions": "attrsetter clean_context lazy_property",
        "fondaco.i18n.catalog": "LazyGettext get_translated_module get_translation",
        "=": {"SUPERUSER_ID": 1},
    },
    "odoo.http": {
        "fondaco.http.api": """
            CORS_MAX_AGE CSRF_FREE_METHODS DEFAULT_LANG DEFAULT_MAX_CONTENT_LENGTH JSON_MIMETYPES SESSION_LIFETIME
            STATIC_CACHE STATIC_CACHE_LONG Controller Dispatcher FutureResponse HTTPRequest HttpDispatcher
            JsonRPCDispatcher Request Response Session SessionExpiredException FilesystemSessionStore=SessionStore
            Stream content_disposition db_filter db_list get_default_session is_cors_preflight json_default request root
            route serialize_exception
        """,
        "fondaco.alias.services": "dispatch_rpc",
        "fondaco.http.dispatch": "_dispatchers=DISPATCHERS",
        "fondaco.alias.weburls": "URL url_encode url_parse url_quote GeoIP",
        "fondaco.http.application": "Application",
        "fondaco.http.current": "_request_stack=requests",
        "werkzeug.user_agent": "UserAgent",
        "fondaco.errors": "AccessDenied AccessError RegistryError UserError",
        "fondaco.alias.registrywords": "Registry",
        "fondaco.values.functions": "filter_kwargs lazy_property",
        "fondaco.values.collections": "submap unique",
        "fondaco.values.texts": "exception_to_unicode parse_version",
        "fondaco.i18n.formats": "get_lang",
        _SHIMS: "file_path get_manifest",
        "=": {"config": Target(_PROCESS, "config")},
    },
    "odoo.osv": {},
    "odoo.osv.expression": {
        "fondaco.orm.conditions": "SQL_OPERATORS=OPERATOR_SQL",
        "fondaco.domain.polish": _EXPRESSION,
        "fondaco.domain.tree": _TREE,
        "fondaco.sql.fragment": "SQL",
        "fondaco.sql.query": "Query",
        "fondaco.i18n.formats": "get_lang",
        _SHIMS: "expression",
        "fondaco.alias.sql_tools": "pattern_to_translated_trigram_pattern value_to_translated_trigram_pattern",
    },
    "odoo.sql_db": {
        "fondaco.sql.cursor": "BaseCursor Cursor Savepoint",
        "fondaco.values.collections": "Callbacks",
        "fondaco.values.functions": "frame_codeinfo",
        "fondaco.sql.fragment": "SQL",
        "fondaco.sql.connection": "ConnectionPool=Pools",
        _SHIMS: "Connection close_all close_db db_connect",
        "=": {"ISOLATION_LEVEL_REPEATABLE_READ": 2, "MAX_IDLE_TIMEOUT": 600},
        "fondaco.sql.nested": "TestCursor=NestedCursor",
    },
    "odoo.release": {
        "=": {
            "version": "18.0", "version_info": (18, 0, 0, "final", 0, ""), "series": "18.0", "serie": "18.0",
            "major_version": "18.0", "product_name": "Fondaco", "description": "Fondaco server", "ALPHA": "alpha",
            "BETA": "beta", "RELEASE_CANDIDATE": "candidate", "FINAL": "final", "RELEASE_LEVELS_DISPLAY": {},
            "long_desc": "A business application server that loads addons made for Odoo 18", "author": "Fondaco",
            "url": "", "license": "LGPL-3", "nt_service_name": "fondaco-server-18.0", "MIN_PY_VERSION": (3, 10),
            "MAX_PY_VERSION": (3, 13), "MIN_PG_VERSION": 12,
        },
    },
    "odoo.loglevels": {
        "fondaco.values.texts": "exception_to_unicode get_encodings ustr",
        "=": {
            "LOG_NOTSET": "notset", "LOG_DEBUG": "debug", "LOG_INFO": "info", "LOG_WARNING": "warn",
            "LOG_ERROR": "error", "LOG_CRITICAL": "critical",
        },
    },
    "odoo.netsvc": {"fondaco.log": "init_logger=set_up DBFormatter=TextFormatter ColoredFormatter=TextFormatter"},
    "odoo.modules": {
        _SHIMS: """
            get_manifest get_module_path get_module_resource get_modules get_resource_from_path load_openerp_module
            get_resource_path=get_module_resource
        """,
        "fondaco.modules.manifest": "adapt_version check_manifest_dependencies=check_dependencies",
    },
    "odoo.modules.module": {
        "*": ["odoo.modules"],
        _SHIMS: "file_path load_manifest=get_manifest module_manifest get_module_icon get_module_root",
        "=": {"MANIFEST_NAMES": ("__manifest__.py", "__openerp__.py"), "current_test": False},
        "odoo": "tools= release=",
    },
    "odoo.modules.registry": {
        "fondaco.alias.registrywords": "Registry",
        "fondaco.values.collections": "LRU OrderedSet",
        "=": {"SIGNALING": 0},
    },
    "odoo.modules.db": {"fondaco.alias.services": "has_unaccent has_trigram is_initialized create_categories"},
    "odoo.modules.graph": {},
    "odoo.modules.loading": {},
    "odoo.modules.migration": {"fondaco.values.texts": "parse_version", _SHIMS: "file_path"},
    "odoo.modules.neutralize": {
        "fondaco.alias.services": "get_installed_modules get_neutralization_queries neutralize_database",
    },
    "odoo.service": {},
    "odoo.service.model": {
        "fondaco.rpc.call": "check_method_name call_kw",
        "fondaco.alias.services": """
            MAX_TRIES_ON_CONCURRENCY_FAILURE PG_CONCURRENCY_ERRORS_TO_RETRY PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
            dispatch execute execute_cr execute_kw get_public_method retrying
        """,
        "fondaco.errors": "UserError ValidationError",
        "fondaco.alias.registrywords": "Registry",
        "fondaco.values.collections": "DotDict",
        "fondaco.values.functions": "lazy",
    },
    "odoo.service.db": {
        "fondaco.errors": "AccessDenied DatabaseExists",
        "fondaco.sql.fragment": "SQL",
        "fondaco.alias.services": """
            check_super dispatch=dispatch_db exp_change_admin_password exp_create_database exp_db_exist exp_drop
            exp_dump exp_duplicate_database exp_list exp_list_countries exp_list_lang exp_migrate_databases exp_rename
            exp_restore exp_server_version dump_db dump_db_manifest list_dbs restore_db
        """,
        _SHIMS: "db_connect exec_pg_environ find_pg_tool",
        "=": {"SUPERUSER_ID": 1},
    },
    "odoo.service.common": {
        "fondaco.alias.services": "dispatch=dispatch_common exp_about exp_authenticate exp_login exp_version",
        "fondaco.errors": "AccessDenied",
        "fondaco.i18n.catalog": "_",
        "fondaco.alias.registrywords": "Registry",
    },
    "odoo.service.security": {"fondaco.alias.services": "check check_session compute_session_token"},
    "odoo.service.server": {"=": {"server": None}, "fondaco.alias.services": "restart"},
    "odoo.conf": {"=": {"addons_paths": [], "server_wide_modules": ["base", "web"]}},
    "odoo.cli": {"fondaco.cli.main": "main", "fondaco.alias.services": "Command=CliCommand"},
    "odoo.cli.command": {"fondaco.alias.services": "Command=CliCommand"},
    "odoo.tests": {"*": ["odoo.tests.common", "odoo.tests.form"]},
    "odoo.tests.common": {
        "fondaco.testing.cases": """
            BaseCase TransactionCase SingleTransactionCase SavepointCase MetaCase BlockedRequest HOST
        """,
        "fondaco.testing.asserts": "Approx Like RecordCapturer",
        "fondaco.testing.ground": "get_db_name",
        "fondaco.testing.words": """
            can_import freeze_time loaded_demo_data new_test_user no_retry standalone users warmup
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
        "=": {"config": Target(_PROCESS, "config"), "ADMIN_USER_ID": 1},
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
    "odoo.upgrade": {},
    # What tests of addons import from a module that they do not need: served where the addons path has none.
    "odoo.addons.website": {},
    "odoo.addons.website.tools": {"fondaco.testing.mockrequest": "MockRequest"},
}  # fmt: skip

_TOOLS: dict[str, dict[str, Any]] = {
    "odoo.tools": {
        "*": [
            "odoo.tools.misc", "odoo.tools.float_utils", "odoo.tools.func", "odoo.tools.mail", "odoo.tools.sql",
            "odoo.tools.image", "odoo.tools.i18n", "odoo.tools.translate", "odoo.tools.xml_utils", "odoo.tools.convert",
            "odoo.tools.date_utils", "odoo.tools.barcode", "odoo.tools.parse_version",
        ],
        "fondaco.registry.ormcache": "ormcache ormcache_context",
        "fondaco.sql.query": "Query",
        "fondaco.sql.fragment": "SQL",
        "fondaco.values.jsontext": "json_default",
        "fondaco.alias.jsonwords": "scriptsafe",
        "fondaco.values.mimetypes": "guess_mimetype",
        "=": {"config": Target(_PROCESS, "config")},
    },
        "odoo.tools.barcode": {"fondaco.values.barcodes": "check_barcode_encoding get_barcode_check_digit"},
    "odoo.tools.cache": {"fondaco.registry.ormcache": "ormcache ormcache_context cache=ormcache"},
    "odoo.tools.config": {_PROCESS: "config configmanager=ConfigView"},
    "odoo.tools.constants": {
        "=": {
            "SCRIPT_EXTENSIONS": ("js",), "STYLE_EXTENSIONS": ("css", "scss", "sass", "less"),
            "TEMPLATE_EXTENSIONS": ("xml",), "ASSET_EXTENSIONS": ("js", "css", "scss", "sass", "less", "xml"),
            "PREFETCH_MAX": 1000, "GC_UNLINK_LIMIT": 100_000,
        },
    },
    "odoo.tools.convert": {
        _SHIMS: """
            convert_csv_import convert_file convert_sql_import convert_xml_import nodeattr2bool safe_eval=relaxed_eval
        """,
        "fondaco.errors": "ParseError=DataError",
        "fondaco.alias.services": "xml_import",
        "fondaco.i18n.terms": "SKIPPED_ELEMENT_TYPES",
        "fondaco.values.texts": "str2bool",
    },
    "odoo.tools.date_utils": {
        "fondaco.values.dates": """
            add date_range date_type end_of get_fiscal_year get_month get_quarter get_quarter_number get_timedelta
            start_of subtract weeknumber
        """,
    },
    "odoo.tools.float_utils": {
        "fondaco.values.floats": """
            float_compare float_invert float_is_zero float_repr float_round float_split float_split_str json_float_round
            round=round_half_away
        """,
    },
    "odoo.tools.func": {
        "fondaco.values.functions": """
            classproperty conditional filter_kwargs frame_codeinfo lazy lazy_classproperty lazy_property synchronized
        """,
    },
    "odoo.tools.i18n": {"fondaco.i18n.formats": "format_list py_to_js_locale"},
    "odoo.tools.image": {
        "fondaco.values.images": """
            EXIF_TAG_ORIENTATION FILETYPE_BASE64_MAGICWORD IMAGE_MAX_RESOLUTION ImageProcess average_dominant_color
            get_lightness get_saturation get_webp_size hex_to_rgb image_data_uri image_fix_orientation
            image_guess_size_from_field_name is_image_size_above rgb_to_hex
        """,
        _SHIMS: "base64_to_image binary_to_image image_apply_opt image_process image_to_base64",
    },
    "odoo.tools.json": {
        "fondaco.alias.jsonwords": "JSON scriptsafe dumps loads",
        "fondaco.values.jsontext": "json_default",
    },
    "odoo.tools.lru": {"fondaco.values.collections": "LRU"},
    "odoo.tools.mail": {
        "fondaco.values.html": """
            HTML_TAG_URL_REGEX TEXT_URL_REGEX URL_REGEX URL_SKIP_PROTOCOL_REGEX append_content_to_html create_link
            html2plaintext html_keep_url html_normalize html_sanitize html_to_inner_content is_html_empty plaintext2html
            prepend_html_content url_domain_extract validate_url
        """,
        "fondaco.email.address": """
            decode_message_header email_anonymize email_domain_extract email_domain_normalize email_escape_char
            email_normalize email_normalize_all email_split email_split_and_format email_split_and_format_normalize
            email_split_tuples encapsulate_email formataddr parse_contact_from_email single_email_re
            mail_header_msgid_re unfold_references email_addr_escapes_re
        """,
        "fondaco.alias.mailwords": "generate_tracking_message_id tag_quote",
        "fondaco.values.sanitize": "safe_attrs=ALLOWED_ATTRIBUTES SANITIZE_TAGS=ALLOWED_TAGS",
    },
    "odoo.tools.mimetypes": {
        "fondaco.values.mimetypes": "fix_filename_extension get_extension guess_mimetype neuter_mimetype",
    },
    "odoo.tools.misc": {
        "fondaco.values.collections": """
            Callbacks Collector ConstantMapping DotDict LastOrderedSet OrderedSet ReadonlyDict Reverse ReversedIterable
            StackMap flatten freehash frozendict groupby has_list_types is_list_of merge_sequences partition
            reverse_enumerate split_every submap topological_sort unique
        """,
        "fondaco.values.functions": "SENTINEL Sentinel clean_context discardattr replace_exceptions",
        "fondaco.values.texts": """
            NON_BREAKING_SPACE exception_to_unicode format_decimalized_amount format_decimalized_number format_duration
            get_diff get_encodings get_flag human_size mod10r named_to_positional_printf remove_accents str2bool
            street_split unquote ustr
        """,
        "fondaco.values.dates": """
            DATE_LENGTH DEFAULT_SERVER_DATE_FORMAT DEFAULT_SERVER_DATETIME_FORMAT DEFAULT_SERVER_TIME_FORMAT
        """,
        "fondaco.values.html": "html_escape",
        "fondaco.values.loggers": "lower_logging",
        "fondaco.security.credentials": "consteq",
        "fondaco.security.signing": "hash_sign hmac verify_hash_signed",
        "fondaco.i18n.formats": """
            babel_locale_parse formatLang format_amount format_date format_datetime format_time get_iso_codes get_lang
            parse_date posix_to_ldml
        """,
        "fondaco.i18n.terms": "SKIPPED_ELEMENT_TYPES",
        _SHIMS: """
            dumpstacks exec_pg_environ file_open file_open_temporary_directory file_path find_in_path find_pg_tool
            mute_logger stripped_sys_argv
        """,
        "fondaco.alias.modelwords": "scan_languages DEFAULT_SERVER_DATETIME_FORMATS=SERVER_FORMATS",
        "=": {"config": Target(_PROCESS, "config")},
    },
    "odoo.tools.osutil": {
        "fondaco.values.texts": "clean_filename",
        _SHIMS: "is_running_as_nt_service zip_dir",
    },
    "odoo.tools.parse_version": {"fondaco.values.texts": "parse_version"},
    "odoo.tools.pdf": {
        "fondaco.alias.pdfwords": """
            BrandedFileWriter OdooPdfFileReader OdooPdfFileWriter PdfFileReader PdfFileWriter PdfReader
            merge_pdf rotate_pdf to_pdf_stream fill_form_fields_pdf reshape_text DEFAULT_PDF_DATETIME_FORMAT
        """,
    },
    "odoo.tools.profiler": {
        "fondaco.alias.profiling": """
            Collector ExecutionContext Nested PeriodicCollector Profiler QwebCollector QwebTracker SQLCollector
            SyncCollector force_hook get_current_frame make_session stack_size
        """,
    },
    "odoo.tools.pycompat": {_SHIMS: "csv_reader csv_writer to_text"},
    "odoo.tools.query": {"fondaco.sql.query": "Query"},
    "odoo.tools.rendering_tools": {
        "fondaco.qweb.inline": """
            convert_inline_template_to_qweb parse_inline_template relativedelta_proxy render_inline_template
        """,
    },
    "odoo.tools.safe_eval": {
        "fondaco.security.safe_eval": """
            assert_no_dunder_name assert_valid_codeobj check_values const_eval expr_eval safe_eval test_expr
            test_python_expr to_opcodes
        """,
        "fondaco.security.sandbox": """
            wrap_module datetime=MODULES.datetime dateutil=MODULES.dateutil json=MODULES.json pytz=MODULES.pytz
            time=MODULES.time
        """,
    },
    "odoo.tools.sql": {
        "fondaco.sql.fragment": "SQL",
        "fondaco.sql.query": "make_identifier",
        "fondaco.values.texts": "escape_psql reverse_order",
        "fondaco.alias.sql_tools": """
            TableKind add_constraint add_foreign_key check_index_exist column_exists constraint_definition
            convert_column convert_column_translatable create_column create_index create_model_table create_unique_index
            drop_constraint drop_depending_views drop_index drop_not_null drop_view_if_exists existing_tables
            fix_foreign_key get_depending_views get_foreign_keys increment_fields_skiplock index_exists make_index_name
            pattern_to_translated_trigram_pattern pg_varchar rename_column set_not_null table_columns table_exists
            table_kind value_to_translated_trigram_pattern
        """,
    },
    "odoo.tools.template_inheritance": {
        "fondaco.alias.viewwords": "apply_inheritance_specs locate_node remove_element add_stripped_items_before",
        "fondaco.i18n.terms": "SKIPPED_ELEMENT_TYPES",
    },
    "odoo.tools.translate": {
        "fondaco.i18n.catalog": """
            CodeTranslations LazyGettext LazyTranslate _ _lt code_translations get_po_paths=po_paths
            get_translated_module get_translation
        """,
        "fondaco.i18n.terms": """
            SKIPPED_ELEMENTS SKIPPED_ELEMENT_TYPES TRANSLATED_ATTRS=TRANSLATED_ATTRIBUTES
            TRANSLATED_ELEMENTS=INLINE_ELEMENTS get_text_content html_term_converter html_translate is_text parse_html
            parse_xml serialize_html serialize_xml translate_attrib_value translate_xml_node xml_term_adapter
            xml_term_converter xml_translate
        """,
        "fondaco.i18n.po": """
            PYTHON_TRANSLATION_COMMENT=PYTHON_COMMENT JAVASCRIPT_TRANSLATION_COMMENT=JAVASCRIPT_COMMENT
        """,
        _SHIMS: "get_text_alias",
        "fondaco.alias.translation": """
            TranslationImporter load_language trans_export trans_export_records trans_load trans_load_data
            translate_sql_constraint
        """,
    },
    "odoo.tools.view_validation": {
        "fondaco.alias.viewwords": """
            get_dict_asts get_domain_value_names get_expression_field_names relaxng schema_valid valid_view validate
        """,
    },
    "odoo.tools.which": {_SHIMS: "which"},
    "odoo.tools.xml_utils": {
        "fondaco.values.xmlnodes": """
            cleanup_xml_node create_xml_node create_xml_node_chain find_xml_value remove_control_characters
        """,
    },
}  # fmt: skip


def _rows_of(text: str, module: str) -> dict[str, Target]:
    rows = {}
    for word in text.split():
        theirs, _equals, ours = word.partition("=")
        if word.endswith("="):
            rows[theirs] = Target(f"{module}.{theirs}", "")
        else:
            rows[theirs] = Target(module, ours or theirs)
    return rows


def _expand(table: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """The rows of one module; its own come before the ones it repeats."""
    rows: dict[str, Any] = {}
    content = table[name]
    for other in content.get("*", ()):
        rows.update(_expand(table, other))
    for module, words in content.items():
        if module == "=":
            rows.update(words)
        elif module != "*":
            rows.update(_rows_of(words, module))
    return rows


_ALL = {**_ROWS, **_TOOLS}
NAMES: dict[str, dict[str, Any]] = {name: _expand(_ALL, name) for name in _ALL}
"""odoo module -> its name -> `Target`, or the value itself."""
