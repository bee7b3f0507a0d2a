"""What several commands need: the home folder, a file, a terminal."""

from pathlib import Path

from vigil.config.app import App
from vigil.config.home import Home, open_home
from vigil.config.load import load


def app_of(config: Path | None) -> App | None:
    """The configuration, if a file was named."""
    return None if config is None else load(config)


def home_of(config: Path | None) -> Home:
    """The state folder that a file names, or else the environment."""
    app = app_of(config)
    return open_home(app.home, server=app.database) if app else open_home()
