"""DingTalk (钉钉) group robots."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote_plus

from pydantic import SecretStr

from vigil.core import part
from vigil.stages.alert.chat import ChatRoom, cut
from vigil.stages.alert.http import secret

MOST_BYTES = 4000


@part
class DingTalkRoom(ChatRoom):
    """Posts to a group (`https://oapi.dingtalk.com/robot/send?access_token=…`).

    Robots that ask for keywords must have one that stands in every text, such as `Vigil` in
    `text: "Vigil $text"`.
    """

    CODE: ClassVar = ("errcode",)
    BUSY: ClassVar = frozenset({90018, 90030, 130101, 410100})
    NEVER: ClassVar = frozenset(
        {40035, 43001, 43004, 300001, 300005, 310000, 400013, 400101, 400102, 400105}
    )

    secret: SecretStr | str = ""
    """Of robots that ask for a signature (加签), `SEC…`; empty: they do not."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.secret = secret(self.secret)

    def address(self) -> str:
        assert isinstance(self.secret, SecretStr)
        key = self.secret.get_secret_value()
        if not key:
            return super().address()
        timestamp_ms = int(time.time() * 1000)
        url = super().address()
        joint = "&" if "?" in url else "?"
        return f"{url}{joint}timestamp={timestamp_ms}&sign={quote_plus(sign(key, timestamp_ms))}"

    def message(self, text: str) -> Mapping[str, Any]:
        return {"msgtype": "text", "text": {"content": cut(text, MOST_BYTES)}}


def sign(key: str, timestamp_ms: int) -> str:
    """DingTalk's signature: the time and the secret, signed with the secret; Base64."""
    digest = hmac.new(key.encode(), f"{timestamp_ms}\n{key}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
