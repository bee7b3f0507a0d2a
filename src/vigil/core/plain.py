"""Values of dataclasses as plain lists that JSON can hold, by the types of their fields.

Nothing here knows what a value means: a field that is added to a class is written and read from
then on, and what was written before is read with that field's default.
"""

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from typing import Any, Literal, Union, get_args, get_origin

DECIMALS = 6
"""Of numbers: a millionth of a second, of a pixel, or of one."""

Schema = Mapping[str, list[str]]
"""The names of the fields of each class, in the order in which they were written."""
Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Plain:
    """Both ways of one type."""

    write: Convert
    read: Convert
    renew: Callable[[Any, Sequence[Any]], Any] | None = None
    """For dataclasses: the value that was read last, with what of it has changed. Each change is
    [what is written now], or 0 for a field that is as it was."""


def schema_of(*classes: type) -> dict[str, list[str]]:
    """The fields of these classes and of all classes that they mention."""
    found: dict[str, list[str]] = {}
    left: list[Any] = list(classes)
    while left:
        one = left.pop()
        if _is_record(one):
            if one.__name__ not in found:
                found[one.__name__] = list(_hints(one))
                left += _hints(one).values()
        else:
            left += get_args(one)
    return found


def plain(hint: Any, schema: Schema) -> Plain:
    """How values of a type are written by this version, and read as `schema` says.

    Raises TypeError for a type that has no plain form, ValueError for a schema that lacks a field
    which has no default.
    """
    if _is_record(hint):
        return _record(hint, schema)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _optional(inner, schema)
    if origin is tuple:
        return _tuple(inner, schema)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(inner, schema)
    return _scalar(hint, origin)


def _scalar(hint: Any, origin: Any) -> Plain:
    if origin is Literal:
        return Plain(str, str)
    if hint is float:
        # Numbers may come from arrays, whose own types JSON does not know.
        return Plain(lambda value: round(float(value), DECIMALS), float)
    if hint in (int, bool, str):
        return Plain(hint, hint)
    raise TypeError(f"no plain form for {hint!r}")


def _optional(inner: tuple[Any, ...], schema: Schema) -> Plain:
    some = [one for one in inner if one is not type(None)]
    if len(some) != 1:
        raise TypeError(f"no plain form for one of {inner!r}")
    one = plain(some[0], schema)
    return Plain(
        lambda value: None if value is None else one.write(value),
        lambda value: None if value is None else one.read(value),
        one.renew,
    )


def _tuple(inner: tuple[Any, ...], schema: Schema) -> Plain:
    if len(inner) == 2 and inner[1] is Ellipsis:
        one = plain(inner[0], schema)
        return Plain(
            lambda values: [one.write(value) for value in values],
            lambda values: tuple([one.read(value) for value in values]),
        )
    each = [plain(one, schema) for one in inner]
    return Plain(
        lambda values: [one.write(value) for one, value in zip(each, values, strict=True)],
        lambda values: tuple([one.read(value) for one, value in zip(each, values, strict=True)]),
    )


def _mapping(inner: tuple[Any, ...], schema: Schema) -> Plain:
    key, value = (plain(one, schema) for one in inner)
    return Plain(
        lambda found: [[key.write(k), value.write(v)] for k, v in found.items()],
        lambda pairs: {key.read(k): value.read(v) for k, v in pairs},
    )


def _record(cls: type, schema: Schema) -> Plain:
    hints = _hints(cls)
    ours = schema_of(cls)
    each = [(name, plain(hint, ours)) for name, hint in hints.items()]
    written = schema.get(cls.__name__, list(hints))
    missing = [name for name in hints if name not in written and not _has_default(cls, name)]
    if missing:
        raise ValueError(f"{cls.__name__} was written without {', '.join(missing)}")
    readers = [
        (name, plain(hints[name], schema).read if name in hints else None) for name in written
    ]

    def write(value: Any) -> list[Any]:
        return [one.write(getattr(value, name)) for name, one in each]

    def read(values: list[Any]) -> Any:
        return cls(
            **{
                name: reader(value)
                for (name, reader), value in zip(readers, values, strict=False)
                if reader is not None
            }
        )

    def renew(value: Any, changes: Sequence[Any]) -> Any:
        new = {
            name: reader(change[0])
            for (name, reader), change in zip(readers, changes, strict=False)
            if change != 0 and reader is not None
        }
        return replace(value, **new)

    return Plain(write, read, renew if is_dataclass(cls) else None)


def _is_record(hint: Any) -> bool:
    return isinstance(hint, type) and (is_dataclass(hint) or hasattr(hint, "_fields"))


def _hints(cls: type) -> dict[str, Any]:
    """The fields of a dataclass or named tuple and their types."""
    hints = typing.get_type_hints(cls)
    names = [one.name for one in fields(cls)] if is_dataclass(cls) else list(cls._fields)  # type: ignore[attr-defined]
    return {name: hints[name] for name in names}


def _has_default(cls: type, name: str) -> bool:
    if not is_dataclass(cls):
        return name in cls._field_defaults  # type: ignore[attr-defined]
    one = next(one for one in fields(cls) if one.name == name)
    return one.default is not MISSING or one.default_factory is not MISSING
