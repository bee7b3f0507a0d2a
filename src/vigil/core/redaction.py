"""Passwords stay out of sight, in whatever is said, logged or shown."""

import re

HIDDEN = "***"
HIDDEN_NAMES = r"(?:pw|sig|[a-z_-]*(?:pas|psw|pwd|secret|token|auth|key|session|signature)[a-z_-]*)"
"""Regular expression of names, in lower case, whose values are secrets."""

# Up to the last @, for passwords are not always encoded: rather too much is hidden than too little.
_USER_INFO = re.compile(r"(?<=://)\S*(?=@)")
_QUERY = re.compile(rf"(?i)[?&;]{HIDDEN_NAMES}=([^&\s'\"]+)")


def redacted(text: str) -> str:
    """The text without the user names, the passwords and the keys of all URLs in it."""
    # Either may reach into the other, so both are sought before anything is replaced.
    spans = [found.span() for found in _USER_INFO.finditer(text)]
    spans += [found.span(1) for found in _QUERY.finditer(text)]
    shown, at = [], 0
    for start, end in _joined(spans):
        shown += [text[at:start], HIDDEN]
        at = end
    return "".join(shown) + text[at:]


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same in order, those that touch as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
