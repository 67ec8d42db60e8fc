"""Signatures of webhooks: those of the specification, and no others."""

from __future__ import annotations

import pytest

from fondaco.values import webhooks

SECRET, KEY, BODY, MOMENT = (
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "msg_p5jXN8AQM9LWM0D4loKWxJek",
    b'{"test": 2432232314}',
    1614265330,
)
HEADERS = {
    "webhook-id": KEY,
    "webhook-timestamp": str(MOMENT),
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
"""The example that the makers of Standard Webhooks publish"""


def test_a_call_is_signed_as_the_specification_has_it():
    assert webhooks.signed(SECRET, KEY, BODY, MOMENT) == HEADERS
    assert webhooks.verified(SECRET, HEADERS, BODY, MOMENT + 10) == KEY


def test_one_of_several_signatures_suffices_while_a_secret_is_changed():
    several = {**HEADERS, "webhook-signature": f"v1a,x v1,AAAA {HEADERS['webhook-signature']}"}

    assert webhooks.verified(SECRET, several, BODY, MOMENT) == KEY


@pytest.mark.parametrize(
    ("changed", "body", "now", "said"),
    [
        ({}, BODY + b" ", MOMENT, "not that of this body"),
        ({"webhook-id": "another"}, BODY, MOMENT, "not that of this body"),
        ({"webhook-signature": ""}, BODY, MOMENT, "not that of this body"),
        ({"webhook-signature": "v1,é"}, BODY, MOMENT, "not that of this body"),
        ({"webhook-timestamp": str(MOMENT + 1)}, BODY, MOMENT, "not that of this body"),
        ({"webhook-timestamp": "٣"}, BODY, MOMENT, "malformed"),
        ({"webhook-timestamp": "9" * 400}, BODY, MOMENT, "malformed"),
        ({"webhook-id": ""}, BODY, MOMENT, "missing"),
        ({}, BODY, MOMENT + 301, "away from now"),
        ({}, BODY, MOMENT - 301, "away from now"),
    ],
)
def test_whatever_was_changed_or_is_old_is_not_believed(changed, body, now, said):
    with pytest.raises(ValueError, match=said):
        webhooks.verified(SECRET, {**HEADERS, **changed}, body, now)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_no base64"])
def test_a_secret_that_is_none_believes_nobody_and_signs_nothing(secret):
    with pytest.raises(ValueError, match="the secret of a webhook"):
        webhooks.verified(secret, HEADERS, BODY, MOMENT)
    with pytest.raises(ValueError, match="the secret of a webhook"):
        webhooks.signed(secret, KEY, BODY, MOMENT)
