"""The rows of the server: models, fields, requests, databases, services. How to read a row: see the package."""

from __future__ import annotations

from typing import Any

from fondaco.alias.names.target import Target

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

ROWS: dict[str, dict[str, Any]] = {
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
        _SHIMS: "Connection close_all close_db connection_info_for db_connect",
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
    "odoo.modules.graph": {"fondaco.alias.graphwords": "Graph Node"},
    "odoo.modules.loading": {},
    "odoo.modules.migration": {"fondaco.values.texts": "parse_version", _SHIMS: "file_path"},
    "odoo.modules.neutralize": {
        "fondaco.alias.services": "get_installed_modules get_neutralization_queries neutralize_database",
    },
    "odoo.service": {},
    "odoo.service.model": {
        "fondaco.rpc.call": "check_method_name call_kw execute_cr!",
        "fondaco.alias.services": """
            MAX_TRIES_ON_CONCURRENCY_FAILURE PG_CONCURRENCY_ERRORS_TO_RETRY PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
            dispatch execute execute_kw get_public_method retrying
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
            list_db_incompatible _create_empty_database
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
    "odoo.cli.server": {"fondaco.alias.programs": "report_configuration"},
    "odoo.upgrade": {},
}  # fmt: skip
