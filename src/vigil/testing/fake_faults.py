"""How a fake brain misbehaves when it is told to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fails:
    """Answers with an error of HTTP."""

    status: int = 500
    retry_after: str | None = None
    """The header's value: seconds, a date, or nonsense."""
    message: str = "the fake brain was told to fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hangs:
    """Takes the request and says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trickles:
    """Answers well, a few bytes at a time."""

    bytes_per_s: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drops:
    """Closes the connection without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Halves:
    """Sends half of its answer, then closes the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sends:
    """Status 200 with a body that is no chat completion."""

    body: bytes = b"<html>502 Bad Gateway</html>"
    kind: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """A chat completion with this text in it, whatever was asked for."""

    text: str = "It depends."
    finish: str = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongSchema:
    """Answers with an object that nobody asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endless:
    """Goes on talking until somebody hangs up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuses:
    """Will not answer, as the protocol has it."""

    words: str = "I will not judge this picture."


Fault = Fails | Hangs | Trickles | Drops | Halves | Sends | Says | WrongSchema | Endless | Refuses

NAMED: dict[str, Fault] = {
    "hang": Hangs(),
    "trickle": Trickles(),
    "drop": Drops(),
    "half": Halves(),
    "garbage": Sends(),
    "prose": Says(),
    "wrong": WrongSchema(),
    "endless": Endless(),
    "refuse": Refuses(),
}


def fault_named(text: str) -> Fault | None:
    """`hang`, `500`, `429:3` (with `Retry-After: 3`); `well` is none. Raises ValueError."""
    name, _, retry_after = text.partition(":")
    if name == "well":
        return None
    if name.isdecimal() and 400 <= int(name) <= 599:
        return Fails(status=int(name), retry_after=retry_after or None)
    if name not in NAMED:
        raise ValueError(f"no fault {text!r}; allowed: well, 400 to 599, {', '.join(NAMED)}")
    return NAMED[name]
