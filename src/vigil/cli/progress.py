"""How far a longer command has come."""

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn


def progress_bar(*more: ProgressColumn) -> Progress:
    """On a terminal's standard error, gone when it is done; nothing elsewhere.

    `more`: columns after what was done of how much.
    """
    return _shown(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), *more)


def counter(*more: ProgressColumn) -> Progress:
    """The same where nobody knows how much there is."""
    return _shown(TextColumn("{task.description}"), TextColumn("{task.completed}"), *more)


def _shown(*columns: ProgressColumn) -> Progress:
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=not sys.stderr.isatty(), transient=True)
