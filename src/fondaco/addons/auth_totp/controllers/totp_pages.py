# ruff: noqa: E501  markup is read by its lines
"""What is asked and shown on the pages of the second factor, as markup."""

from markupsafe import Markup

from fondaco.addon import _

_CODE = Markup(
    '<div class="f-control-group"><label for="totp_token">{}</label><input class="f-input" type="text" id="totp_token" name="totp_token" required autofocus autocomplete="one-time-code" autocapitalize="off" spellcheck="false" maxlength="20"></div>'
)


def code_fields(days):
    """The code, and whether this browser is trusted."""
    return Markup(
        '<p>{}</p>{}<div class="f-control-group"><label><input type="checkbox" name="remember" value="1"> {}</label></div>'
    ).format(
        _("Type the code that your authenticator app shows, or one of your recovery codes."),
        _CODE.format(_("Code")),
        _("Do not ask on this device for %s days", days),
    )


def setup_fields(picture, secret):
    """What the app scans, or what is typed into it; and the code that it shows then."""
    return Markup(
        '<p>{}</p><p>{}</p><p><img alt="{}" width="240" height="240" src="data:image/png;base64,{}"></p><p>{}<br><code>{}</code></p>{}'
    ).format(
        _("Your administrators ask for a second factor besides your password."),
        _("Scan this with an authenticator app on your phone:"),
        _("QR code for the authenticator app"),
        picture,
        _("Or type this into it:"),
        " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        _CODE.format(_("Code that the app shows")),
    )


def codes_fields(codes):
    """The recovery codes, this once."""
    return Markup("<p>{}</p><pre>{}</pre>").format(
        _(
            "If you lose your phone, each of these lets you in once. Keep them where nobody else looks; they are shown this once."
        ),
        "\n".join(codes),
    )
