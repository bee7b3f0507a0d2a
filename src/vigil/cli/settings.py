"""What several commands need: the home folder, a file, a terminal."""

from pathlib import Path

from vigil.config.app import App
from vigil.config.home import Home, open_home
from vigil.config.load import load
from vigil.core import DataError
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
