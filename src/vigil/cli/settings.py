"""What several commands need: the home folder, a file, a terminal."""

from pathlib import Path

from vigil.config.app import App
from vigil.config.home import Home, open_home
from vigil.config.load import load
from vigil.core import DataError, ModelError
from vigil.data.freezing import Frozen, freeze, opened
from vigil.data.library import Library

FILE = Path("vigil.yaml")
"""Of `vigil run`, where no other is named."""
ALLOWED = "letters, digits, `-`, `_` and `.`"


def app_of(config: Path | None) -> App | None:
    """The configuration, if a file was named."""
    return None if config is None else load(config)


def file_of(config: Path | None) -> Path | None:
    """The named file, or that of `vigil run` in the working folder, or none."""
    if config is not None:
        return config
    return FILE if FILE.is_file() else None


def home_of(config: Path | None) -> Home:
    """The state folder that a file names, or else the environment."""
    app = app_of(config)
    return open_home(app.home, server=app.database) if app else open_home()


def library_of(name: str, config: Path | None, *, there: bool = False) -> Library:
    """A data set by its name. Raises `DataError`, also when it must be `there` and is not."""
    if not name or not all(c.isalnum() or c in "-_." for c in name) or name.startswith("."):
        raise DataError(f"{name!r} is no name of a data set; allowed: {ALLOWED}")
    folder = home_of(config).path / "data"
    library = Library(folder / name)
    if there and not library.folder.is_dir():
        names = ", ".join(sorted(p.name for p in folder.iterdir())) if folder.is_dir() else ""
        raise DataError(f"no data set {name!r}; there are: {names or 'none'}")
    return library


def frozen_of(name: str, version: str, config: Path | None) -> tuple[Library, Frozen]:
    """A data set and a frozen version of it, by its first letters; empty: what is known now.

    Raises `DataError` when there is none, or nothing is labelled.
    """
    library = library_of(name, config, there=True)
    if version:
        return library, opened(library.frozen, version)
    return library, freeze(library.things(), library.frozen)


def missing(extra: str, error: ImportError) -> ModelError:
    """What to install for a command whose libraries are not part of every installation."""
    return ModelError(
        f"{error.name} is not installed; this needs: pip install 'vigil-video[{extra}]'"
    )
