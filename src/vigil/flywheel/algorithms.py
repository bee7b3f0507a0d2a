"""Algorithms on disk: what to look for, how it is told, how well, and all that came before.

How a folder is laid out stands in `infer.head_folder`, from where the watch reads it.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from vigil.config.algorithms import ALGORITHM_NAME, Wording
from vigil.core import DataError
from vigil.core.durable import sync, write_durably
from vigil.flywheel.pictures import Example
from vigil.flywheel.verdict import Share, Verdict, WordVerdict
from vigil.infer.head import Head, load_head
from vigil.infer.head_folder import ABOUT, ALWAYS_UNSURE, HEAD, POINTER, version_in_use

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """One version of an algorithm."""

    name: str
    claim: str
    """One sentence that any judge can find true or false of a picture."""
    words: tuple[str, ...]
    embedder: str
    """The word that opens it."""
    verdict: Verdict
    made_s: float
    """UTC seconds since the epoch."""
    examples: tuple[tuple[str, str], ...]
    """SHA-256 and word of each."""
    wording: Wording = field(default_factory=Wording)
    """For judges that read."""
    head_version: str = ""
    """Empty: it was refused, there is no head."""
    version: int = 0
    """Given by the shelf, from 1 on."""


class Shelf:
    """The algorithms of a home. A version is written whole and never changed again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, algorithm: Algorithm, head: Head | None) -> Algorithm:
        """Keep a new version; one with a head is in use from now on. Raises `DataError`."""
        home = self._home(algorithm.name)
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            kept = self._placed(home, algorithm, head)
            if head is not None:
                write_durably(home / POINTER, f"{kept.version}\n".encode("ascii"))
        except OSError as error:
            raise DataError(f"{home}: cannot be written ({error.strerror or error})") from error
        return kept

    def remove(self, name: str) -> None:
        """Forget all its versions, in one step. Raises `DataError`."""
        self.history(name)
        gone = Path(tempfile.mkdtemp(prefix=".removed-", dir=self.folder))
        try:
            os.rename(self._home(name), gone / name)
            sync(self.folder)
        except OSError as error:
            raise DataError(f"{name}: cannot be removed ({error.strerror or error})") from error
        finally:
            shutil.rmtree(gone, ignore_errors=True)

    def check(self, name: str) -> None:
        """Raises `DataError` for what is no algorithm's name."""
        self._home(name)

    def names(self) -> list[str]:
        """Of all algorithms."""
        if not self.folder.is_dir():
            return []
        return sorted(
            path.name for path in self.folder.iterdir() if ALGORITHM_NAME.fullmatch(path.name)
        )

    def history(self, name: str) -> list[Algorithm]:
        """All versions, the oldest first. Raises `DataError` when there is no such algorithm."""
        found = [self._read(name, version) for version in self._versions(name)]
        if not found:
            there = ", ".join(self.names()) or "none"
            raise DataError(f"no algorithm {name!r}; there are: {there}")
        return found

    def in_use(self, name: str) -> tuple[Algorithm, Head] | None:
        """The version in use and its head; None while every one was refused."""
        self.history(name)
        version = version_in_use(self.folder, name)
        if version is None:
            return None
        return self._read(name, version), load_head(self._home(name) / str(version) / HEAD)

    def _home(self, name: str) -> Path:
        if ALGORITHM_NAME.fullmatch(name) is None:
            raise DataError(
                f"{name!r} is no algorithm's name; allowed: a-z, 0-9, . _ -, 64 at most"
            )
        return self.folder / name

    def _versions(self, name: str) -> list[int]:
        home = self._home(name)
        found = (path.name for path in home.iterdir()) if home.is_dir() else ()
        return sorted(int(version) for version in found if version.isdecimal())

    def _placed(self, home: Path, algorithm: Algorithm, head: Head | None) -> Algorithm:
        """Write beside, then give the folder the next free number with one rename."""
        staged = Path(tempfile.mkdtemp(prefix=".making-", dir=home))
        try:
            if head is not None:
                head.save(staged / HEAD)
            while True:
                version = max(self._versions(algorithm.name), default=0) + 1
                kept = replace(
                    algorithm, version=version, head_version=head.version if head else ""
                )
                write_durably(staged / ABOUT, _written(kept))
                try:
                    os.rename(staged, home / str(version))
                except OSError:
                    if not (home / str(version)).exists():
                        raise
                    continue  # another process took the number
                sync(home)
                return kept
        finally:
            shutil.rmtree(staged, ignore_errors=True)

    def _read(self, name: str, version: int) -> Algorithm:
        file = self._home(name) / str(version) / ABOUT
        try:
            return _algorithm(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{name}@{version}: damaged ({error})") from error


def hashes_of(examples: Sequence[Example]) -> tuple[tuple[str, str], ...]:
    """What a version says of its examples."""
    return tuple((example.sha256, example.word) for example in examples)


def _written(algorithm: Algorithm) -> bytes:
    plain = {"format": FORMAT} | asdict(algorithm)
    plain["wording"] = algorithm.wording.model_dump(exclude_defaults=True)
    return (json.dumps(plain, indent=1, ensure_ascii=False) + "\n").encode()


def _algorithm(plain: dict[str, Any]) -> Algorithm:
    if plain.pop("format") != FORMAT:
        raise ValueError("written by another version")
    verdict = plain["verdict"]
    words = tuple(
        WordVerdict(
            word=each["word"],
            precision=Share(**each["precision"]),
            recall=Share(**each["recall"]),
        )
        for each in verdict["words"]
    )
    band = tuple(verdict.get("band", ALWAYS_UNSURE))
    return Algorithm(
        **plain
        | {
            "verdict": Verdict(**verdict | {"words": words, "band": band}),
            "wording": Wording.model_validate(plain.get("wording", {})),
            "words": tuple(plain["words"]),
            "examples": tuple((sha256, word) for sha256, word in plain["examples"]),
        }
    )
