"""Which passwords are taken, by whichever way they come (row S9), and how long they last."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fondaco.errors import AccessDenied, UserError, ValidationError
from fondaco.registry.transact import transact
from fondaco.security.credentials import CryptContext
from fondaco.values.deferred import Deferred
from tests.fix_server import serving
from tests.fix_visitor import Visitor

res_users = Deferred("odoo.addons.auth_password_policy.models.res_users")
POLICY = {"minlength": 10, "kinds": 3, "history": 3, "max_days": 90}
GOOD = [f"Sesame-open-{number}" for number in range(5)]


@pytest.fixture(scope="module")
def database(database_with, registries):
    """A database with the policy."""
    name = database_with("auth_password_policy")

    def ask(env):
        for key, value in POLICY.items():
            env["ir.config_parameter"].set_param(f"auth_password_policy.{key}", value)

    transact(registries.get(name), ask, uid=1)
    return name


@pytest.fixture
def env(database, env_of, monkeypatch):
    """An environment where hashing is quick: there is much of it."""
    env = env_of(database)
    quick = CryptContext(["pbkdf2_sha512"], pbkdf2_sha512__rounds=1000)
    monkeypatch.setattr(type(env["res.users"]), "_crypt_context", lambda _users: quick)
    return env


def grow_old(env, user):
    """The password of the user is years old."""
    env.flush_all()
    env.cr.execute("UPDATE res_users_password SET create_date = '2020-01-01' WHERE user_id = %s", [user.id])
    env.invalidate_all()


@pytest.fixture
def user(env):
    return env["res.users"].create({"name": "Ali", "login": "ali@example.com", "password": GOOD[0]})


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("Short-1", "7 characters: 10 or more"),
        ("onlysmallletters", "mixes too little: 3"),
        ("Ali@Example.com", "is the login"),
        ("short", r"5 characters: 10 or more .*mixes too little"),
    ],
)
def test_s9_what_the_policy_does_not_allow_is_refused_with_all_reasons(user, password, message):
    with pytest.raises(UserError, match=message):
        user.password = password


def by_field(user, password):
    user.password = password


def by_own_call(user, password):
    user.with_user(user).change_password(GOOD[3], password)


def by_own_wizard(user, password):
    user.with_user(user).env.user._change_password(password)  # what the wizard does once it has asked who it is


def by_administrator(user, password):
    wizard = user.env["change.password.wizard"].with_context(active_model="res.users", active_ids=user.ids).create({})
    wizard.user_ids.new_passwd = password
    wizard.change_password_button()


def by_form_of_administrator(user, password):
    user.with_user(user.env.ref("base.user_admin")).new_password = password


WAYS = [by_field, by_own_call, by_own_wizard, by_administrator, by_form_of_administrator]


@pytest.mark.parametrize("change", WAYS)
def test_s9_none_of_the_last_passwords_comes_again_by_any_way(user, change):
    for password in GOOD[1:4]:
        user.password = password

    for password in GOOD[1:4]:
        with pytest.raises(UserError, match="used before: none of the last 3"):
            change(user, password)
    change(user, GOOD[0])

    assert user.with_user(user)._is_password(GOOD[0]), "the fourth last is free again"


def test_s9_a_new_user_needs_a_good_password_too(env):
    with pytest.raises(UserError, match="characters"):
        env["res.users"].create({"name": "Bo", "login": "bo", "password": "x"})


def test_only_hashes_of_former_passwords_are_kept(env, user):
    rows = env["res.users.password"].search([("user_id", "=", user.id)])

    assert len(rows) == 1 and GOOD[0] not in rows.hashed and rows.hashed.startswith("$pbkdf2-sha512$")
    assert not env["ir.model.access"].search([("model_id.model", "=", "res.users.password")])


def test_the_policy_is_told_in_sentences(env):
    assert env["res.users"].get_password_policy() == [
        "It has 10 characters or more.",
        "It mixes 3 of small letters, capitals, digits and other characters.",
        "It is none of your last 3.",
        "It lasts 90 days.",
    ]
    assert "10 characters" in env["change.password.own"].new({}).policy


def test_the_settings_hold_the_numbers_and_refuse_odd_ones(env):
    settings = env(user=2)["res.config.settings"]

    assert settings.default_get(["minlength"])["minlength"] == 10
    settings.create({"minlength": 12, "password_history": 0}).set_values()
    assert env["res.users"]._password_policy("minlength") == 12
    assert env["res.users"]._password_policy("history") == 0
    with pytest.raises(ValidationError, match="number from 0 to 4"):
        settings.create({"password_kinds": 5})


@pytest.mark.usefixtures("registries")
@pytest.mark.parametrize(("password", "kinds"), [("", 0), ("abc", 1), ("aB1", 3), ("aB1-", 4), ("ä漢", 2)])
def test_kinds_of_characters(password, kinds):
    assert res_users.kinds_of(password) == kinds


def test_programs_are_refused_when_the_password_is_too_old(env, user):
    grow_old(env, user)
    credential = {"type": "password", "login": user.login, "password": GOOD[0]}

    with pytest.raises(AccessDenied, match="too old"):
        user.with_user(user)._check_credentials(credential, {"interactive": False})
    assert user.with_user(user)._check_credentials(credential, {"interactive": True})["uid"] == user.id


@pytest.fixture(scope="module")
def house(config, database, registries, tmp_path_factory):
    with serving(config, database, tmp_path_factory.mktemp("policy")) as server:
        yield SimpleNamespace(server=server, registry=registries.get(database))


def test_a_password_that_is_too_old_is_replaced_before_coming_in(house):
    def prepare(env):
        user = env["res.users"].create({"name": "Old", "login": "old", "password": GOOD[0]})
        grow_old(env, user)
        return user.id

    uid = transact(house.registry, prepare, uid=1)
    visitor, path = Visitor(house.server), "/web/login/password"

    assert visitor.log_in("old", GOOD[0]) == path
    assert visitor.uid is None
    assert "10 characters or more" in visitor.page(path)
    assert "differ" in visitor.fill_in(path, new_password=GOOD[1], confirm_password=GOOD[2]).text
    assert "used before" in visitor.fill_in(path, new_password=GOOD[0], confirm_password=GOOD[0]).text
    assert visitor.uid is None
    assert visitor.fill_in(path, new_password=GOOD[1], confirm_password=GOOD[1]).headers["Location"] == "/odoo"
    assert visitor.uid == uid
    assert Visitor(house.server).log_in("old", GOOD[1]) == "/odoo"


def test_the_page_for_old_passwords_is_closed_to_everybody_else(house):
    visitor = Visitor(house.server)

    answer = visitor.get(f"{house.server.url}/web/login/password", timeout=30, allow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/web/login")


def test_former_passwords_beyond_the_longest_history_are_swept(env, user):
    rows = env["res.users.password"]
    rows.create([{"user_id": user.id, "hashed": f"-{number}"} for number in range(30)])

    rows._gc_former_passwords()

    assert rows.search_count([("user_id", "=", user.id)]) == 24
    assert rows.search([("user_id", "=", user.id)], limit=1).hashed == "-29"
