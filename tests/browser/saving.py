"""Saving a form as people do, and knowing when the server has it."""

from __future__ import annotations

from typing import Any

# the whole text: "Unsaved changes" has it in it
SAVED = ".f-form-status:text-is('Saved')"


def save(page: Any) -> None:
    """Save the form; at the end the server has answered and the page says so."""
    with page.expect_response("**/web_save"):
        page.keyboard.press("Control+s")
    page.wait_for_selector(SAVED)


def save_by_button(page: Any) -> None:
    """The same with the button of the form."""
    with page.expect_response("**/web_save"):
        page.click("button[name=save]")
    page.wait_for_selector(SAVED)
