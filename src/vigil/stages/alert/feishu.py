"""Feishu (飞书) and Lark group robots."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import SecretStr

from vigil.core import part
from vigil.stages.alert.chat import ChatRoom, cut
from vigil.stages.alert.http import secret

MOST_BYTES = 10_000


@part
class FeishuRoom(ChatRoom):
    """Posts to a group (`https://open.feishu.cn/open-apis/bot/v2/hook/…`)."""

    CODE: ClassVar = ("code", "StatusCode")
    BUSY: ClassVar = frozenset({11232, 99991400})
    NEVER: ClassVar = frozenset({9499, 19001, 19002, 19021, 19022, 19024})

    secret: SecretStr | str = ""
    """Of robots that check signatures (签名校验); empty: they do not."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.secret = secret(self.secret)

    def message(self, text: str) -> Mapping[str, Any]:
        assert isinstance(self.secret, SecretStr)
        key = self.secret.get_secret_value()
        timestamp_s = int(time.time())
        signed = {"timestamp": str(timestamp_s), "sign": sign(key, timestamp_s)} if key else {}
        # Plain texts can call everybody by a tag; in the pieces of a post a tag is only text.
        title, *lines = cut(text, MOST_BYTES).splitlines() or [""]
        pieces = [[{"tag": "text", "text": line}] for line in lines]
        post = {"zh_cn": {"title": title, "content": pieces}}
        return {**signed, "msg_type": "post", "content": {"post": post}}


def sign(key: str, timestamp_s: int) -> str:
    """Feishu's signature: nothing, signed with the time and the secret; Base64."""
    digest = hmac.new(f"{timestamp_s}\n{key}".encode(), b"", hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
