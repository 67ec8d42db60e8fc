"""The rows of `odoo.tools`. How to read a row: see the package."""

from __future__ import annotations

from typing import Any

from fondaco.alias.names.target import Target

_SHIMS = "fondaco.alias.shims"
_PROCESS = "fondaco.alias.process"

ROWS: dict[str, dict[str, Any]] = {
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
        "odoo.tools": "safe_eval=",  # the module, where `convert` has a function of that name
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
