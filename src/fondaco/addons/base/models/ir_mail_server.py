"""Through which server an e-mail leaves, and how the message is built."""

from __future__ import annotations

import base64
import logging
import secrets
import smtplib
import socket
import time
from pathlib import Path

from fondaco.addon import _, api, fields, models
from fondaco.email.smtp import MailDeliveryException, Settings, close_session, open_session
from fondaco.errors import UserError
from fondaco.values.deferred import Postponed

email_address, email_message = Postponed("fondaco.email.address"), Postponed("fondaco.email.message")
_logger = logging.getLogger(__name__)

NO_ACCOUNT = {"user": "", "password": "", "certificate": b"", "private_key": b""}


class IrMailServer(models.Model):
    _name = "ir.mail_server"
    _description = "Mail Server"
    _order = "sequence, id"
    # The operator's account for all databases; a session is a way to whatever this server reaches.
    closed_to_code = frozenset({"_settings", "_settings_of_options", "connect"})
    _sql_constraints = [
        (
            "certificate_requires_tls",
            "CHECK(smtp_encryption != 'none' OR smtp_authentication != 'certificate')",
            "Certificate authentication needs a TLS connection.",
        ),
    ]

    name = fields.Char(string="Name", required=True, index=True)
    from_filter = fields.Char(string="FROM Filtering")
    smtp_host = fields.Char(string="SMTP Server")
    smtp_port = fields.Integer(string="SMTP Port", default=25)
    smtp_authentication = fields.Selection(
        selection=[
            ("login", "Username"),
            ("certificate", "SSL Certificate"),
            ("cli", "Command Line Interface"),
        ],
        string="Authenticate with",
        required=True,
        default="login",
    )
    smtp_authentication_info = fields.Text(string="Authentication Info", compute="_compute_smtp_authentication_info")
    smtp_user = fields.Char(string="Username", groups="base.group_system")
    smtp_pass = fields.Char(string="Password", groups="base.group_system")
    smtp_encryption = fields.Selection(
        selection=[
            ("none", "None"),
            ("starttls", "TLS (STARTTLS)"),
            ("ssl", "SSL/TLS"),
        ],
        string="Connection Encryption",
        required=True,
        default="none",
    )
    smtp_ssl_certificate = fields.Binary(string="SSL Certificate", attachment=False, groups="base.group_system")
    smtp_ssl_private_key = fields.Binary(string="SSL Private Key", attachment=False, groups="base.group_system")
    smtp_debug = fields.Boolean(string="Debugging")
    max_email_size = fields.Float(string="Max Email Size")
    sequence = fields.Integer(string="Priority", default=10, aggregator=None)
    active = fields.Boolean(string="Active", default=True)

    NO_VALID_RECIPIENT = "At least one valid recipient address should be specified for outgoing emails (To/Cc/Bcc)"

    @api.depends("smtp_authentication")
    def _compute_smtp_authentication_info(self):
        texts = {
            "login": _("Log in with a user name and a password."),
            "certificate": _("Identify with the certificate below."),
            "cli": _("Use the mail options given to the server when it was started."),
        }
        for server in self:
            server.smtp_authentication_info = texts.get(server.smtp_authentication, False)

    @api.constrains("smtp_authentication", "smtp_ssl_certificate", "smtp_ssl_private_key")
    def _check_smtp_ssl_files(self):
        for server in self:
            if server.smtp_authentication == "certificate" and not (
                server.smtp_ssl_certificate and server.smtp_ssl_private_key
            ):
                raise UserError(_("A certificate and its private key are needed for “%s”.", server.name))

    def write(self, vals):
        if vals.get("active") is False:
            self._check_not_in_use()
        return super().write(vals)

    def unlink(self):
        self._check_not_in_use()
        return super().unlink()

    def _check_not_in_use(self):
        usages = {name: used for name, used in self._active_usages_compute().items() if used}
        if usages:
            lines = "\n".join(f"- {usage}" for used in usages.values() for usage in used)
            raise UserError(_("These mail servers are in use:\n%s", lines))

    def _active_usages_compute(self):
        """Mail server id -> sentences that say what uses it; addons add theirs."""
        return {}

    def _get_max_email_size(self):
        if self.max_email_size:
            return self.max_email_size
        return float(self.env["ir.config_parameter"].sudo().get_param("base.default_max_email_size", "10"))

    # -- trying ---------------------------------------------------------------------------------------------------

    def _get_test_email_from(self):
        self.ensure_one()
        wanted = (self.from_filter or "").split(",")[0].strip()
        if wanted:
            return wanted if "@" in wanted else f"test@{wanted}"
        if not self.env.user.email:
            raise UserError(_("Give your own e-mail address first: the test is sent in your name."))
        return self.env.user.email

    def _get_test_email_to(self):
        return "noreply@example.com"

    def test_smtp_connection(self, autodetect_max_email_size=False):
        """Connect and go through the first steps of sending; says so on success."""
        self.check_access("write")  # it tells what a host of this network answers
        for server in self:
            connection = None
            try:
                connection = self.connect(mail_server_id=server.id, allow_archived=True)
                connection.mail(server._get_test_email_from())
                code, answer = connection.rcpt(server._get_test_email_to())
                if code not in (250, 251):
                    raise UserError(_("The server refused the test recipient: %s", answer.decode("utf-8", "replace")))
                if autodetect_max_email_size:
                    server._note_max_size(connection)
            except (smtplib.SMTPException, OSError, UnicodeError) as error:
                raise UserError(_("The test of “%(name)s” failed: %(error)s", name=server.name, error=error)) from error
            finally:
                if connection is not None:
                    close_session(connection)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": _("The server answers as it should."),
                "type": "success",
                "sticky": False,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _note_max_size(self, connection):
        size = connection.esmtp_features.get("size")
        if not size:
            raise UserError(_("The server “%s” does not tell the largest size it takes.", self.name))
        self.max_email_size = int(size) / 2**20

    def action_retrieve_max_email_size(self):
        self.ensure_one()
        return self.test_smtp_connection(autodetect_max_email_size=True)

    # -- connecting -----------------------------------------------------------------------------------------------

    @api.private  # from outside it would try any address that this server reaches
    def connect(
        self,
        host=None,
        port=None,
        user=None,
        password=None,
        encryption=None,
        smtp_from=None,
        ssl_certificate=None,
        ssl_private_key=None,
        smtp_debug=False,
        mail_server_id=None,
        allow_archived=False,
    ):
        """A connection that is logged in: of the server given or found for the sender, else of the options.

        It can be given to several `send_email` as `smtp_session`; who asked for it closes it. None while sending is
        disabled.
        """
        if self._disable_send():
            return None
        server = self._given_server(mail_server_id, allow_archived)
        if not server and not host:
            server, smtp_from = self.sudo()._find_mail_server(smtp_from)
        settings = server._settings() if server else self._settings_of_options()
        given = {
            "host": host,
            "port": port,
            "user": user,
            "password": password,
            "encryption": encryption,
            "certificate": _pem(ssl_certificate),
            "private_key": _pem(ssl_private_key),
            "is_verbose": smtp_debug,
        }
        if not server:
            if host and host != settings["host"]:
                settings |= NO_ACCOUNT
            settings |= {name: value for name, value in given.items() if value}
        connection = open_session(self._checked_settings(settings))
        connection.from_filter = settings["from_filter"]
        connection.smtp_from = smtp_from
        return connection

    def _given_server(self, mail_server_id, allow_archived=False):
        """The server of this id, if there is one; an archived one is refused."""
        server = self.sudo().browse(mail_server_id or [])
        if server and not allow_archived and not server.active:
            raise UserError(_("The mail server “%s” is archived and cannot be used.", server.name))
        return server

    def _checked_settings(self, settings):
        if not settings["host"]:
            raise UserError(_("There is no outgoing mail server: add one, or give one in the configuration."))
        return Settings(**settings)

    def _settings(self):
        """How to reach this server."""
        config = self.env.registry.config
        settings = {
            "host": self.smtp_host or config.get("smtp_server"),
            "port": self.smtp_port or 25,
            "encryption": self.smtp_encryption,
            "is_verbose": self.smtp_debug,
            "from_filter": self.from_filter or "",
        }
        if self.smtp_authentication == "login":
            settings |= {"user": self.smtp_user or "", "password": self.smtp_pass or ""}
        elif self.smtp_authentication == "certificate":
            settings["certificate"] = base64.b64decode(self.smtp_ssl_certificate or b"")
            settings["private_key"] = base64.b64decode(self.smtp_ssl_private_key or b"")
        elif settings["host"] == config.get("smtp_server"):
            # What the operator is known by at that host is for no other one, which a database's administrator names.
            options = self._settings_of_options()
            settings |= {name: options[name] for name in NO_ACCOUNT}
        return settings

    def _settings_of_options(self):
        """How to reach the server that the configuration names."""
        config = self.env.registry.config
        certificate, key = config.get("smtp_ssl_certificate_filename"), config.get("smtp_ssl_private_key_filename")
        return {
            "host": config.get("smtp_server"),
            "port": config.get("smtp_port") or 25,
            "encryption": "starttls" if config.get("smtp_ssl") else "none",
            "user": config.get("smtp_user") or "",
            "password": config.get("smtp_password") or "",
            "certificate": Path(certificate).read_bytes() if certificate else b"",
            "private_key": Path(key).read_bytes() if key else b"",
            "from_filter": config.get("from_filter") or "",
        }

    # -- which server ---------------------------------------------------------------------------------------------

    def _find_mail_server(self, email_from, mail_servers=None):
        """(server, sender) for mail of an address; no server means the one of the configuration.

        The first of: a server whose filter names the address, one that names its domain, one that takes the default
        sender (which then stands in), one without filter, any (with the default sender, if there is one).
        """
        servers = self.sudo().search([], order="sequence, id") if mail_servers is None else mail_servers
        default = self._get_default_from_address()
        for sender in filter(None, (email_from, default)):
            address = email_address.email_normalize(sender) or ""
            for wanted in filter(None, (address, address.rpartition("@")[2])):
                for server in servers:
                    if wanted in _filters(server.from_filter):
                        return server, sender
        for server in servers:
            if not server.from_filter:
                return server, email_from or default
        if servers:
            _logger.warning("no mail server may send for this sender server=%s", servers[0].name)
            return servers[0], default or email_from
        return self.browse(), self._sender_for(email_from, self.env.registry.config.get("from_filter"))

    def _sender_for(self, email_from, from_filter):
        """The address itself where a filter allows it, else the default one, if that is better."""
        default = self._get_default_from_address()
        if self._match_from_filter(email_from, from_filter) or not default:
            return email_from
        return default

    @api.model
    def _match_from_filter(self, email_from, from_filter):
        """Whether a server with this filter may send for an address."""
        if not from_filter:
            return True
        address = email_address.email_normalize(email_from or "") or ""
        return any(part in (address, address.rpartition("@")[2]) for part in _filters(from_filter))

    @api.model
    def _get_default_bounce_address(self):
        """Where answers of machines go: `mail.bounce.alias` at `mail.catchall.domain`."""
        return self._address_of_parameter("mail.bounce.alias")

    @api.model
    def _get_default_from_address(self):
        """Sender of what names none: `mail.default.from`, else the option `email_from`."""
        return self._address_of_parameter("mail.default.from") or self.env.registry.config.get("email_from") or False

    @api.model
    def _address_of_parameter(self, name):
        parameters = self.env["ir.config_parameter"].sudo()
        value, domain = parameters.get_param(name), parameters.get_param("mail.catchall.domain")
        if not value or "@" in value:
            return value or False
        return f"{value}@{domain}" if domain else False

    # -- sending --------------------------------------------------------------------------------------------------

    def build_email(
        self,
        email_from,
        email_to,
        subject,
        body,
        email_cc=None,
        email_bcc=None,
        reply_to=False,
        attachments=None,
        message_id=None,
        references=None,
        object_id=False,
        subtype="plain",
        headers=None,
        body_alternative=None,
        subtype_alternative="plain",
    ):
        """A message ready to send; `attachments` are (name, content[, type]), `object_id` says what it is about."""
        email_from = email_from or self._get_default_from_address()
        if not email_from:
            raise UserError(_("Give the sender of the e-mail, or a default one in the configuration."))
        return email_message.build(
            email_message.Content(
                sender=email_from,
                to=_listed(email_to),
                subject=subject or "",
                body=body or "",
                subtype=subtype,
                alternative=body_alternative or "",
                alternative_subtype=subtype_alternative,
                cc=_listed(email_cc),
                bcc=_listed(email_bcc),
                reply_to=reply_to or "",
                references=references or "",
                message_id=message_id or (_message_id_about(object_id) if object_id else ""),
                headers=headers or {},
                attachments=attachments or (),
            )
        )

    def _prepare_email_message(self, message, smtp_session):
        """(envelope sender, recipients, message without Bcc) to hand to a connection."""
        sender = str(message["From"] or "")
        allowed = getattr(smtp_session, "smtp_from", None) or sender
        if email_address.email_normalize(allowed) != email_address.email_normalize(sender):
            del message["From"]
            message["From"] = email_address.encapsulate_email(sender, allowed)
        bounce = str(message["Return-Path"] or "") or self._get_default_bounce_address()
        if not bounce or not self._match_from_filter(bounce, getattr(smtp_session, "from_filter", "")):
            bounce = allowed
        recipients = []
        for name in ("To", "Cc", "Bcc"):
            recipients += extract_rfc2822_addresses(str(message[name] or ""))
        if not recipients:
            raise AssertionError(self.NO_VALID_RECIPIENT)
        del message["Bcc"], message["Return-Path"]
        if message["X-Forge-To"]:
            forged = message["X-Forge-To"]
            del message["X-Forge-To"], message["To"]
            message["To"] = forged
        return (extract_rfc2822_addresses(bounce) or [bounce])[-1], list(dict.fromkeys(recipients)), message

    @api.private
    @api.model
    def send_email(
        self,
        message,
        mail_server_id=None,
        smtp_server=None,
        smtp_port=None,
        smtp_user=None,
        smtp_password=None,
        smtp_encryption=None,
        smtp_ssl_certificate=None,
        smtp_ssl_private_key=None,
        smtp_debug=False,
        smtp_session=None,
    ):
        """Send a message, answer its Message-Id; `MailDeliveryException` if no server took it."""
        message_id = message["Message-Id"]
        if self._disable_send():
            _logger.info("e-mail not sent: sending is disabled message_id=%s", message_id)
            return message_id
        session = smtp_session
        try:
            session = session or self.connect(
                smtp_server,
                smtp_port,
                smtp_user,
                smtp_password,
                smtp_encryption,
                smtp_from=str(message["From"]),
                ssl_certificate=smtp_ssl_certificate,
                ssl_private_key=smtp_ssl_private_key,
                smtp_debug=smtp_debug,
                mail_server_id=mail_server_id,
            )
            sender, recipients, message = self._prepare_email_message(message, session)
            session.send_message(message, sender, recipients)
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            _logger.warning("e-mail delivery failed message_id=%s error=%s", message_id, error)
            raise MailDeliveryException(_("The e-mail could not be delivered."), str(error)) from error
        finally:
            if smtp_session is None and session is not None:
                close_session(session)
        _logger.info("e-mail sent message_id=%s recipients=%s", message_id, len(recipients))
        return message_id

    def _disable_send(self):
        """Whether messages stay here: while tests run."""
        return bool(self.env.registry.config.get("test_enable"))

    @api.onchange("smtp_encryption")
    def _onchange_encryption(self):
        self.smtp_port = {"ssl": 465}.get(self.smtp_encryption, 25)


def extract_rfc2822_addresses(text):
    """The addresses in a header's value as they go over the wire; addons import this."""
    return email_address.wire_addresses(text)


def _message_id_about(object_id):
    return email_address.generate_tracking_message_id(
        object_id, socket.gethostname(), time.time(), secrets.token_hex(8)
    )


def _pem(value):
    """Certificates come as content, or as the name of a file."""
    return Path(value).read_bytes() if isinstance(value, str) and "-----BEGIN" not in value else value


def _filters(text):
    """The addresses and domains of a filter."""
    return [part.strip().lower() for part in (text or "").split(",") if part.strip()]


def _listed(addresses):
    """Addresses as a list; a text may hold several."""
    if not addresses:
        return []
    return [addresses] if isinstance(addresses, str) else [address for address in addresses if address]
