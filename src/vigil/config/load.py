"""From files to the finished value, or to all that is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vigil.config.app import INHERITED, App
from vigil.config.paths import FOLDER
from vigil.config.problems import explain, written
from vigil.config.secrets import Filled, fill
from vigil.config.yaml_file import read_yaml, write_yaml
from vigil.core import ConfigError
from vigil.core.durable import sync

CAMERAS, ALGORITHMS = SECTIONS = ("cameras", "algorithms")
"""What may stand in files of its own."""


@dataclass(kw_only=True)
class _Read:
    """What the files say, and which file says it."""

    tree: dict[str, Any]
    folder: Path | None = None
    """From which relative paths count; None: from the working directory."""
    files: dict[tuple[str, str], Path] = field(default_factory=dict)
    """Of each camera (`cameras`, name) and algorithm that has a file of its own."""
    problems: list[str] = field(default_factory=list)


def load(path: Path) -> App:
    """Read a file, and the cameras and algorithms in `vigil.d/*/*.yaml` beside it.

    Relative paths in all of them count from the folder of the file at `path`.
    Raises ConfigError, whose `problems` hold one line for each mistake, passwords masked.
    """
    return _built(_read(path))


def parse(tree: Mapping[str, Any], *, folder: Path | None = None) -> App:
    """The same from what a file in `folder` would say; raises ConfigError."""
    return _built(_Read(tree=dict(tree), folder=folder))


def camera_folder(path: Path) -> Path:
    """Where the program keeps the cameras that belong to the file at `path`, one file each."""
    return path.parent / "vigil.d" / CAMERAS


def algorithm_folder(path: Path) -> Path:
    """The same of algorithms."""
    return path.parent / "vigil.d" / ALGORITHMS


def save_camera(path: Path, name: str, settings: Mapping[str, Any]) -> Path:
    """Write one camera beside the file at `path`, once it is known to load; returns its file.

    Raises ConfigError, leaving everything as it was.
    """
    return _save(path, CAMERAS, name, settings)


def save_algorithm(path: Path, name: str, settings: Mapping[str, Any]) -> Path:
    """The same of an algorithm."""
    return _save(path, ALGORITHMS, name, settings)


def saved_algorithm(path: Path, name: str) -> dict[str, Any] | None:
    """What the program has written of an algorithm; None: nothing. Raises ConfigError."""
    read = _read(path)
    if read.problems:
        raise ConfigError(read.problems)
    _refuse_by_hand(read, path, ALGORITHMS, name)
    found: dict[str, Any] | None = read.tree[ALGORITHMS].get(name)
    return found


def remove_algorithm(path: Path, name: str) -> None:
    """Take away what the program has written of it, if it has. Raises ConfigError."""
    if saved_algorithm(path, name) is None:
        return
    file = algorithm_folder(path) / f"{name}.yaml"
    try:
        file.unlink()
        sync(file.parent)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be removed: {error.strerror}") from error


def _save(path: Path, section: str, name: str, settings: Mapping[str, Any]) -> Path:
    read = _read(path)
    file = path.parent / "vigil.d" / section / f"{name}.yaml"
    _refuse_by_hand(read, path, section, name)
    read.tree[section][name] = dict(settings)
    read.files[section, name] = file
    _built(read)  # refuses a name that could lead out of the folder, too
    write_yaml(file, dict(settings))
    return file


def _refuse_by_hand(read: _Read, path: Path, section: str, name: str) -> None:
    if name in read.tree[section] and (section, name) not in read.files:
        raise ConfigError(f"{section}.{name}: stands in {path} already, which belongs to your hand")


def _read(path: Path) -> _Read:
    tree = read_yaml(path)
    if not isinstance(tree, dict):
        raise ConfigError(f"{path}: found {type(tree).__name__}; allowed: settings as `key: value`")
    read = _Read(tree=tree, folder=path.absolute().parent)
    for section, folder in ((CAMERAS, camera_folder), (ALGORITHMS, algorithm_folder)):
        if tree.get(section) is None:
            tree[section] = {}
        if isinstance(tree[section], dict):
            for file in sorted(folder(path).glob("*.yaml")):
                _read_one(section, file, path, read)
    return read


def _read_one(section: str, file: Path, main: Path, read: _Read) -> None:
    if file.stem in read.tree[section]:
        read.problems.append(f"{section}.{file.stem}: stands both in {main} and in {file}")
        return
    try:
        read.tree[section][file.stem] = read_yaml(file)
        read.files[section, file.stem] = file
    except ConfigError as error:
        read.problems += error.problems


def _built(read: _Read) -> App:
    try:
        filled = fill(read.tree)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    problems = read.problems + [
        f"{_where(place, read)}: environment variable {name} is not set"
        for place, name in filled.unset
    ]
    try:
        app = App.model_validate(filled.tree, context={FOLDER: read.folder})
    except ValidationError as error:
        problems += _lines(error, read, filled)
    if problems:
        # Nothing is chained: the original names every value, passwords included.
        raise ConfigError(list(dict.fromkeys(problems))) from None
    return app


def _lines(error: ValidationError, read: _Read, filled: Filled) -> list[str]:
    found = (explain(line) for line in error.errors(include_url=False))
    return [filled.redacted(f"{_where(place, read)}: {message}") for place, message in found]


def _where(place: tuple[int | str, ...], read: _Read) -> str:
    """The path as the user wrote it: in the camera's own file, or at the top of the main one."""
    match place:
        case (str(section), str(name), str(word), *rest) if section in SECTIONS:
            own = read.tree[section].get(name)
            inherits = section == CAMERAS and word in INHERITED
            if inherits and isinstance(own, dict) and word not in own:
                return written((word, *rest))
            if (section, name) in read.files:
                return f"{read.files[section, name]}: {written((word, *rest))}"
        case (str(section), str(name)) if (section, name) in read.files:
            return f"{read.files[section, name]}"
    return written(place)
