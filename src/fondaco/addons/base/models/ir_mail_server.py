"""Through which server an e-mail leaves, and how the message is built."""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, getaddresses, make_msgid, parseaddr

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError

_logger = logging.getLogger(__name__)
TIMEOUT_S = 60
UNDISCLOSED = "undisclosed-recipients:;"


class MailDeliveryException(Exception):  # noqa: N818 - name of the documented interface
    """The message could not be handed to a server."""


def extract_rfc2822_addresses(text):
    """Addresses in a header value."""
    return [address for _name, address in getaddresses([text or ""]) if "@" in address]


class IrMailServer(models.Model):
    _name = "ir.mail_server"
    _description = "Mail Server"
    _order = "sequence, id"
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

    def _get_test_email_from(self):
        self.ensure_one()
        if self.from_filter and "@" in (address := self.from_filter.split(",")[0].strip()):
            return address
        if not self.env.user.email:
            raise UserError(_("Give your own e-mail address first: the test is sent in your name."))
        return self.env.user.email

    def _get_test_email_to(self):
        return "noreply@example.com"

    def test_smtp_connection(self, autodetect_max_email_size=False):
        """Connect and go through the first steps of sending; says so on success."""
        for server in self:
            connection = None
            try:
                connection = self.connect(mail_server_id=server.id, allow_archived=True)
                connection.mail(server._get_test_email_from())
                code, answer = connection.rcpt(server._get_test_email_to())
                if code not in (250, 251):
                    raise UserError(_("The server refused the test recipient: %s", answer))
                if autodetect_max_email_size:
                    server._note_max_size(connection)
            except (smtplib.SMTPException, OSError, UnicodeError) as error:
                raise UserError(_("The test failed: %s", error)) from error
            finally:
                if connection is not None:
                    connection.close()
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

    # -- sending --------------------------------------------------------------------------------------------------

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
        """A connection that is logged in: of the server given or found for the sender, else of the options."""
        if self._disable_send():
            return None
        server = self.sudo().browse(mail_server_id) if mail_server_id else self.browse()
        if server and not allow_archived and not server.active:
            raise UserError(_("The mail server “%s” is archived and cannot be used.", server.name))
        if not server and not host:
            server, smtp_from = self.sudo()._find_mail_server(smtp_from)
        options = self._options(server, host, port, user, password, encryption)
        if not options["host"]:
            raise UserError(_("There is no outgoing mail server: add one, or give one in the configuration."))
        context = ssl.create_default_context()
        if options["encryption"] == "ssl":
            connection = smtplib.SMTP_SSL(options["host"], options["port"], timeout=TIMEOUT_S, context=context)
        else:
            connection = smtplib.SMTP(options["host"], options["port"], timeout=TIMEOUT_S)
        connection.set_debuglevel(bool(smtp_debug or server.smtp_debug))
        if options["encryption"] == "starttls":
            connection.starttls(context=context)
        if options["user"]:
            connection.login(options["user"], options["password"] or "")
        connection.ehlo_or_helo_if_needed()
        connection.from_filter = server.from_filter if server else self.env.registry.config.get("from_filter")
        connection.smtp_from = smtp_from
        return connection

    def _options(self, server, host, port, user, password, encryption):
        if server:
            return {
                "host": server.smtp_host,
                "port": server.smtp_port,
                "user": server.smtp_user,
                "password": server.smtp_pass,
                "encryption": server.smtp_encryption,
            }
        config = self.env.registry.config
        return {
            "host": host or config.get("smtp_server"),
            "port": port or config.get("smtp_port") or 25,
            "user": user or config.get("smtp_user"),
            "password": password or config.get("smtp_password"),
            "encryption": encryption or ("starttls" if config.get("smtp_ssl") else "none"),
        }

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
        """A message ready to send; `attachments` are (name, content[, type])."""
        email_from = email_from or self._get_default_from_address()
        if not email_from:
            raise UserError(_("Give the sender of the e-mail, or a default one in the configuration."))
        message = EmailMessage()
        for name, value in (headers or {}).items():
            message[name] = value
        message["Message-Id"] = message_id or make_msgid(domain=object_id and f"{object_id}-fondaco" or None)
        if references:
            message["references"] = references
        message["Subject"] = subject
        message["From"] = email_from
        message["Reply-To"] = reply_to or email_from
        message["To"] = ", ".join(email_to if isinstance(email_to, (list, tuple)) else [email_to or ""])
        if email_cc:
            message["Cc"] = ", ".join(email_cc)
        if email_bcc:
            message["Bcc"] = ", ".join(email_bcc)
        message["Date"] = formatdate(localtime=False)
        body = body or ""
        if subtype == "html" and not body_alternative:
            message.set_content(_plain(body), subtype="plain")
            message.add_alternative(body, subtype="html")
        else:
            message.set_content(body, subtype=subtype)
            if body_alternative:
                message.add_alternative(body_alternative, subtype=subtype_alternative)
        for name, content, *kind in attachments or ():
            maintype, _slash, minor = (kind[0] if kind else "application/octet-stream").partition("/")
            message.add_attachment(content, maintype, minor or "octet-stream", filename=name)
        return message

    @api.model
    def _get_default_bounce_address(self):
        return self.env["ir.config_parameter"].sudo().get_param("mail.bounce.alias") or False

    @api.model
    def _get_default_from_address(self):
        """Sender of what names none."""
        return self.env.registry.config.get("email_from") or False

    def _prepare_email_message(self, message, smtp_session):
        """(envelope sender, recipients, message without Bcc) to hand to a connection."""
        sender = getattr(smtp_session, "smtp_from", None) or message["Return-Path"] or message["From"]
        recipients = []
        for name in ("To", "Cc", "Bcc"):
            recipients += extract_rfc2822_addresses(str(message[name] or ""))
        if not recipients:
            raise AssertionError(self.NO_VALID_RECIPIENT)
        del message["Bcc"]
        if message["X-Forge-To"]:
            forged = message["X-Forge-To"]
            del message["X-Forge-To"], message["To"]
            message["To"] = forged
        return parseaddr(str(sender))[1], list(dict.fromkeys(recipients)), message

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
        """Send a message, answer its Message-Id."""
        if self._disable_send():
            _logger.info("e-mail not sent: sending is disabled message_id=%s", message["Message-Id"])
            return message["Message-Id"]
        session = smtp_session or self.connect(
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
        try:
            session.send_message(message, sender, recipients)
        except (smtplib.SMTPException, OSError) as error:
            _logger.warning("e-mail delivery failed host=%s error=%s", getattr(session, "_host", ""), error)
            raise MailDeliveryException(_("The e-mail could not be delivered."), str(error)) from error
        finally:
            if smtp_session is None:
                session.close()
        return message["Message-Id"]

    def _disable_send(self):
        """Whether messages stay here: while tests run."""
        return bool(self.env.registry.config.get("test_enable"))

    def _find_mail_server(self, email_from, mail_servers=None):
        """(server, sender) for mail of an address: by its filter, else the first without one, else the options."""
        servers = mail_servers if mail_servers is not None else self.sudo().search([], order="sequence")
        address = parseaddr(email_from or "")[1].lower()
        domain = address.rpartition("@")[2]
        for wanted in (address, domain):
            for server in servers:
                if wanted and wanted in [part.strip().lower() for part in (server.from_filter or "").split(",")]:
                    return server, email_from
        for server in servers:
            if not server.from_filter:
                return server, email_from
        return (servers[0], email_from) if servers else (self.browse(), email_from)

    @api.model
    def _match_from_filter(self, email_from, from_filter):
        """Whether a server with this filter may send for an address."""
        if not from_filter:
            return True
        address = parseaddr(email_from or "")[1].lower()
        parts = [part.strip().lower() for part in from_filter.split(",") if part.strip()]
        return any(part == address if "@" in part else address.endswith("@" + part) for part in parts)

    @api.onchange("smtp_encryption")
    def _onchange_encryption(self):
        self.smtp_port = {"ssl": 465}.get(self.smtp_encryption, 25)


def _plain(html):
    """Text of an HTML body, for readers without HTML."""
    text = re.sub(r"(?i)<br\s*/?>|</p>|</div>|</tr>|</h\d>", "\n", html)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"<[^>]+>", "", text)).strip()
