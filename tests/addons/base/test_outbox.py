"""Effects that base has for everyone: mail and webhooks leave after the commit, once, and again where that failed."""

from __future__ import annotations

import http.server
import json
import logging
import socket
import threading
import time

import psycopg.errors
import pytest
from aiosmtpd.controller import Controller

from fondaco.errors import RetryLater, UserError
from fondaco.orm.environment import SUPERUSER_ID
from fondaco.registry.transact import transact
from fondaco.values import webhooks
from tests.fix_addons import addon_module
from tests.fix_jobs import Bench


class Post(Bench):
    """A database that sends."""

    def job(self, *names):
        """Values of the one job there is."""
        with self.env() as env:
            (job,) = env["ir.job"].search([])
            return tuple(job[name] for name in names)

    def hurry(self):
        with self.env() as env:
            env["ir.job"].search([]).action_run_now()


@pytest.fixture
def post(registries, database):
    post = Post(registries, database)
    yield post
    post.clear()
    with post.env() as env:
        env.cr.execute("DELETE FROM ir_mail_server")


@pytest.fixture
def heard():
    """(headers, body as it came) of each call of the webhook."""
    return []


@pytest.fixture
def hook(heard):
    """(address, bodies and keys received, answers to give first) of a server on loopback."""
    received, answers = [], []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.headers, body))
            received.append((json.loads(body), self.headers["Idempotency-Key"]))
            status, headers = answers.pop(0) if answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook?key=k3y", received, answers
    server.shutdown()
    server.server_close()


class Mailbox:
    """Takes messages once it has been patient for a number of them."""

    def __init__(self):
        self.taken, self.refusals = [], 0

    async def handle_DATA(self, server, session, envelope):
        if self.refusals:
            self.refusals -= 1
            return "451 come back later"
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content.decode()))
        return "250 taken"


@pytest.fixture
def mailbox(post):
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, "127.0.0.1", port)
    controller.start()
    with post.env() as env:
        env["ir.mail_server"].create({"name": "S", "smtp_host": "127.0.0.1", "smtp_port": port})
    yield box
    controller.stop()


def ring(post, address):
    """Run a server action that calls the webhook, and commit."""
    with post.env() as env:
        model = env["ir.model"]._get("res.partner")
        action = env["ir.actions.server"].create(
            {"name": "Ring", "model_id": model.id, "state": "webhook", "webhook_url": address}
        )
        partner = env["res.partner"].create({"name": "Ada"})
        action.with_context(active_model="res.partner", active_ids=partner.ids, active_id=partner.id).run()
        return {"_model": "res.partner", "_id": partner.id, "_action": f"Ring(#{action.id})"}


def letter(env, **values):
    given = {"email_from": "ann@example.com", "email_to": ["bob@example.org"], "subject": "Hé", "body": "Hi", **values}
    return env["ir.mail_server"].build_email(**given)


def test_a_webhook_is_called_until_the_other_side_takes_it_with_one_key(post, hook, caplog):
    address, received, answers = hook
    answers += [(503, {"Retry-After": "0"}), (500, {})]

    with caplog.at_level(logging.INFO):
        body = ring(post, address)
        assert received == []
        post.run()
        assert post.job("state", "tries") == ("waiting", 2), "after 503 as soon as it asked for, after 500 later"
        post.hurry()
        post.run()

    key, state, result, error = post.job("key", "state", "result", "error")
    assert received == [(body, key)] * 3
    assert (state, result, error) == ("done", "127.0.0.1 answered 204", False)
    assert "webhook called host=127.0.0.1 status=204" in caplog.text and "k3y" not in caplog.text


@pytest.fixture
def secret(post):
    """What the database signs with."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    with post.env() as env:
        env["ir.config_parameter"].set_param("webhook.secret", secret)
    yield secret
    with post.env() as env:
        env["ir.config_parameter"].set_param("webhook.secret", False)


def test_m9_a_webhook_is_signed_given_up_after_its_tries_and_sent_again_by_hand(post, hook, heard, secret, caplog):
    address, _received, answers = hook
    ring(post, address)
    (tries,) = post.job("most_tries")
    answers += [(500, {})] * tries

    for _try in range(tries):
        post.run()
        post.hurry() if post.job("state") == ("waiting",) else None
    assert post.job("state") == ("failed",) and len(heard) == tries
    with post.env() as env:
        env["ir.job"].search([]).action_retry()
    post.run()

    assert post.job("state") == ("done",)
    assert {webhooks.verified(secret, headers, body, time.time()) for headers, body in heard} == {post.job("key")[0]}
    assert len(heard) == tries + 1 and secret not in caplog.text + str(post.job("arguments"))


def test_a_webhook_whose_secret_is_none_is_not_sent_unsigned(post, hook, secret):
    address, received, _answers = hook
    with post.env() as env:
        env["ir.config_parameter"].set_param("webhook.secret", "too short")
    ring(post, address)

    post.run()

    assert received == [] and "webhook.secret: the secret of a webhook is" in post.job("error")[0]


def test_a_webhook_that_reaches_nobody_keeps_its_address_to_itself(post, caplog):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/?key=k3y"
    ring(post, address)

    post.run()

    (error,) = post.job("error")
    assert "127.0.0.1 was not reached: ConnectionError" in error
    assert "k3y" not in error + caplog.text


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/"])
def test_a_webhook_of_another_kind_of_address_is_refused(post, address):
    ring(post, address)

    post.run()

    assert "begins with http:// or https://" in post.job("error")[0]


@pytest.mark.parametrize("networks", [(), ("10.0.0.0/8",)])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]"])
def test_s5_a_webhook_does_not_reach_the_machines_behind(hook, host, networks):
    address, received, _answers = hook
    url = address.replace("127.0.0.1", host, 1)

    with pytest.raises((UserError, RetryLater), match="an address inside|was not reached") as refusal:
        addon_module("base.models.webhook").post_json(url, "{}", "key", networks)

    assert received == []
    assert "k3y" not in str(refusal.value)


def test_s5_a_private_network_that_is_named_may_be_reached(hook):
    address, received, _answers = hook

    addon_module("base.models.webhook").post_json(address, "{}", "key", ["127.0.0.0/8"])

    assert len(received) == 1


def test_a_redirection_of_a_webhook_is_not_followed(post, hook):
    address, received, answers = hook
    answers.append((302, {"Location": address}))
    ring(post, address)

    post.run()

    assert len(received) == 1 and "answered 302" in post.job("error")[0]


def test_mail_leaves_after_the_commit_and_not_before(post, mailbox):
    with post.env() as env:
        message = letter(env, email_bcc=["d@example.org"])
        message_id = env["ir.mail_server"].queue_email(message)
        post.run()
        assert mailbox.taken == []
    post.run()

    ((sender, recipients, content),) = mailbox.taken
    assert (sender, recipients) == ("ann@example.com", ["bob@example.org", "d@example.org"])
    assert message_id in content and "Bcc" not in content and "=?utf-8?" in content
    assert post.job("state", "result") == ("done", "127.0.0.1 took it for bob@example.org, d@example.org")


def test_mail_of_a_transaction_that_is_undone_never_leaves(post, mailbox):
    with post.env() as env:
        env["ir.mail_server"].queue_email(letter(env))
        env.cr.rollback()

    post.run()

    assert mailbox.taken == []


def test_a_transaction_that_is_repeated_sends_its_mail_once(post, mailbox):
    attempts = []

    def work(env):
        attempts.append(1)
        env["ir.mail_server"].queue_email(letter(env))
        if len(attempts) < 3:
            raise psycopg.errors.SerializationFailure("somebody was faster")

    transact(post.registries.get(post.name), work, uid=SUPERUSER_ID)
    post.run()

    assert (len(attempts), len(mailbox.taken)) == (3, 1)


def test_mail_that_was_not_taken_is_sent_again_and_the_same_message_only_once(post, mailbox):
    mailbox.refusals = 1
    with post.env() as env:
        message = letter(env)
        env["ir.mail_server"].queue_email(message)
        env["ir.mail_server"].queue_email(message)
    post.run()
    assert (post.job("state")[0], mailbox.taken) == ("waiting", [])
    assert "451" in post.job("error")[0]

    post.hurry()
    post.run()

    assert len(mailbox.taken) == 1
    assert post.job("state", "tries") == ("done", 2)
