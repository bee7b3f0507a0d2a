"""The folder of models: versions are kept, and a name points at one of them.

<folder>/<name>/current         versions by number, the one in use first
<folder>/<name>/<version>/      card.yaml, the weights, the golden picture and its answer

A model that comes with Vigil is there without having been added; its version stays in the package.
"""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from vigil.config.home import open_home
from vigil.core import ConfigError, Image, ModelCard, ModelError
from vigil.core.durable import sync, write_durably
from vigil.infer.cards import NAME, card_to_yaml, check_card, load_card
from vigil.infer.content import belonging, checked_format, sha256_of
from vigil.infer.golden import check_golden, golden_picture, keep_golden
from vigil.infer.session import Precision, Session, open_session
from vigil.infer.shipped import shipped, shipped_names

POINTER, CARD = "current", "card.yaml"
REFERENCE = re.compile(rf"(?P<name>{NAME.pattern})(@(?P<version>[1-9][0-9]{{0,8}}))?")
REMEMBERED = 20
"""Steps that can be taken back."""
ABANDONED_S = 86_400
"""Age at which a half-added model must be what a crash has left."""

Stamp = tuple[int, int]
"""Changes whenever a pointer does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the list of models."""

    name: str
    current: int | None
    """The version in use; None when a model was added without being put to use."""
    versions: tuple[int, ...]


def models_folder() -> Path:
    """Where the registry lies: below VIGIL_HOME, or else the platform's data folder."""
    return open_home().models


class Registry:
    """Models by name. Every change is one rename, so that readers need no lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self,
        weights: Path,
        card: ModelCard,
        *,
        picture: Image | None = None,
        activate: bool = True,
    ) -> ModelCard:
        """Copy weights in as the next version of `card.name` and return the card as kept.

        `picture`: RGB at the card's size, whose answer `verify` will expect again; None takes a
        drawn one. The same weights with the same card give the version that is there already.
        Raises `ConfigError` for mistakes on the card, `ModelError` for weights that are not what
        the card or their name says, that keep data outside, or do not run.
        """
        check_card(card)
        _check_licences(card)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _staging(self.folder) as staged:
            card = _take_in(weights, card, staged)
            kept = self._twin(card)
            if kept is None:
                session = open_session(card, staged)
                drawn = golden_picture(card) if picture is None else picture
                keep_golden(session, drawn, staged)
                kept = self._keep(card, staged)
        if activate:
            self.activate(kept.name, kept.version)
        return kept

    def entries(self) -> list[Entry]:
        """Every model, by name."""
        return [
            Entry(name=name, current=next(iter(self._history(name)), None), versions=versions)
            for name in sorted(set(self._names()))
            if (versions := self._versions(name))
        ]

    def resolve(self, reference: str) -> tuple[ModelCard, Path]:
        """The card and folder of `name` (the version in use) or `name@version`.

        Raises `ModelError`, with what there is, when nothing answers to it.
        """
        name, version = self._parse(reference)
        if version is None:
            version = next(iter(self._history(name)), None)
        folder = self._place(name, version)
        if version is None or not (folder / CARD).is_file():
            there = ", ".join(entry.name for entry in self.entries()) or "none yet"
            raise ModelError(f"no model {reference!r} in {self.folder}; there are: {there}")
        try:
            return load_card(folder / CARD), folder
        except ConfigError as error:
            raise ModelError(f"{name}@{version}: damaged, {error.problems[0]}") from error

    def verify(self, reference: str) -> ModelCard:
        """Check hashes, format and golden answer; raises `ModelError` for the first that fails."""
        card, _ = self.open_verified(reference)
        return card

    def open_verified(
        self, reference: str, *, precision: Precision = "f32"
    ) -> tuple[ModelCard, Session]:
        """Open a model that has passed every check of `verify`."""
        card, folder = self.resolve(reference)
        _check_hashes(card, folder)
        session = open_session(card, folder)
        check_golden(session, card, folder)
        # Half precision swaps boxes of nearly equal score: only the full one tells a changed file.
        return card, session if precision == "f32" else open_session(
            card, folder, precision=precision
        )

    def activate(self, name: str, version: int) -> None:
        """Point `name` at a version that is there; watches follow within a second."""
        self.resolve(f"{name}@{version}")
        history = self._history(name)
        if history[:1] != (version,):
            self._point(name, (version, *history))

    def roll_back(self, name: str) -> int:
        """Point `name` at the version before; returns it."""
        self._parse(name)
        history = self._history(name)[1:]
        if not history:
            raise ModelError(f"model {name!r} has no version to go back to")
        self._point(name, history)
        return history[0]

    def stamp(self, name: str) -> Stamp | None:
        """A value that changes with the pointer of `name`, at the price of one `stat`."""
        try:
            found = os.stat(self.folder / name / POINTER)
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def _parse(self, reference: str) -> tuple[str, int | None]:
        match = REFERENCE.fullmatch(reference)
        if match is None:
            raise ModelError(f"not a model's name: {reference!r}; allowed: NAME or NAME@VERSION")
        version = match["version"]
        return match["name"], int(version) if version else None

    def _place(self, name: str, version: int | None) -> Path:
        """The folder of a version: that which was added, or that which came with Vigil."""
        own, found = self.folder / name / str(version), shipped(name)
        if found is None or version != found[0].version or own.is_dir():
            return own
        return found[1]

    def _names(self) -> Iterator[str]:
        yield from shipped_names()
        if self.folder.is_dir():
            yield from (
                p.name for p in self.folder.iterdir() if NAME.fullmatch(p.name) and p.is_dir()
            )

    def _versions(self, name: str) -> tuple[int, ...]:
        folder = self.folder / name
        found = (p.name for p in folder.iterdir()) if folder.is_dir() else ()
        own = {int(version) for version in found if version.isdecimal()}
        return tuple(sorted(own | set(_shipped(name))))

    def _history(self, name: str) -> tuple[int, ...]:
        """Versions that were in use, the last one first; before all of them, what was shipped."""
        try:
            words = (self.folder / name / POINTER).read_text(encoding="ascii").split()
            history = tuple(int(word) for word in words)
        except FileNotFoundError:
            history = ()
        except ValueError as error:
            raise ModelError(f"model {name!r}: its pointer is damaged ({error})") from error
        return history + tuple(version for version in _shipped(name) if version not in history)

    def _point(self, name: str, history: tuple[int, ...]) -> None:
        words = " ".join(str(version) for version in history[:REMEMBERED])
        (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(self.folder / name / POINTER, f"{words}\n".encode("ascii"))

    def _twin(self, card: ModelCard) -> ModelCard | None:
        for version in self._versions(card.name):
            try:
                kept, _ = self.resolve(f"{card.name}@{version}")
            except ModelError:
                continue  # a damaged version is nobody's twin
            if replace(kept, version=card.version) == card:
                return kept
        return None

    def _keep(self, card: ModelCard, staged: Path) -> ModelCard:
        """Give the staged folder the next free number."""
        home = self.folder / card.name
        home.mkdir(mode=0o700, exist_ok=True)
        while True:
            version = max(self._versions(card.name), default=0) + 1
            kept = replace(card, version=version)
            (staged / CARD).write_text(card_to_yaml(kept), encoding="utf-8")
            for file in (*staged.iterdir(), staged):
                sync(file)
            try:
                staged.rename(home / str(version))
            except OSError:
                if not (home / str(version)).exists():
                    raise
                continue  # another process took the number
            sync(home)
            sync(self.folder)
            return kept


def _shipped(name: str) -> tuple[int, ...]:
    """The version that came with Vigil, if one did."""
    found = shipped(name)
    return () if found is None else (found[0].version,)


def _check_licences(card: ModelCard) -> None:
    problems = [
        f"card.{field}: found nothing; allowed: an SPDX name, or what the owner wrote"
        for field in ("licence_code", "licence_weights")
        if not getattr(card, field).strip()
    ]
    if problems:
        raise ConfigError(problems)


def _take_in(weights: Path, card: ModelCard, staged: Path) -> ModelCard:
    """Copy the files of a model under the names on its card; return the card with their hashes."""
    if weights.suffix != Path(card.file).suffix:
        raise ModelError(f"{weights.name} is not the kind of file on the card: {card.file}")
    checked_format(weights)
    pairs = zip(belonging(weights.name), belonging(card.file), strict=True)
    for source, target in pairs:
        shutil.copyfile(weights.with_name(source), staged / target)
    # Of the copies: the originals may change while we look.
    hashes = {name: sha256_of(staged / name) for name in belonging(card.file)}
    _check_hashes(card, staged)
    return replace(card, sha256=hashes)


def _check_hashes(card: ModelCard, folder: Path) -> None:
    for name, wanted in card.sha256.items():
        found = sha256_of(folder / name)
        if found != wanted.lower():
            raise ModelError(f"{name}: SHA-256 is {found}, its card says {wanted}")


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A folder to fill, gone afterwards unless it was renamed."""
    for left in folder.glob(".adding-*"):
        if time.time() - left.stat().st_mtime > ABANDONED_S:
            shutil.rmtree(left, ignore_errors=True)
    staged = Path(tempfile.mkdtemp(prefix=".adding-", dir=folder))
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)
