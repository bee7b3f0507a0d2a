"""What can be named in the configuration file."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(kw_only_default=True)
def part(cls: type[T]) -> type[T]:
    """Make `cls` a keyword-only dataclass whose arguments are its settings.

    Unknown settings are refused. A constructor only stores: weights, sockets and files open on
    first use, so that a part can be checked, printed and sent to another process for free.
    Memory of a part belongs in `__post_init__`, not in fields: pydantic inspects every field.
    """
    cls.__pydantic_config__ = {"extra": "forbid"}  # type: ignore[attr-defined]
    return dataclass(kw_only=True)(cls)
