"""What the wizards say of the policy before somebody types a password."""

from fondaco.addon import fields, models


class ChangePasswordOwn(models.TransientModel):
    _inherit = "change.password.own"

    policy = fields.Text(string="Policy", compute="_compute_policy")

    def _compute_policy(self):
        text = "\n".join(self.env["res.users"].get_password_policy())
        for wizard in self:
            wizard.policy = text


class ChangePasswordWizard(models.TransientModel):
    _inherit = "change.password.wizard"

    policy = fields.Text(string="Policy", compute="_compute_policy")

    def _compute_policy(self):
        text = "\n".join(self.env["res.users"].get_password_policy())
        for wizard in self:
            wizard.policy = text
