"""`vigil video eval --by`: who finds people, and how errors by group are shown."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vigil.cli.settings import home_of
from vigil.cli.tables import print_table
from vigil.core import ConfigError
from vigil.stages.detect.model import ModelDetector

if TYPE_CHECKING:
    from vigil.train.subgroups import Subgroup


def show_groups(groups: "Sequence[Subgroup]") -> None:
    """Errors of each group, with their intervals; nothing where none were asked for."""
    rows = [
        (f"{row.trait}: {row.value}", str(row.clips), f"{row.rate:.2f}",
         f"{row.low:.2f} to {row.high:.2f}", row.said)
        for row in groups
    ]  # fmt: skip
    if rows:
        print_table(("group", "clips", "errors", "95 %", ""), rows, right="clips errors")


def write_text(path: Path, text: str, option: str) -> None:
    """A drawing; raises `ConfigError` with the option that named its place."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{option}: {path} cannot be written: {error.strerror}") from error


def detector_of(name: str | None, config: Path | None) -> ModelDetector | None:
    """The detector of the registry with that name, opened; raises `ModelError`."""
    if name is None:
        return None
    found = ModelDetector(name=name, labels=("person",), registry=home_of(config).models)
    found.warm_up()
    return found
