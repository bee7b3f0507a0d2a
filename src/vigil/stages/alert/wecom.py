"""WeCom (企业微信) group robots."""

from collections.abc import Mapping
from typing import Any, ClassVar

from vigil.core import part
from vigil.stages.alert.chat import ChatRoom, cut

MOST_BYTES = 2000
"""WeCom takes 2048 bytes of text."""


@part
class WeComRoom(ChatRoom):
    """Posts to a group (`https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…`)."""

    CODE: ClassVar = ("errcode",)
    BUSY: ClassVar = frozenset({45009, 45033, 45047})
    NEVER: ClassVar = frozenset({40008, 40035, 40058, 44004, 45002, 93000, 93004, 93008})

    mentioned: tuple[str, ...] = ()
    """User ids to be called, or `@all`."""

    def message(self, text: str) -> Mapping[str, Any]:
        content: dict[str, Any] = {"content": cut(text, MOST_BYTES)}
        if self.mentioned:
            content["mentioned_list"] = list(self.mentioned)
        return {"msgtype": "text", "text": content}
