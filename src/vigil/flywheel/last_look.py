"""What a look for drift found last, for those who cannot look: that takes a network and pictures.

HOME/drift.json      written by whoever looks: `vigil model due`, `vigil model retrain --watch`
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from vigil.core import DataError, StoreError
from vigil.core.durable import write_durably
from vigil.infer.registry import Registry

FILE = "drift.json"


@dataclass(frozen=True, kw_only=True)
class LastLook:
    """Of one model and the data set that it has learnt from."""

    model: str
    """NAME@VERSION."""
    dataset: str
    drifts: tuple[str, ...]
    """Cameras that show it something else, the farthest figure first; none: none."""
    labelled: int
    """Pictures that anybody labelled since it was trained."""
    needed: int
    """So many, and it is to be trained again."""
    time_s: float
    """Of the look, UTC seconds."""

    @property
    def name(self) -> str:
        """Of the model, whatever its version."""
        return self.model.partition("@")[0]


def keep(home: Path, looks: Sequence[LastLook]) -> None:
    """Put them in place of older ones of the same models. Raises `StoreError` on a full disk."""
    anew = {(each.name, each.dataset) for each in looks}
    others = [each for each in _read(home / FILE) if (each.name, each.dataset) not in anew]
    text = json.dumps([asdict(each) for each in (*others, *looks)], ensure_ascii=False)
    try:
        write_durably(home / FILE, (text + "\n").encode())
    except OSError as error:
        raise StoreError(f"{home / FILE}: {error.strerror}") from error


def drifting(home: Path, registry: Registry) -> Iterator[LastLook]:
    """Models in use whose cameras drifted at the last look; an older version's look is void.

    Raises `DataError` for a damaged file, and `ModelError` for a damaged registry.
    """
    in_use = {f"{each.name}@{each.current}" for each in registry.entries()}
    for each in _read(home / FILE):
        if each.drifts and each.model in in_use:
            yield each


def _read(path: Path) -> list[LastLook]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [LastLook(**row | {"drifts": tuple(row["drifts"])}) for row in rows]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(f"{path}: damaged ({error}); remove it and: vigil model due") from error
