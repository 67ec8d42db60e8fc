"""Messages that leave once the transaction that wrote them is committed."""

from __future__ import annotations

import email
import logging
import smtplib
from functools import partial
from types import SimpleNamespace

from fondaco.addon import api, models
from fondaco.email.smtp import MailDeliveryException, session
from fondaco.values.deferred import Deferred

policy = Deferred("email.policy")
_logger = logging.getLogger(__name__)


class IrMailServer(models.Model):
    _inherit = "ir.mail_server"

    @api.private
    @api.model
    def queue_email(self, message, mail_server_id=None, *, delay=None):
        """Have a message sent once this transaction is committed, and only then; answers its Message-Id.

        A transaction that is repeated sends nothing twice, and a message of the same Message-Id is sent once. A server
        that does not take it is asked again; what is given up stays among the background jobs.
        """
        message_id = message["Message-Id"]
        later = self.browse().outside(channel="mail", identity=message_id, delay=delay)
        later._prepare_delivery(message.as_bytes(), mail_server_id)
        return message_id

    def _prepare_delivery(self, content, mail_server_id):
        """The function that hands a queued message to its server."""
        message = email.message_from_bytes(content, policy=policy.SMTP)
        if self._disable_send():
            return partial(_logger.info, "e-mail not sent: sending is disabled message_id=%s", message["Message-Id"])
        server, sender = self._given_server(mail_server_id), str(message["From"])
        if not server:
            server, sender = self.sudo()._find_mail_server(sender)
        settings = self._checked_settings(server._settings() if server else self._settings_of_options())
        route = SimpleNamespace(smtp_from=sender, from_filter=settings.from_filter)
        return partial(_deliver, settings, *self._prepare_email_message(message, route))


def _deliver(settings, sender, recipients, message):
    """Hand a message to a server; what to note of it."""
    try:
        with session(settings) as connection:
            connection.send_message(message, sender, recipients)
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        raise MailDeliveryException(f"{settings.host} did not take the message", str(error)) from error
    _logger.info("e-mail sent message_id=%s recipients=%s", message["Message-Id"], len(recipients))
    return f"{settings.host} took it for {', '.join(recipients)}"
