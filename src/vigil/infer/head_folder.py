"""Where an algorithm's head lies, and how the watch opens it.

<folder>/<name>/current              the number of the version in use
<folder>/<name>/<version>/about.json claim, words, embedder, verdict, examples by hash
<folder>/<name>/<version>/head.npz   only where the verdict allows its use
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vigil.config.algorithms import ALGORITHM_NAME
from vigil.core import DataError, ModelError
from vigil.infer.head import Head, load_head

ABOUT, HEAD, POINTER = "about.json", "head.npz", "current"
ALWAYS_UNSURE = (0.0, 1.0)
"""The band of a head of which nobody has measured when it is sure."""
DOUBTFUL = (0.3, 0.7)
"""However cleanly examples part, a probability between these is unsure by its own word."""


@dataclass(frozen=True, kw_only=True, eq=False)
class KeptHead:
    """A head with what is needed to ask it."""

    algorithm: str
    version: int
    head: Head
    embedder: str
    """The word that opens it."""
    band: tuple[float, float] = ALWAYS_UNSURE
    """Probabilities, from and to, at which it is unsure."""

    @property
    def unsure_from(self) -> float:
        """The band's lower edge; the usual one where nobody has measured any."""
        return self.band[0] or DOUBTFUL[0]

    @property
    def id(self) -> str:
        """`flame@3`, as for models."""
        return f"{self.algorithm}@{self.version}"


def version_in_use(folder: Path, algorithm: str) -> int | None:
    """Its number; None while every version was refused, or there is no such algorithm.

    Raises `ModelError` for a damaged pointer.
    """
    pointer = folder / algorithm / POINTER
    try:
        return int(pointer.read_text(encoding="ascii"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ModelError(f"algorithm {algorithm!r}: its pointer is damaged ({error})") from error


def open_head(folder: Path, algorithm: str, version: int | None = None) -> KeptHead:
    """The head of a version; None: of the one in use. Raises `ModelError`, in one line."""
    if ALGORITHM_NAME.fullmatch(algorithm) is None:
        raise ModelError(f"{algorithm!r} is no algorithm's name")
    number = version or version_in_use(folder, algorithm)
    place = folder / algorithm / str(number)
    if number is None or not (place / HEAD).is_file():
        wanted = algorithm if version is None else f"{algorithm}@{version}"
        raise ModelError(
            f"no algorithm {wanted!r} that may be used in {folder}; make one with: "
            f"vigil algorithm new {algorithm}"
        )
    try:
        about = json.loads((place / ABOUT).read_text(encoding="utf-8"))
        return KeptHead(
            algorithm=algorithm,
            version=number,
            head=load_head(place / HEAD),
            embedder=str(about["embedder"]),
            band=_band_of(about),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, DataError) as error:
        raise ModelError(f"{algorithm}@{number}: damaged ({error})") from error


def _band_of(about: dict[str, Any]) -> tuple[float, float]:
    low, high = about["verdict"].get("band", ALWAYS_UNSURE)
    return float(low), float(high)
