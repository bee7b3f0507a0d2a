"""YAML as data only: no objects, no duplicate keys, no surprises in times and sizes."""

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import yaml

from vigil.core import ConfigError
from vigil.core.durable import sync

LARGEST_BYTES = 1 << 20
UNREADABLE = set("\x85\u2028\u2029\ufeff")
"""Line breaks and marks that YAML would read back as something else unless they are escaped."""


class _Loader(yaml.SafeLoader):
    """Safe YAML in which a key stands once and 22:00 is a text, not 1320."""

    yaml_implicit_resolvers = {  # noqa: RUF012  PyYAML's own way
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if tag not in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: dict[tuple[str, str], yaml.Node] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            word = (key.tag, key.value)
            if word in seen and key.tag != "tag:yaml.org,2002:merge":
                line = seen[word].start_mark.line + 1
                raise yaml.constructor.ConstructorError(
                    problem=f"{key.value!r} stands twice; first in line {line}",
                    problem_mark=key.start_mark,
                )
            seen[word] = key
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int",
    re.compile(r"[-+]?(?:0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|0o?[0-7_]+)$"),
    list("-+0123456789"),
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*|[0-9][0-9_]*(?=[eE]))(?:[eE][-+]?[0-9]+)?$"
        r"|[-+]?\.(?:inf|Inf|INF)$|\.(?:nan|NaN|NAN)$"
    ),
    list("-+0123456789."),
)


class _Dumper(yaml.SafeDumper):
    """Puts quotes around whatever the loader would take for something else than text."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers


def read_yaml(path: Path) -> Any:
    """What the file says; an empty file says `{}`. Raises ConfigError with line and column."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not text in UTF-8, at byte {error.start}") from error
    if len(data) > LARGEST_BYTES:
        raise ConfigError(f"{path}: larger than {LARGEST_BYTES} bytes; is it a configuration?")
    try:
        # A subclass of the safe loader, with nothing added that could make objects.
        found = yaml.load(text, _Loader)  # noqa: S506
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: {_what_is_wrong(error)}") from error
    except (RecursionError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be understood: {error}") from error
    return {} if found is None else found


def write_yaml(path: Path, tree: Any) -> None:
    """Replace the file in one step: a reader, or a power cut, finds the old or the new one.

    Only its owner may read it, since it may hold passwords. Raises ConfigError.
    """
    text = yaml.dump(tree, Dumper=_Dumper, allow_unicode=True, sort_keys=False)
    if UNREADABLE & set(text):
        text = yaml.dump(tree, Dumper=_Dumper, allow_unicode=False, sort_keys=False)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync(path.parent)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error


def _what_is_wrong(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}"
        context = f" {error.context}" if error.context else ""
        return f"{where}: {error.problem}{context}"
    return " ".join(str(error).split())
