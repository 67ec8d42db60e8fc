"""What the settings are, for a file, an environment and a command line."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from fondaco.config import Config, inifile, load
from fondaco.config.sources import save
from fondaco.config.table import BY_KEY, OPTIONS
from fondaco.errors import ConfigError

ORACLE = Path(__file__).parents[3] / "shared" / "oracle" / "config_options.json"


def settings(tmp_path: Path, *argv: str, file: str = "", **environ: str) -> Config:
    """The settings for a file with this text, these variables and this command line."""
    arguments = list(argv)
    if file:
        path = tmp_path / "odoo.conf"
        path.write_text(file)
        arguments += ["-c", str(path)]
    return load(arguments, {"HOME": str(tmp_path), **environ})


def test_the_stronger_source_wins(tmp_path: Path) -> None:
    file = "[options]\nhttp_port = 1001\nworkers = 1\ndb_host = filehost\n"

    config = settings(tmp_path, "--workers=3", file=file, FONDACO_HTTP_PORT="1002", FONDACO_WORKERS="2")

    assert (config["db_host"], config["http_port"], config["workers"]) == ("filehost", 1002, 3)
    assert config.source("db_host").endswith("odoo.conf:4")
    assert config["limit_request"] == 65536
    assert config.source("limit_request") == "default"


def test_a_config_cannot_be_changed_but_replaced() -> None:
    config = Config.default()

    other = config.replace(db_host="x")

    assert (config["db_host"], other["db_host"]) == ("", "x")
    with pytest.raises(TypeError):
        config["db_host"] = "y"  # type: ignore[index]
    with pytest.raises(ConfigError, match="unknown option 'db_hots'"):
        config.replace(db_hots="x")


def test_secrets_are_not_shown() -> None:
    assert "hunter2" not in repr(Config.default().replace(db_password="hunter2"))


@pytest.mark.parametrize(
    ("argv", "key", "expected"),
    [
        (["-d", "a,b"], "db_name", ["a", "b"]),
        (["--database=a"], "db_name", ["a"]),
        (["-p", "8070"], "http_port", 8070),
        (["--no-http"], "http_enable", False),
        (["--test-tags", "-slow,/sale", "-p", "8070"], "test_tags", "-slow,/sale"),
        (["--no-database-list"], "list_db", False),
        (["--addons-path=/tmp,/usr"], "addons_path", ["/tmp", "/usr"]),
        (["--log-web"], "log_handler", [":INFO", "odoo.http:DEBUG"]),
        (["--log-handler=a:DEBUG", "--log-handler=b:ERROR"], "log_handler", [":INFO", "a:DEBUG", "b:ERROR"]),
        (["--stop-after"], "stop_after_init", True),
        (["--db-host", "h"], "db_host", "h"),
        (["--http_port=9"], "http_port", 9),
    ],
)
def test_a_command_line_sets(tmp_path: Path, argv: list[str], key: str, expected: object) -> None:
    assert settings(tmp_path, *argv)[key] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[options]\nhttp_port = eight\n", r"odoo.conf:2: http_port: found 'eight', expected a whole number"),
        ("[options]\n\nhttp_port = 70000\n", r"odoo.conf:3: http_port: found 70000, expected a port from 1 to 65535"),
        ("[options]\nproxy_mode = perhaps\n", r"odoo.conf:2: proxy_mode: found 'perhaps', expected True or False"),
        ("[options]\ndb_sslmode = always\n", r"found 'always', expected one of disable, allow"),
        ("[options]\ndbfilter = ^(x$\n", r"odoo.conf:2: dbfilter: '\^\(x\$' is not a regular expression"),
        ("[options]\nworkers = -2\n", r"workers: found -2, expected -1 or more"),
        ("[options]\nlog_handler = loud\n", r"log_handler: found 'loud', expected logger:LEVEL"),
        ("[options]\nnonsense\n", r"odoo.conf:2: found 'nonsense.*expected `key = value`"),
        ("x = 1\n[options]\ny = 2\n", r"odoo.conf:1: found 'x = 1' before the first section"),
    ],
)
def test_an_error_names_the_line_what_was_found_and_what_was_expected(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        settings(tmp_path, file=text)


@pytest.mark.parametrize("flag", ["--admin-passwd=typed", "--admin_passwd=typed"])
def test_d2_the_master_password_is_on_no_command_line(tmp_path: Path, flag: str) -> None:
    with pytest.raises(SystemExit) as ended:
        settings(tmp_path, flag)

    assert ended.value.code == 2
    assert settings(tmp_path, file="admin_passwd = from-the-file\n")["admin_passwd"] == "from-the-file"


def test_a_wrong_flag_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        settings(tmp_path, "--workers=many")

    assert ended.value.code == 2
    assert "argument --workers: found 'many', expected a whole number" in capsys.readouterr().err


def test_a_missing_file_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such configuration file; create it, or write one with --save"):
        settings(tmp_path, "-c", str(tmp_path / "none.conf"))


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")

    config = settings(tmp_path, FONDACO_DB_PASSWORD_FILE=str(tmp_path / "secret"))

    assert config["db_password"] == "s3cret"
    with pytest.raises(ConfigError, match="FONDACO_DB_PASSWORD are both set"):
        settings(tmp_path, FONDACO_DB_PASSWORD_FILE=str(tmp_path / "secret"), FONDACO_DB_PASSWORD="x")
    with pytest.raises(ConfigError, match="FONDACO_DB_PASSWORD_FILE: the secret cannot be read"):
        settings(tmp_path, FONDACO_DB_PASSWORD_FILE=str(tmp_path / "none"))


def test_an_unknown_variable_is_named(tmp_path: Path) -> None:
    config = settings(tmp_path, FONDACO_HTP_PORT="1")

    assert config.notices == (
        "environment: no option is called 'htp_port'; FONDACO_HTP_PORT is ignored; did you mean 'http_port'?",
    )


def test_obsolete_keys_count_unless_the_new_one_is_there(tmp_path: Path) -> None:
    config = settings(
        tmp_path, file="[options]\nxmlrpc_port = 1\nxmlrpc = False\nlongpolling_port = 3\ngevent_port = 4\n"
    )

    assert (config["http_port"], config["http_enable"], config["gevent_port"]) == (1, False, 4)
    assert [notice.partition(": ")[2] for notice in config.notices] == [
        "xmlrpc_port is an obsolete name of http_port",
        "xmlrpc is an obsolete name of http_enable",
        "longpolling_port is an obsolete name of gevent_port",
    ]


def test_limits_of_worker_processes_are_named_where_there_are_none(tmp_path: Path) -> None:
    file = "[options]\nlimit_memory_soft = 629145600\nlimit_request = 65536\nlimit_time_cpu = 30\nlimit_time_real = 9\n"

    (notice,) = settings(tmp_path, file=file).notices

    assert notice.partition(": ")[2] == (
        "limit_memory_soft: with workers = 0 nothing holds to limit_memory_soft, limit_time_cpu; set workers"
    )
    assert settings(tmp_path, "--workers=2", file=file).notices == ()


def test_other_sections_and_unknown_keys_are_kept_for_addons(tmp_path: Path) -> None:
    config = settings(tmp_path, file="[options]\nmine = 1\n[queue_job]\nchannels = root:2\n")

    assert config["mine"] == "1"
    assert config.misc == {"queue_job": {"channels": "root:2"}}


@pytest.mark.skipif(not ORACLE.exists(), reason="the recorded options are not here")
def test_every_recorded_option_is_known() -> None:
    recorded = json.loads(ORACLE.read_text())["server"]
    flags = {spelling for option in OPTIONS for flag in option.flags for spelling in flag.spelling}

    missing_flags = {flag for option in recorded["options"] for flag in option["flags"]} - flags
    keys = {option["dest"] for option in recorded["options"]} | set(recorded["file_only"])
    saved = {key for key, _default in recorded["saved_file_keys_with_defaults"]}

    assert missing_flags == {"--version", "-h", "--help"}
    assert {key for key in keys if key} - set(BY_KEY) == set()
    assert {key for key in saved if BY_KEY[key].saving != "always"} == set()


@pytest.mark.skipif(not ORACLE.exists(), reason="the recorded options are not here")
def test_defaults_are_the_recorded_ones() -> None:
    recorded = {
        option["dest"]: option["default"]
        for option in json.loads(ORACLE.read_text())["server"]["options"]
        if option["dest"] and option["in_config_file"] and not option["hidden"] and option["action"] != "append_const"
    }
    different = {
        key: (default, BY_KEY[key].default)
        for key, default in recorded.items()
        if not isinstance(default, dict)
        and (default or None) != (BY_KEY[key].default or None)
        and str(default) != BY_KEY[key].kind.write(BY_KEY[key].default)
    }

    assert different == {"translate_modules": (None, ["all"])}  # the recorded file says ['all'] too


def test_w13_the_longpolling_port_is_an_alias_with_a_notice(tmp_path: Path) -> None:
    config = settings(tmp_path, "--longpolling-port", "8075")

    assert config["gevent_port"] == 8075
    assert config.notices == ("command line: --longpolling-port is an obsolete spelling of --gevent-port",)


def test_w17_save_writes_every_option_readable_by_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "etc" / "odoo.conf"
    config = settings(
        tmp_path, "--stop-after-init", "--save", "--config", str(path), "--db_host=127.0.0.1", "--db_port=5432",
        "--db_user=odoo", "--db_password=your_db_password",
    )  # fmt: skip

    save(config)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = settings(tmp_path, "-c", str(path))
    assert again.notices == ()
    assert {key: again[key] for key in BY_KEY if BY_KEY[key].in_file} == {
        key: config[key] for key in BY_KEY if BY_KEY[key].in_file
    }
    assert "stop_after_init" not in path.read_text()


def test_saving_keeps_other_sections_and_unknown_keys(tmp_path: Path) -> None:
    config = settings(tmp_path, file="[options]\nmine = 1\ndbfilter = ^%d$\n[queue_job]\nchannels = root:2\n")

    save(config)

    content = inifile.read(config.rcfile)
    assert content.options["mine"].text == "1"
    assert content.options["dbfilter"].text == "^%d$"
    assert content.other_sections == {"queue_job": {"channels": "root:2"}}


def test_w18_addons_path_lists_your_own_directories(tmp_path: Path) -> None:
    (tmp_path / "custom").mkdir()
    config = settings(tmp_path, file=f"[options]\naddons_path = {tmp_path / 'custom'},/opt/odoo/odoo/addons\n")

    assert config["addons_path"] == [str(tmp_path / "custom"), "/opt/odoo/odoo/addons"]
    assert [notice.partition(": ")[2] for notice in config.notices] == [
        "addons_path: '/opt/odoo/odoo/addons' is no directory and is left out"
    ]
    with pytest.raises(ConfigError, match="--addons-path: '/opt/odoo/odoo/addons' is no directory"):
        settings(tmp_path, "--addons-path=/opt/odoo/odoo/addons")


def test_w19_the_data_directory_is_absolute_and_has_a_default(tmp_path: Path) -> None:
    assert settings(tmp_path)["data_dir"] == str(tmp_path / ".local/share/fondaco")
    assert settings(tmp_path, "-D", "~/data")["data_dir"].endswith("/data")
    assert settings(tmp_path, file="[options]\ndata_dir = /var/lib/odoo\n")["data_dir"] == "/var/lib/odoo"
    assert load([], {})["data_dir"] == "/var/lib/fondaco"


def test_w22_log_handler_may_be_a_python_list(tmp_path: Path) -> None:
    assert settings(tmp_path, file="[options]\nlog_handler = [':INFO']\n")["log_handler"] == [":INFO"]
    assert settings(tmp_path, file="[options]\nlog_handler = :INFO,odoo.http:DEBUG\n")["log_handler"] == [
        ":INFO",
        "odoo.http:DEBUG",
    ]


SEED_BLOCKS = {
    "0_filter": ("dbfilter = ^%d$\n", {"dbfilter": "^%d$"}, []),
    "0_database": (
        "admin_passwd = mysupersecretpassword\ndb_host =\ndb_port = 5432\ndb_user = odoo\ndb_password = pwd\n"
        "dbfilter = ^mycompany.*$\n",
        {"admin_passwd": "mysupersecretpassword", "db_host": "", "db_port": 5432, "dbfilter": "^mycompany.*$"},
        [],
    ),
    "0_limits": (
        "limit_memory_hard = 1677721600\nlimit_memory_soft = 629145600\nlimit_request = 8192\nlimit_time_cpu = 600\n"
        "limit_time_real = 1200\nmax_cron_threads = 1\nworkers = 8\n",
        {"limit_memory_hard": 1677721600, "limit_memory_soft": 629145600, "max_cron_threads": 1, "workers": 8},
        [],
    ),
    "1_database": (
        "[options]\nadmin_passwd = mysupersecretpassword\ndb_host = 192.168.1.2\ndb_port = 5432\ndb_user = odoo\n"
        "db_password = pwd\ndbfilter = ^mycompany.*$\n",
        {"db_host": "192.168.1.2", "db_user": "odoo", "db_password": "pwd"},
        [],
    ),
    "3_base": (
        "[options]\nadmin_passwd = your_master_admin_password\ndb_host = 127.0.0.1\ndb_port = 5432\ndb_user = odoo\n"
        "db_password = your_db_password\naddons_path = /opt/odoo/addons\n"
        "data_dir = /var/lib/odoo\nlogfile = /var/log/odoo/odoo.log\nlog_level = warn\n",
        {"log_level": "warn", "logfile": "/var/log/odoo/odoo.log", "data_dir": "/var/lib/odoo"},
        ["7: addons_path: '/opt/odoo/addons' is no directory and is left out"],
    ),
    "3_security": (
        "list_db = False\nproxy_mode = True\nx_sendfile = True\ncsv_insecure_sep = False\n",
        {"list_db": False, "proxy_mode": True, "x_sendfile": True},
        ["4: unknown option 'csv_insecure_sep' is ignored"],
    ),
    "3_cache": (
        "cache_timeout = 3600\ncache_size = 16777216\n",
        {"cache_timeout": 3600.0, "cache_size": 16777216},
        [],
    ),
    "3_log": (
        "log_level = info\nlog_handler = [':INFO']\nlog_db = False\n",
        {"log_handler": [":INFO"], "log_db": ""},
        [],
    ),
    "4_storage": (
        "ir_attachment.location = 's3://your-bucket-name'\n",
        {"ir_attachment.location": "s3://your-bucket-name"},
        [],
    ),
    "4_connection": (
        "db_maxconn = 64\ndb_reconnection_retries = 5\ndb_reconnection_delay = 2\n",
        {"db_maxconn": 64, "db_reconnection_retries": 5, "db_reconnection_delay": 2.0},
        [],
    ),
    "4_security": (
        "list_db = False\ndbfilter = ^odoo_prod$\nadmin_passwd = your_secure_master_password\nmax_cron_threads = 2\n",
        {"dbfilter": "^odoo_prod$"},
        [],
    ),
}


@pytest.mark.parametrize(("text", "values", "remarks"), SEED_BLOCKS.values(), ids=SEED_BLOCKS)
def test_w26_p8_blocks_of_the_manuals_load_unchanged_and_unknown_keys_are_named_with_their_line(
    tmp_path: Path, text: str, values: dict[str, object], remarks: list[str]
) -> None:
    config = settings(tmp_path, file=text)

    assert {key: config[key] for key in values} == values
    assert [notice.removeprefix(f"{config.rcfile}:") for notice in config.notices] == remarks


def test_p9_container_variables_give_the_connection_and_the_database(tmp_path: Path) -> None:
    container = {
        "HOST": "your-database-host.private",
        "USER": "odoo_user",
        "PASSWORD": "secret",
        "DATABASE": "odoo_prod",
    }

    config = settings(tmp_path, **container)

    assert (config["db_host"], config["db_user"], config["db_password"]) == (
        "your-database-host.private",
        "odoo_user",
        "secret",
    )
    assert config["db_name"] == ["odoo_prod"]
    assert settings(tmp_path, "--db_host=other", **container)["db_host"] == "other"
    assert settings(tmp_path, USER="somebody", HOST="laptop")["db_user"] == ""


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"])
def test_p10_every_sslmode_is_taken(tmp_path: Path, mode: str) -> None:
    assert settings(tmp_path, f"--db_sslmode={mode}")["db_sslmode"] == mode
