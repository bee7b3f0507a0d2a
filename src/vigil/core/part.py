"""What can be named in the configuration file."""

from dataclasses import dataclass, fields
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(kw_only_default=True)
def part(cls: type[T]) -> type[T]:
    """Make `cls` a keyword-only dataclass whose arguments are its settings.

    Unknown settings are refused. A constructor only stores: weights, sockets and files open on
    first use, so that a part can be checked, printed and sent to another process for free.
    Memory of a part belongs in `__post_init__`, not in fields: pydantic inspects every field.
    What is sent or copied are the settings; memory, with its locks and sockets, begins anew.
    """
    cls.__pydantic_config__ = {"extra": "forbid"}  # type: ignore[attr-defined]
    cls.__reduce__ = _settings_only  # type: ignore[assignment, method-assign]
    return dataclass(kw_only=True)(cls)


def _settings_only(part: Any) -> tuple[Any, ...]:
    settings = {field.name: getattr(part, field.name) for field in fields(part) if field.init}
    return _made, (type(part), settings)


def _made(cls: type[T], settings: dict[str, Any]) -> T:
    return cls(**settings)
