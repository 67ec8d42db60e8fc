"""Messages of customers, as a mail server brings them, and what is answered."""

import hashlib

from fondaco.addon import _, api, fields, models
from fondaco.email.address import email_normalize
from fondaco.errors import UserError

TAKEN = ("message_id", "sender", "reply_to", "subject", "date", "text", "html", "in_reply_to", "is_automatic")
"""What a gateway says of a message, beside its attachments."""


class Message(models.Model):
    _name = "emporium.message"
    _description = "Message of a Customer"
    _order = "date desc, id desc"
    _rec_name = "subject"
    _sql_constraints = [("message_id_once", "UNIQUE (message_id)", "This message was taken already.")]

    message_id = fields.Char(string="Message-ID", required=True, readonly=True)
    is_ours = fields.Boolean(string="Sent by Us", readonly=True)
    sender = fields.Char(string="From", readonly=True)
    reply_to = fields.Char(string="Answers Go to", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Contact", ondelete="set null", index="btree_not_null")
    subject = fields.Char(readonly=True)
    date = fields.Datetime(required=True, default=fields.Datetime.now, readonly=True)
    text = fields.Text(readonly=True)
    html = fields.Html(sanitize=True, strip_style=True, readonly=True)
    in_reply_to = fields.Char(readonly=True)
    parent_id = fields.Many2one("emporium.message", string="Answers", ondelete="set null", readonly=True, index=True)
    is_automatic = fields.Boolean(string="Written by a Program", readonly=True)
    attachment_ids = fields.One2many("ir.attachment", "res_id", domain=[("res_model", "=", "emporium.message")])

    @api.model
    def take(self, values, attachments=()):
        """{"id", "is_new"} of the message with these values: it is kept once, with its attachments, or not at all.

        attachments: {"name", "datas"} each, in base64.
        """
        if known := self.search([("message_id", "=", values["message_id"])], limit=1):
            return {"id": known.id, "is_new": False}
        given = {name: values[name] for name in TAKEN if values.get(name)}
        answered = given.get("in_reply_to")
        given["parent_id"] = answered and self.search([("message_id", "=", answered)], limit=1).id
        given["partner_id"] = self._contact_of(given.get("sender")).id
        message = self.create(given)
        belongs = {"res_model": self._name, "res_id": message.id}
        self.env["ir.attachment"].create(
            [{"name": one["name"], "datas": one["datas"], **belongs} for one in attachments]
        )
        return {"id": message.id, "is_new": True}

    @api.model
    def _contact_of(self, sender):
        """The first contact with this address; none for a sender without one. A From is what somebody says."""
        address = email_normalize(sender)
        contacts = self.env["res.partner"]
        return contacts.search([("emporium_address", "=", address)], order="id", limit=1) if address else contacts

    def answer(self, text):
        """Id of the message that says this to the sender; it leaves through the outbox. The same words leave once."""
        self.ensure_one()
        to = email_normalize(self.reply_to, strict=False) or email_normalize(self.sender, strict=False)
        if self.is_ours or self.is_automatic or not to:
            raise UserError(
                _("Nobody waits for an answer to this message: it was written by a program, by us or by nobody.")
            )
        mark = hashlib.sha256(f"{self.env.cr.dbname} {self.message_id} {text}".encode()).hexdigest()[:40]
        message_id = f"<{mark}@{self._domain()}>"
        if known := self.search([("message_id", "=", message_id)], limit=1):
            return known.id
        subject = self.subject or ""
        subject = subject if subject.lower().startswith("re:") else f"Re: {subject}"
        mail = self.env["ir.mail_server"].build_email(
            None, [to], subject, text, message_id=message_id, references=self.message_id,
            headers={"In-Reply-To": self.message_id},
        )  # fmt: skip
        self.env["ir.mail_server"].queue_email(mail)
        ours = {"is_ours": True, "sender": str(mail["From"]), "partner_id": self.partner_id.id, "text": text}
        return self.create({"message_id": message_id, "subject": subject, "parent_id": self.id, **ours}).id

    @api.model
    def _domain(self):
        sender = self.env["ir.mail_server"]._get_default_from_address() or ""
        return sender.rpartition("@")[2].rstrip(">") or "localhost"
