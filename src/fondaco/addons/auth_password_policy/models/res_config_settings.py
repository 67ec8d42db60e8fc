"""The numbers of the policy, on the page of settings."""

from fondaco.addon import _, api, fields, models
from fondaco.errors import ValidationError

from .res_users import LONGEST_HISTORY

LARGEST = {"minlength": 128, "password_kinds": 4, "password_history": LONGEST_HISTORY, "password_max_days": 3650}


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    minlength = fields.Integer(
        string="Minimum Password Length", config_parameter="auth_password_policy.minlength", default=0
    )
    password_kinds = fields.Integer(
        string="Kinds of characters",
        config_parameter="auth_password_policy.kinds",
        help="How many of small letters, capitals, digits and other characters a password mixes; 0: any.",
    )
    password_history = fields.Integer(
        string="Passwords that may not come again",
        config_parameter="auth_password_policy.history",
        help="How many of the last passwords of a user are refused; 0: none.",
    )
    password_max_days = fields.Integer(
        string="Days a password lasts",
        config_parameter="auth_password_policy.max_days",
        help="After so many days, a log-in asks for another password; 0: never.",
    )

    @api.constrains(*LARGEST)
    def _check_password_policy(self):
        for settings in self:
            for name, largest in LARGEST.items():
                if not 0 <= settings[name] <= largest:
                    label = self.fields_get([name], ["string"])[name]["string"]
                    raise ValidationError(
                        _("“%(label)s” is a number from 0 to %(largest)s.", label=label, largest=largest)
                    )
