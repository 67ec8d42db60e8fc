"""The policy, and who it concerns."""

from . import change_password, res_config_settings, res_users, res_users_password
