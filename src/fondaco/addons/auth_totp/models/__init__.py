"""Who has a second factor, who must, and what stands in for it."""

from . import auth_totp_device, auth_totp_recovery_code, auth_totp_wizard, res_config_settings, res_groups, res_users
