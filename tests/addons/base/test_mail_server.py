"""Whether messages leave as their sender and server want it: with a real SMTP server on loopback."""

from __future__ import annotations

import base64
import email
import email.policy
import logging
import socket
import ssl
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from fondaco.email.address import wire_addresses
from fondaco.email.smtp import MailDeliveryException, close_session
from fondaco.errors import AccessError, UserError
from fondaco.security.safe_eval import safe_eval

PASSWORD = "very secret words"


class Mailbox:
    """Takes messages; refuses recipients at nowhere.example."""

    def __init__(self):
        self.envelopes = []
        self.logins = []

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.endswith("@nowhere.example"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        envelope.is_encrypted = server.transport.get_extra_info("ssl_object") is not None
        envelope.peer = session.peer
        self.envelopes.append(envelope)
        return "250 taken"

    def authenticate(self, server, session, envelope, mechanism, data):
        self.logins.append(data.login.decode())
        return AuthResult(success=data.password.decode() == PASSWORD)

    def last(self) -> EmailMessage:
        return email.message_from_bytes(self.envelopes[-1].content, policy=email.policy.default)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def serve(authority, monkeypatch, tmp_path):
    """serve(encryption="none", wants_login=False) -> (mailbox, port)."""
    started = []
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(trusted)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))

    def serve(encryption="none", wants_login=False, is_trusted=True):
        mailbox = Mailbox()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        (authority if is_trusted else trustme.CA()).issue_cert("127.0.0.1").configure_cert(context)
        options = {"authenticator": mailbox.authenticate, "auth_required": wants_login}
        if encryption == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        else:
            options["auth_require_tls"] = False  # the server knows of STARTTLS only
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        secure = context if encryption == "ssl" else None
        controller = Controller(mailbox, "127.0.0.1", port, ssl_context=secure, **options)
        controller.start()
        started.append(controller)
        return mailbox, port

    yield serve
    for controller in started:
        controller.stop()


@pytest.fixture
def parameters(env):
    """The system parameters; what is remembered of them is forgotten after the test."""
    yield env["ir.config_parameter"].sudo()
    env.registry.clear_cache()


def server_for(env, port, **values):
    values = {"name": f"S{port}", "smtp_host": "127.0.0.1", "smtp_port": port, **values}
    return env["ir.mail_server"].create(values)


def message(env, **values):
    given = {"email_from": "Ann <ann@example.com>", "email_to": ["bob@example.org"], "subject": "Hello", "body": "Hi"}
    return env["ir.mail_server"].build_email(**{**given, **values})


@pytest.mark.parametrize("encryption", ["none", "starttls", "ssl"])
def test_a_message_is_sent_logged_in_and_encrypted_as_set_up(env, serve, encryption):
    mailbox, port = serve(encryption, wants_login=True)
    server_for(env, port, smtp_encryption=encryption, smtp_user="ann", smtp_pass=PASSWORD)

    sent = env["ir.mail_server"].send_email(message(env, email_cc=["c@example.org"], email_bcc=["d@example.org"]))

    assert mailbox.logins == ["ann"]
    (envelope,) = mailbox.envelopes
    assert envelope.is_encrypted == (encryption != "none")
    assert envelope.mail_from == "ann@example.com"
    assert envelope.rcpt_tos == ["bob@example.org", "c@example.org", "d@example.org"]
    assert mailbox.last()["Message-Id"] == sent and mailbox.last()["Bcc"] is None
    assert mailbox.last()["Subject"] == "Hello" and mailbox.last().get_content().strip() == "Hi"


def test_a_server_whose_certificate_nobody_trusts_gets_no_password(env, serve):
    mailbox, port = serve("starttls", wants_login=True, is_trusted=False)
    server_for(env, port, smtp_encryption="starttls", smtp_user="ann", smtp_pass=PASSWORD)

    with pytest.raises(MailDeliveryException) as raised:
        env["ir.mail_server"].send_email(message(env))

    assert "certificate" in raised.value.args[1].lower()
    assert mailbox.logins == []


def test_a_certificate_identifies_us(env, serve, authority):
    _mailbox, port = serve("starttls")
    own = authority.issue_cert("fondaco.example")
    pem = base64.b64encode(b"".join(blob.bytes() for blob in own.cert_chain_pems))
    server = server_for(
        env, port, smtp_encryption="starttls", smtp_authentication="certificate", smtp_ssl_certificate=pem,
        smtp_ssl_private_key=base64.b64encode(own.private_key_pem.bytes()),
    )  # fmt: skip

    env["ir.mail_server"].send_email(message(env), mail_server_id=server.id)
    server.smtp_ssl_private_key = base64.b64encode(b"no key")

    with pytest.raises(MailDeliveryException):
        env["ir.mail_server"].send_email(message(env), mail_server_id=server.id)


def test_a_verbose_server_logs_its_dialogue_without_the_password(env, serve, caplog):
    _mailbox, port = serve(wants_login=True)
    server_for(env, port, smtp_user="ann", smtp_pass=PASSWORD, smtp_debug=True)

    with caplog.at_level(logging.DEBUG):
        env["ir.mail_server"].send_email(message(env, body="confidential"))

    text = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("fondaco"))
    assert "rcpt TO:<bob@example.org>" in text and "smtp send: ***" in text
    for secret in (PASSWORD, base64.b64encode(PASSWORD.encode()).decode(), "confidential"):
        assert secret not in text
    assert base64.b64encode(f"\0ann\0{PASSWORD}".encode()).decode() not in text


def test_one_connection_sends_several_messages(env, serve):
    mailbox, port = serve()
    servers = env["ir.mail_server"]
    session = servers.connect(mail_server_id=server_for(env, port).id)

    servers.send_email(message(env), smtp_session=session)
    servers.send_email(message(env, subject="Again"), smtp_session=session)
    close_session(session)

    assert len({envelope.peer for envelope in mailbox.envelopes}) == 1
    assert mailbox.last()["Subject"] == "Again"


@pytest.mark.parametrize(
    ("sender", "server", "seen", "return_path"),
    [
        ("ann@one.example", "one", "ann@one.example", "bounce@example.com"),
        ("boss@two.example", "boss", "boss@two.example", "boss@two.example"),
        ("ann@other.example", "default", '"ann" <noreply@example.com>', "bounce@example.com"),
        ('"Ann" <ann@other.example>', "default", '"Ann" <noreply@example.com>', "bounce@example.com"),
    ],
)
def test_the_filter_of_a_server_decides_who_may_be_sender(env, parameters, sender, server, seen, return_path, serve):
    mailbox, port = serve()
    parameters.set_param("mail.catchall.domain", "example.com")
    parameters.set_param("mail.default.from", "noreply")
    parameters.set_param("mail.bounce.alias", "bounce")
    for name, filters in (
        ("one", "one.example, example.com"),
        ("boss", "boss@two.example"),
        ("default", "noreply@example.com, bounce@example.com"),
    ):
        server_for(env, port, name=name, from_filter=filters)

    found, allowed = env["ir.mail_server"]._find_mail_server(sender)
    env["ir.mail_server"].send_email(message(env, email_from=sender))

    assert found.name == server
    assert str(mailbox.last()["From"]) == seen.replace('"ann"', "ann").replace('"Ann"', "Ann")
    assert mailbox.envelopes[-1].mail_from == return_path


def test_the_first_server_without_filter_takes_what_no_filter_names(env):
    env["ir.mail_server"].create(
        [{"name": "late", "sequence": 20}, {"name": "first", "sequence": 5}, {"name": "x", "from_filter": "x.example"}]
    )

    assert env["ir.mail_server"]._find_mail_server("a@b.example")[0].name == "first"


def test_headers_cannot_be_forged_by_their_values(env):
    built = message(
        env, subject="Hi\r\nBcc: all@example.com", headers={"X-A": "1\n2", "Message-Id": "<own@x>"}, references="<a@b>"
    )

    assert built["Bcc"] is None and built["Subject"] == "Hi Bcc: all@example.com"
    assert built["X-A"] == "1 2" and built.get_all("Message-Id") == ["<own@x>"] and built["References"] == "<a@b>"
    assert message(env, object_id="7-res.partner")["Message-Id"].count("7-res.partner") == 1


def test_bodies_and_attachments_arrive_as_they_were(env, serve):
    mailbox, port = serve()
    server_for(env, port)
    inner = message(env, subject="Inner").as_bytes()

    env["ir.mail_server"].send_email(
        message(env, subject="Žluťoučký", body="<p>Hi <b>é</b></p>", subtype="html",
                attachments=[("ž.pdf", b"%PDF-", "application/pdf"), ("m.eml", inner, "message/rfc822"), ("a", "text")])
    )  # fmt: skip

    got = mailbox.last()
    assert got["Subject"] == "Žluťoučký"
    assert got.get_body(("plain",)).get_content().strip() == "Hi *é*"
    assert got.get_body(("html",)).get_content().strip() == "<p>Hi <b>é</b></p>"
    files = {part.get_filename(): part for part in got.iter_attachments()}
    assert files["ž.pdf"].get_content() == b"%PDF-" and files["ž.pdf"].get_content_type() == "application/pdf"
    assert files["m.eml"].get_content()["Subject"] == "Inner"


def test_addresses_go_over_the_wire_in_ascii_domains():
    assert wire_addresses('"Ann, B" <ann@bücher.example>, nobody, bob@x.org') == [
        "ann@xn--bcher-kva.example",
        "bob@x.org",
    ]


def test_what_a_server_refuses_is_told(env, serve):
    _mailbox, port = serve()
    server = server_for(env, port)

    with pytest.raises(MailDeliveryException, match="could not be delivered"):
        env["ir.mail_server"].send_email(message(env, email_to="x@nowhere.example"))
    with pytest.raises(AssertionError, match="valid recipient"):
        env["ir.mail_server"].send_email(message(env, email_to=""))
    server.active = False
    with pytest.raises(UserError, match="archived"):
        env["ir.mail_server"].connect(mail_server_id=server.id)


def test_the_test_button_says_whether_the_server_answers(env, serve):
    _mailbox, port = serve()
    server = server_for(env, port, from_filter="example.com")

    assert server.test_smtp_connection()["params"]["type"] == "success"
    server.action_retrieve_max_email_size()
    assert server.max_email_size == 32
    server.smtp_port = 1
    with pytest.raises(UserError, match="The test of “.*” failed"):
        server.test_smtp_connection()


def test_strangers_can_neither_test_nor_see_a_server(env, serve):
    _mailbox, port = serve()
    server = server_for(env, port, smtp_user="ann", smtp_pass=PASSWORD)
    user = env["res.users"].create({"name": "U", "login": "u", "groups_id": [(6, 0, [env.ref("base.group_user").id])]})

    with pytest.raises(AccessError):
        server.with_user(user).test_smtp_connection()
    with pytest.raises(AccessError):
        server.with_user(user).read(["smtp_pass"])


def test_the_options_of_the_server_send_when_there_is_no_record(env, serve, tmp_path: Path):
    mailbox, port = serve("starttls", wants_login=True)
    options = {
        "smtp_server": "127.0.0.1",
        "smtp_port": port,
        "smtp_ssl": True,
        "smtp_user": "o",
        "smtp_password": PASSWORD,
    }
    registry = env.registry
    original = registry.config
    registry.config = original.replace(**options)

    try:
        env["ir.mail_server"].send_email(message(env))
    finally:
        registry.config = original

    assert mailbox.logins == ["o"] and mailbox.envelopes[0].is_encrypted


def test_the_account_of_the_options_is_for_their_host_only(env, serve, monkeypatch):
    """The administrator of one database names hosts; the account is the operator's."""
    mailbox, port = serve(wants_login=True)
    options = {"smtp_server": "127.0.0.1", "smtp_port": port, "smtp_user": "o", "smtp_password": PASSWORD}
    monkeypatch.setattr(env.registry, "config", env.registry.config.replace(**options))
    servers = env["ir.mail_server"]
    own = server_for(env, port, smtp_authentication="cli")

    assert servers.connect(mail_server_id=own.id).password == ""
    assert mailbox.logins == ["o"]
    own.smtp_host = "localhost"
    servers.connect(mail_server_id=own.id)
    servers.connect(host="localhost", port=port)

    assert mailbox.logins == ["o"]


@pytest.mark.parametrize("method", ["_settings", "_settings_of_options", "connect"])
def test_code_does_not_learn_the_account_of_the_options(env, method):
    with pytest.raises(Exception, match="leads out of the database"):
        safe_eval(f"servers.{method}()", {"servers": env["ir.mail_server"]})
