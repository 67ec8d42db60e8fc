"""Which options exist: the single source of file keys, flags, environment variables, validation and documentation.

Names and defaults are those of Odoo 18 (file keys, flags), so that its files and command lines keep working.
Rows marked `ours` are additions. Not set is "" for text, None for numbers, [] for names.
"""

from __future__ import annotations

from typing import Any

from fondaco.config.kinds import DURATION, NAMES, NETWORKS, NUMBER, OBJECT, PATH, PATHS, QUOTED, REAL, TEXT, TRUTH, Kind
from fondaco.config.option import Flag, Option

MEBIBYTE = 2**20
DAY_S = 24 * 3600

# A table is read by its columns:
# fmt: off

LOG_LEVELS = (
    "info", "debug_rpc", "warn", "test", "critical", "runbot", "debug_sql", "error", "debug", "debug_rpc_answer", "notset",
)  # fmt: skip
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

GROUPS = {
    "common": "Common options",
    "http": "HTTP service",
    "database": "Databases",
    "files": "Files",
    "backup": "Backups",
    "security": "Security",
    "processes": "Processes and limits",
    "log": "Logging",
    "mail": "Outgoing mail",
    "translation": "Translations",
    "test": "Tests",
    "advanced": "Advanced",
}


def flag(*spelling: str) -> Flag:
    """A flag that takes an argument."""
    return Flag(spelling)


def switch(*spelling: str, value: Any = True) -> Flag:
    """A flag that says it all."""
    return Flag(spelling, value)


def obsolete(*spelling: str, value: Any = None) -> Flag:
    """A spelling of earlier versions."""
    return Flag(spelling, value, obsolete=True)


def row(key: str, kind: Kind, default: Any, help: str, *flags: Flag, group: str, **more: Any) -> Option:
    """An option; text that is not set is saved as False, as Odoo does, unless told otherwise."""
    return Option(key, kind, default, group, help, flags, **more)


COMMON = [
    row("config", PATH, "", "The configuration file to read (and to write with --save).", flag("-c", "--config"),
        group="common", in_file=False, saving="never", metavar="FILE"),
    row("save", TRUTH, False, "Write the resulting configuration to the file, readable by its owner only.",
        switch("-s", "--save"), group="common", in_file=False, saving="never"),
    row("init", NAMES, [], "Modules to install in the database given by -d.", flag("-i", "--init"), group="common",
        in_file=False, saving="never", metavar="MODULES"),
    row("update", NAMES, [], "Modules to upgrade in the database given by -d; `all` upgrades every installed module.",
        flag("-u", "--update"), group="common", in_file=False, saving="never", metavar="MODULES"),
    row("stop_after_init", TRUTH, False, "Stop when the modules are installed and upgraded.", switch("--stop-after-init"),
        group="common", in_file=False, saving="never"),
    row("with_demo", TRUTH, False, "Load the demonstration data of new modules.", switch("--with-demo"), group="common",
        is_ours=True, saving="set"),
    row("without_demo", TEXT, "", "Modules that come without their demonstration data, or `all`, whatever --with-demo says.",
        flag("--without-demo"), group="common", saved_default="False", metavar="MODULES"),
    row("import_partial", PATH, "", "Accepted; imports of this version are one transaction each.",
        flag("-P", "--import-partial"), group="common", is_ready=False, metavar="FILE"),
    row("pidfile", PATH, "", "A file to put the process id of the server in.", flag("--pidfile"), group="common",
        metavar="FILE"),
    row("addons_path", PATHS, [], "Directories with your addons, before the ones that come with Fondaco.",
        flag("--addons-path"), group="common", metavar="DIRS"),
    row("upgrade_path", PATHS, [], "Directories with more migration scripts: MODULE/VERSION/pre-*.py, post-*.py, end-*.py.",
        flag("--upgrade-path"), group="common", metavar="DIRS"),
    row("server_wide_modules", NAMES, ["base", "web"], "Modules whose code is loaded in every process.", flag("--load"),
        group="common", metavar="MODULES"),
    row("data_dir", PATH, "", "Where attachments, sessions and the embedded PostgreSQL are kept.", flag("-D", "--data-dir"),
        group="common", metavar="DIR"),
    row("quiet", TRUTH, False, "Say nothing but errors; no progress.", switch("--quiet"), group="common", is_ours=True,
        in_file=False, saving="never"),
]

HTTP = [
    row("http_interface", TEXT, "", "Address to listen on; nothing: all of them.", flag("--http-interface"),
        obsolete("--xmlrpc-interface"), group="http", obsolete_keys=("xmlrpc_interface",), metavar="ADDRESS"),
    row("http_port", NUMBER, 8069, "Port to listen on.", flag("-p", "--http-port"), obsolete("--xmlrpc-port"),
        group="http", obsolete_keys=("xmlrpc_port",), metavar="PORT"),
    row("gevent_port", NUMBER, 8072, "A second port that serves the same, for proxies that send websockets and long polling there; 0: none.", flag("--gevent-port"),
        obsolete("--longpolling-port"), group="http", obsolete_keys=("longpolling_port",), metavar="PORT"),
    row("http_enable", TRUTH, True, "Whether to serve HTTP at all.", switch("--no-http", value=False),
        obsolete("--no-xmlrpc", value=False), group="http", obsolete_keys=("xmlrpc",)),
    row("proxy_mode", TRUTH, False, "Believe X-Forwarded-* and Forwarded headers; only behind a proxy that sets them.",
        switch("--proxy-mode"), group="http"),
    row("trusted_proxies", NETWORKS, [], "Addresses or networks of the proxies to believe, all hops; without it, one hop on this "
        "machine or in a private network.", flag("--trusted-proxies"), group="http", is_ours=True, saving="set",
        metavar="NETWORKS"),
    row("webhook_networks", NETWORKS, [], "Private addresses or networks that webhooks may reach; without it, public addresses "
        "only, so that nobody can make the server ask the machines behind it.", group="http", is_ours=True, saving="set",
        metavar="NETWORKS"),
    row("x_sendfile", TRUTH, False, "Let the proxy send files, if it says that it can (X-Sendfile-Type: X-Accel-Redirect).",
        switch("--x-sendfile"), group="http"),
    row("dbfilter", TEXT, "", "Regular expression for the databases of a host; %h is the host, %d its first part.",
        flag("--db-filter"), group="http", metavar="REGEXP"),
    row("limit_request_body", NUMBER, 128 * MEBIBYTE, "Bytes a request may bring.", group="http", is_ours=True,
        saving="set", metavar="BYTES"),
    row("limit_restore_body", NUMBER, 16384 * MEBIBYTE, "Bytes of a dump that /web/database/restore takes, while databases are "
        "managed over HTTP.", group="http", is_ours=True, saving="set", metavar="BYTES"),
    row("session_lifetime", NUMBER, 7 * DAY_S, "Seconds without use after which a session ends.", group="http", is_ours=True,
        saving="set", metavar="SECONDS"),
    row("session_absolute_lifetime", NUMBER, None, "Seconds after its log-in at which a session ends, used or not; "
        "nothing: never.", group="http", is_ours=True, saving="set", metavar="SECONDS"),
    row("redis_url", TEXT, "", "A Redis or Valkey to keep sessions and shared answers in, for several machines: "
        "redis://[:password@]host[:port][/number], rediss:// or unix://. Needs the extra `redis`.", group="http",
        is_ours=True, is_secret=True, saving="set", metavar="URL"),
    row("metrics_port", NUMBER, None, "Port on which GET /metrics is answered for Prometheus; nothing: none of its own.",
        flag("--metrics-port"), group="http", is_ours=True, saving="set", metavar="PORT"),
    row("metrics_interface", TEXT, "127.0.0.1", "Address of that port; one that other machines can reach needs metrics_token.",
        flag("--metrics-interface"), group="http", is_ours=True, saving="set", metavar="ADDRESS"),
    row("metrics_token", TEXT, "", "Secret that a reader of /metrics sends (Authorization: Bearer). Without metrics_port, the "
        "port of the server answers /metrics to who has it.", group="http", is_ours=True, is_secret=True, saving="set"),
    row("websocket_keep_alive_timeout", NUMBER, 3600, "Seconds after which a websocket is renewed.", group="http"),
    row("websocket_rate_limit_burst", NUMBER, 10, "Messages a websocket may send at once.", group="http"),
    row("websocket_rate_limit_delay", REAL, 0.2, "Seconds between websocket messages beyond the burst.", group="http"),
]

DATABASE = [
    row("db_name", NAMES, [], "The databases to work on and to serve.", flag("-d", "--database"), group="database",
        saved_default="False", metavar="NAMES"),
    row("db_user", TEXT, "", "PostgreSQL user.", flag("-r", "--db_user"), group="database", saved_default="False"),
    row("db_password", TEXT, "", "Password of the PostgreSQL user.", flag("-w", "--db_password"), group="database",
        saved_default="False", is_secret=True),
    row("db_password_before", TEXT, "", "The password before, tried when PostgreSQL refuses the other: set by `fondaco secret "
        "rotate database` while it is changed.", group="database", is_ours=True, is_secret=True, saving="set"),
    row("db_host", TEXT, "", "PostgreSQL host or socket directory. Without it and without a server on the default socket, "
        "Fondaco starts its own.", flag("--db_host"), group="database", saved_default="False"),
    row("db_port", NUMBER, None, "PostgreSQL port.", flag("--db_port"), group="database"),
    row("db_sslmode", TEXT, "prefer", "Encryption of PostgreSQL connections; verify-full checks authority and host name.",
        flag("--db_sslmode"), group="database", choices=SSL_MODES),
    row("db_sslrootcert", PATH, "", "Certificate authority for verify-ca and verify-full; nothing: libpq's default.",
        flag("--db_sslrootcert"), group="database", is_ours=True, saving="set", metavar="FILE"),
    row("db_maxconn", NUMBER, 64, "PostgreSQL connections a process may hold; work waits for a free one.",
        flag("--db_maxconn"), group="database"),
    row("db_maxconn_gevent", NUMBER, None, "The same for the websocket process.", flag("--db_maxconn_gevent"),
        group="database"),
    row("db_pgbouncer", TRUTH, False, "PostgreSQL is reached through a pooler in transaction mode: keep no prepared "
        "statements.", switch("--db_pgbouncer"), group="database", is_ours=True, saving="set"),
    row("db_direct_host", TEXT, "", "PostgreSQL itself, past the pooler: for LISTEN, which wakes websockets and scheduled "
        "jobs. Without it, behind a pooler, they look once a second.", flag("--db_direct_host"), group="database",
        is_ours=True, saving="set"),
    row("db_direct_port", NUMBER, None, "Its port.", flag("--db_direct_port"), group="database", is_ours=True,
        saving="set"),
    row("db_replica_host", TEXT, "", "Host of a read-only replica.", flag("--db_replica_host"), group="database",
        saved_default="False"),
    row("db_replica_port", NUMBER, None, "Port of the replica.", flag("--db_replica_port"), group="database"),
    row("db_reconnection_retries", NUMBER, 5, "How often to try again when PostgreSQL does not accept a connection.",
        group="database", is_ours=True, saving="set"),
    row("db_reconnection_delay", REAL, 0.5, "Seconds before the second attempt; doubled before each further one.",
        group="database", is_ours=True, saving="set"),
    row("statement_timeout", DURATION, None, "Time after which PostgreSQL gives up a statement of a request; nothing: its own "
        "setting. Installing modules is not limited.", group="database", is_ours=True, saving="set", metavar="TIME"),
    row("lock_timeout", DURATION, None, "Time a statement of a request waits for a lock.", group="database", is_ours=True,
        saving="set", metavar="TIME"),
    row("idle_in_transaction_session_timeout", DURATION, None, "Time a transaction may do nothing before PostgreSQL hangs up.",
        group="database", is_ours=True, saving="set", metavar="TIME"),
    row("db_template", TEXT, "template0", "PostgreSQL template of new databases.", flag("--db-template"), group="database"),
    row("pg_path", PATH, "", "Directory of pg_dump, pg_restore and psql; nothing: those of the embedded PostgreSQL.",
        flag("--pg_path"), group="database", metavar="DIR"),
    row("unaccent", TRUTH, False, "Install the unaccent extension in new databases, for searches that ignore accents.",
        switch("--unaccent"), group="database"),
]

FILES = [
    row("ir_attachment.location", QUOTED, "file", "Where contents of attachments go: `file`, below data_dir; `db`, into the "
        "database; `s3://BUCKET` or `s3://BUCKET/PREFIX`, into an object store (needs the extra `s3`). The parameter of this name "
        "in a database chooses between its database and the rest.", group="files", is_ours=True, saving="set",
        metavar="PLACE"),
    row("ir_attachment.config", OBJECT, {}, "How to reach the object store, as a JSON object: `endpoint_url`, `access_key_id`, "
        "`secret_access_key`, and if need be `bucket_name`, `region_name`.", group="files", is_ours=True, is_secret=True,
        saving="set", metavar="JSON"),
    row("filestore_copies_size", NUMBER, 1024 * MEBIBYTE, "Bytes of copies of objects of the object store that this machine "
        "keeps: those read last.", group="files", is_ours=True, saving="set", metavar="BYTES"),
]

BACKUP = [
    row("backup_repository", TEXT, "", "Where backups go, as restic names it: a directory, `sftp:USER@HOST:/PATH`, "
        "`s3:https://HOST/BUCKET/PREFIX` or `rest:https://HOST/PATH`.", flag("--backup-repository"), group="backup",
        is_ours=True, is_secret=True, saving="set", metavar="PLACE"),
    row("backup_password_file", PATH, "", "File with the password of the repository, for its owner only (0600). Keep a copy of "
        "it elsewhere: without it no backup can be read.", flag("--backup-password-file"), group="backup", is_ours=True,
        saving="set", metavar="FILE"),
    row("backup_credentials_file", PATH, "", "File with what opens the place itself, lines of NAME=VALUE for restic "
        "(`AWS_ACCESS_KEY_ID=...`), for its owner only (0600).", flag("--backup-credentials-file"), group="backup",
        is_ours=True, saving="set", metavar="FILE"),
    row("backup_folder", PATH, "", "Where backups are prepared and their results kept; nothing: `backups` below data_dir. It "
        "needs room for the largest database.", flag("--backup-folder"), group="backup", is_ours=True, saving="set",
        metavar="DIR"),
    row("backup_wal_folder", PATH, "", "Where PostgreSQL's archive_command puts its log (WAL); with it a database can be "
        "restored as of any moment, not only of the night.", flag("--backup-wal-folder"), group="backup", is_ours=True,
        saving="set", metavar="DIR"),
    row("backup_wal_connection", TEXT, "", "How a role that may replicate connects to PostgreSQL: `host=... user=... "
        "passfile=/FILE`, never with a password in it.", flag("--backup-wal-connection"), group="backup", is_ours=True,
        saving="set", metavar="CONNINFO"),
    row("backup_base_days", NUMBER, 7, "Days after which PostgreSQL's files are copied again; the log since then waits in "
        "backup_wal_folder.", flag("--backup-base-days"), group="backup", is_ours=True, saving="set"),
    row("backup_wal_days", NUMBER, 14, "Days back to which any moment can be restored.", flag("--backup-wal-days"),
        group="backup", is_ours=True, saving="set"),
    row("backup_append_only", TRUTH, False, "The repository takes backups and never gives one up to this machine: keep all, "
        "and let the other side remove old ones.", switch("--backup-append-only"), group="backup", is_ours=True,
        saving="set"),
    row("backup_keep_daily", NUMBER, 14, "Days of which the last backup is kept.", flag("--backup-keep-daily"),
        group="backup", is_ours=True, saving="set"),
    row("backup_keep_weekly", NUMBER, 8, "Weeks of which the last backup is kept.", flag("--backup-keep-weekly"),
        group="backup", is_ours=True, saving="set"),
    row("backup_keep_monthly", NUMBER, 12, "Months of which the last backup is kept.", flag("--backup-keep-monthly"),
        group="backup", is_ours=True, saving="set"),
    row("backup_keep_yearly", NUMBER, 5, "Years of which the last backup is kept.", flag("--backup-keep-yearly"),
        group="backup", is_ours=True, saving="set"),
]

SECURITY = [
    row("admin_passwd", TEXT, "", "Master password of database operations over HTTP; nothing: they are refused.",
        group="security", is_secret=True),
    row("admin_passwd_before", TEXT, "", "The master password before, which opens too: set by `fondaco secret rotate master`, "
        "until `--finish`.", group="security", is_ours=True, is_secret=True, saving="set"),
    row("encryption_keys", PATH, "", "File with the keys of encrypted fields, for its owner only (0600); its first line encrypts. It is in no "
        "backup: keep a copy elsewhere.", flag("--encryption-keys"), group="security", is_ours=True, saving="set", metavar="FILE"),
    row("list_db", TRUTH, True, "Whether to show the list of databases.", switch("--no-database-list", value=False),
        group="security"),
    row("checklist_databases", NAMES, [], "Databases whose administrators see the go-live checklist of this server in the "
        "client; nothing: those of a server that serves one database only.", group="security", is_ours=True, saving="set"),
    row("csv_internal_sep", TEXT, ",", "Separator between values of one cell in exports.", group="security",
        is_ready=False),
]

PROCESSES = [
    row("workers", NUMBER, 0, "Processes that serve requests; 0: threads of one process; -1: none.", flag("--workers"),
        group="processes"),
    row("max_cron_threads", NUMBER, 2, "Scheduled jobs that run at the same time.", flag("--max-cron-threads"),
        group="processes"),
    row("limit_memory_soft", NUMBER, 2048 * MEBIBYTE, "Resident bytes of a worker over which it is replaced when its request is done.",
        flag("--limit-memory-soft"), group="processes", metavar="BYTES"),
    row("limit_memory_soft_gevent", NUMBER, None, "Resident bytes over which the websocket process is replaced; its clients come again. Not set: as limit_memory_soft.",
        flag("--limit-memory-soft-gevent"), group="processes", metavar="BYTES"),
    row("limit_memory_hard", NUMBER, 2560 * MEBIBYTE, "Resident bytes of a worker over which its request is ended.",
        flag("--limit-memory-hard"), group="processes", metavar="BYTES"),
    row("limit_memory_hard_gevent", NUMBER, None, "Resident bytes over which the websocket process is ended at once. Not set: as limit_memory_hard.",
        flag("--limit-memory-hard-gevent"), group="processes", metavar="BYTES"),
    row("limit_time_cpu", NUMBER, 60, "Processor seconds a request may take; only with worker processes.",
        flag("--limit-time-cpu"), group="processes", metavar="SECONDS"),
    row("limit_time_real", NUMBER, 120, "Seconds a request may take; it is ended then and told so.",
        flag("--limit-time-real"), group="processes",
        metavar="SECONDS"),
    row("limit_time_real_cron", NUMBER, -1, "Seconds a scheduled job may take; -1: as requests; 0: no limit.",
        flag("--limit-time-real-cron"), group="processes", metavar="SECONDS"),
    row("limit_request", NUMBER, 65536, "Requests after which a worker is replaced.", flag("--limit-request"),
        group="processes"),
    row("cache_size", NUMBER, 128 * MEBIBYTE, "Bytes that remembered answers (rights, views, translations, settings) may take in a "
        "process, all databases together.", group="processes", is_ours=True, saving="set", metavar="BYTES"),
    row("cache_timeout", DURATION, 0.0, "Time that an answer is remembered at most; 0: until what it says changes.",
        group="processes", is_ours=True, saving="set", metavar="TIME"),
    row("registry_limit", NUMBER, 128, "Databases that a process keeps loaded; of more, the one used longest ago goes; 0: any "
        "number.", group="processes", is_ours=True, saving="set"),
    row("registry_idle_time", DURATION, 3600.0, "Time without use after which a process lets a loaded database go; 0: never.",
        group="processes", is_ours=True, saving="set", metavar="TIME"),
    row("osv_memory_count_limit", NUMBER, 0, "Records of a transient model beyond which those go that are older than five "
        "minutes; 0: no limit.", flag("--osv-memory-count-limit"), group="processes"),
    row("transient_age_limit", REAL, 1.0, "Hours that records of transient models are kept; 0: until there are too many.",
        flag("--transient-age-limit"), group="processes", obsolete_keys=("osv_memory_age_limit",), metavar="HOURS"),
]

LOG = [
    row("logfile", PATH, "", "File to write the log to; nothing: standard error.", flag("--logfile"), group="log",
        metavar="FILE"),
    row("syslog", TRUTH, False, "Send the log to syslog.", switch("--syslog"), group="log"),
    row("log_level", TEXT, "info", "How much to say.", flag("--log-level"), group="log", choices=LOG_LEVELS),
    row("log_handler", NAMES, [":INFO"], "Level of a logger and those below it; may be repeated.", flag("--log-handler"),
        switch("--log-web", value="odoo.http:DEBUG"), switch("--log-sql", value="odoo.sql_db:DEBUG"), group="log",
        metavar="LOGGER:LEVEL"),
    row("log_format", TEXT, "text", "text: lines as Odoo 18 writes them; json: one object a line.", flag("--log-format"),
        group="log", choices=("text", "json"), is_ours=True, saving="set"),
    row("log_slow_requests", DURATION, None, "Requests that take so long are logged with their slowest statements, without values.",
        flag("--log-slow-requests"), group="log", is_ours=True, saving="set", metavar="TIME"),
    row("otlp_endpoint", TEXT, "", "Where traces go, by OTLP over HTTP (http://127.0.0.1:4318); the OTEL_* variables hold as well. "
        "Needs the extra `otel`.", flag("--otlp-endpoint"), group="log", is_ours=True, saving="set", metavar="URL"),
    row("log_utc_offset", TRUTH, False, "Add +0000 to the moment of text lines, for readers that take it as local time.",
        switch("--log-utc-offset"), group="log", is_ours=True, saving="set"),
    row("log_db", TEXT, "", "A database whose ir.logging receives the log; %d is the one a line is about.",
        flag("--log-db"), group="log", saved_default="False"),
    row("log_db_level", TEXT, "warning", "Level of what goes to log_db.", flag("--log-db-level"), group="log",
        choices=("debug", "info", "warning", "error", "critical")),
]

MAIL = [
    row("email_from", TEXT, "", "Sender of messages that have none.", flag("--email-from"), group="mail",
        saved_default="False"),
    row("from_filter", TEXT, "", "Domains the mail server may send for.", flag("--from-filter"), group="mail",
        saved_default="False"),
    row("smtp_server", TEXT, "localhost", "Mail server.", flag("--smtp"), group="mail"),
    row("smtp_port", NUMBER, 25, "Its port.", flag("--smtp-port"), group="mail"),
    row("smtp_ssl", TRUTH, False, "Use STARTTLS.", switch("--smtp-ssl"), group="mail"),
    row("smtp_user", TEXT, "", "Login at the mail server.", flag("--smtp-user"), group="mail", saved_default="False",),
    row("smtp_password", TEXT, "", "Password at the mail server.", flag("--smtp-password"), group="mail",
        saved_default="False", is_secret=True),
    row("smtp_ssl_certificate_filename", PATH, "", "Client certificate.", flag("--smtp-ssl-certificate-filename"),
        group="mail", saved_default="False", metavar="FILE"),
    row("smtp_ssl_private_key_filename", PATH, "", "Key of the client certificate.",
        flag("--smtp-ssl-private-key-filename"), group="mail", saved_default="False", metavar="FILE"),
]

TRANSLATION = [
    row("load_language", NAMES, [], "Languages to install in the databases of -d.", flag("--load-language"), group="translation",
        in_file=False, saving="never", metavar="CODES"),
    row("language", TEXT, "", "Language of a translation file.", flag("-l", "--language"), group="translation",
        saving="set", metavar="CODE"),
    row("translate_out", PATH, "", "Write the texts of --modules to this file (.po, .pot, .csv, .tgz), in the language of -l, and stop.", flag("--i18n-export"), group="translation",
        saving="set", metavar="FILE"),
    row("translate_in", PATH, "", "Bring the translations of this file in, for the language of -l, and stop.", flag("--i18n-import"), group="translation",
        saving="set", metavar="FILE"),
    row("overwrite_existing_translations", TRUTH, False, "Replace translations that exist.", switch("--i18n-overwrite"),
        group="translation", saving="set"),
    row("translate_modules", NAMES, ["all"], "Modules whose terms to export.", flag("--modules"), group="translation",
        saved_default="['all']", metavar="MODULES"),
]

TEST = [
    row("test_enable", TRUTH, False, "Run the tests of the modules that are installed or upgraded.",
        switch("--test-enable"), group="test"),
    row("test_tags", TEXT, "", "Which tests to run, as [-][tag][/module][:class][.method],...; implies --test-enable.",
        flag("--test-tags"), group="test", saved_default="None", metavar="TAGS"),
    row("test_file", PATH, "", "A file of tests to run, whatever their tags.", flag("--test-file"), group="test",
        metavar="FILE"),
    row("screencasts", PATH, "", "Where recordings of browser tests go.", flag("--screencasts"), group="test",
        metavar="DIR", is_ready=False),
    row("screenshots", PATH, "", "Where files go that tests keep for people to look at (`save_test_file`).",
        flag("--screenshots"), group="test", metavar="DIR"),
]

ADVANCED = [
    row("dev_mode", NAMES, [], "Helpers for developers: reload, qweb, werkzeug, xml, all.", flag("--dev"),
        group="advanced", in_file=False, saving="never", metavar="FEATURES", is_ready=False),
    row("shell_interface", TEXT, "", "Prompt of `fondaco shell`: ipython, ptpython, bpython or python.",
        flag("--shell-interface"), group="advanced", in_file=False, saving="never"),
    row("geoip_city_db", PATH, "", "GeoIP database of cities.", flag("--geoip-city-db", "--geoip-db"), group="advanced",
        obsolete_keys=("geoip_database",), metavar="FILE", is_ready=False),
    row("geoip_country_db", PATH, "", "GeoIP database of countries.", flag("--geoip-country-db"), group="advanced",
        metavar="FILE", is_ready=False),
    row("reportgz", TRUTH, False, "Accepted.", group="advanced", is_ready=False),
    row("demo", TEXT, "{}", "Accepted; written by Odoo itself.", group="advanced", is_ready=False),
    row("publisher_warranty_url", TEXT, "", "Accepted; Fondaco calls nobody.", group="advanced", saving="never",
        is_ready=False),
    row("root_path", PATH, "", "Accepted.", group="advanced", saving="never", is_ready=False),
]

OPTIONS: tuple[Option, ...] = tuple(
    COMMON + HTTP + DATABASE + FILES + BACKUP + SECURITY + PROCESSES + LOG + MAIL + TRANSLATION + TEST + ADVANCED
)
BY_KEY: dict[str, Option] = {option.key: option for option in OPTIONS}
BY_ENVIRONMENT: dict[str, Option] = {option.environment: option for option in OPTIONS}
BY_OBSOLETE_KEY: dict[str, Option] = {key: option for option in OPTIONS for key in option.obsolete_keys}
