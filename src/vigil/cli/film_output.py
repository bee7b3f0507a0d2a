"""What the commands about films share: where they write, and how far they are."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import typer

from vigil.cli.progress import progress_bar
from vigil.core import ConfigError, Frame, Image
from vigil.media.probe import describe

PICTURES, FILMS = (".jpg", ".jpeg", ".png"), (".mp4", ".mkv", ".mov")


def tell(**values: object) -> None:
    """One JSON object."""
    typer.echo(json.dumps(values, ensure_ascii=False, allow_nan=False))


@contextmanager
def film_progress(file: Path, word: str) -> Iterator[Callable[[Frame], None]]:
    """A bar that follows the film's seconds."""
    seconds = describe(file).duration_s
    with progress_bar() as progress:
        task = progress.add_task(word, total=None if seconds is None else round(seconds))
        yield lambda frame: progress.update(task, completed=int(frame.time_s))


def checked(out: Path, allowed: tuple[str, ...], option: str, *films: Path) -> str:
    """Its extension, told to be wrong before a long film is read; `films` are never written to."""
    form = out.suffix.lower()
    if form not in allowed:
        raise ConfigError(f"{option}: found {out.name}; allowed: {', '.join(allowed)}")
    if not out.absolute().parent.is_dir():
        raise ConfigError(f"{option}: there is no folder {out.parent}")
    if any(out.exists() and file.exists() and out.samefile(file) for file in films):
        raise ConfigError(f"{option}: {out} is the film itself")
    return form


def write_picture(out: Path, picture: Image, option: str = "--out") -> None:
    """As its extension says. Raises `ConfigError`."""
    coded, data = cv2.imencode(out.suffix.lower(), np.ascontiguousarray(picture[:, :, ::-1]))
    assert coded
    with writing(out, option):
        out.write_bytes(data.tobytes())


@contextmanager
def writing(out: Path, option: str) -> Iterator[None]:
    """Raises `ConfigError` where the disk refuses."""
    try:
        yield
    except OSError as error:  # FFmpeg's errors of writing are of this kind, too
        reason = error.strerror or "?"
        raise ConfigError(f"{option}: {out} cannot be written: {reason.lower()}") from error
