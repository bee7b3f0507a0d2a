"""How many tokens something costs, for servers that do not say.

Rules of thumb; a server's own count always wins.
"""

import math

CHARACTERS_A_TOKEN = 4
"""Of Latin text."""
PATCH_PX = 28
"""Models of the Qwen2.5-VL kind make one token of so many pixels squared."""
MESSAGE_TOKENS = 8
"""Of a chat template, a message."""


def text_tokens(text: str) -> int:
    """Of a text; one for a Chinese character, which is rather too many."""
    latin = sum(1 for character in text if ord(character) < 0x2E80)
    return math.ceil(latin / CHARACTERS_A_TOKEN) + len(text) - latin


def picture_tokens(width: int, height: int) -> int:
    """Of a picture of so many pixels."""
    return math.ceil(width / PATCH_PX) * math.ceil(height / PATCH_PX)
