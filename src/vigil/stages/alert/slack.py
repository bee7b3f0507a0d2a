"""Slack's incoming webhooks, and those of programs that speak like it."""

from collections.abc import Mapping
from typing import Any

from vigil.core import part
from vigil.stages.alert.chat import ChatRoom

MOST = 3500
"""Characters; Slack shows longer texts in pieces."""


@part
class SlackRoom(ChatRoom):
    """Posts to a channel of Slack (`https://hooks.slack.com/services/…`)."""

    def message(self, text: str) -> Mapping[str, Any]:
        # Angle brackets call people and hide links; Slack's own escapes turn that off.
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return {"text": escaped[:MOST], "unfurl_links": False, "unfurl_media": False}
