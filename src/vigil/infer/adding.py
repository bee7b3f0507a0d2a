"""From a path or address to a model in the registry."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit, urlunsplit

from vigil.core import ConfigError, Image, ModelCard, ModelError
from vigil.infer.cards import load_card
from vigil.infer.content import SUFFIXES, belonging, sha256_of
from vigil.infer.known import known_card
from vigil.infer.registry import Registry

Fetch = Callable[[str, Path], object]
"""Bring what lies at an address into a file."""


def add_model(
    registry: Registry,
    location: str,
    *,
    card_file: Path | None = None,
    name: str | None = None,
    picture: Image | None = None,
    fetch: Fetch,
) -> ModelCard:
    """Add the weights at a path or http(s) address; returns the card as kept.

    Without `card_file` the file must be one that Vigil ships a card for, recognised by its
    SHA-256. `name` replaces the card's. `picture`: see `Registry.add`. `fetch` is called for
    addresses only. Raises `ConfigError` or `ModelError`, also when there is no card.
    """
    with tempfile.TemporaryDirectory(prefix="vigil-model-") as folder:
        weights = _fetched(location, Path(folder), fetch) if _remote(location) else Path(location)
        if not weights.is_file():
            raise ModelError(f"{location}: there is no such file")
        card = load_card(card_file) if card_file else _recognised(weights)
        if name is not None:
            card = replace(card, name=name)
        return registry.add(weights, card, picture=picture)


def _remote(location: str) -> bool:
    return urlsplit(location).scheme in {"http", "https"}


def _fetched(address: str, folder: Path, fetch: Fetch) -> Path:
    """Files get names of our own; only the suffix comes from the address."""
    parts = urlsplit(address)
    there = PurePosixPath(parts.path)
    if there.suffix not in SUFFIXES:
        raise ModelError(f"{there.name}: not a model file; allowed: {', '.join(SUFFIXES)}")
    here = f"weights{there.suffix}"
    for local, remote in zip(belonging(here), belonging(there.name), strict=True):
        path = str(there.with_name(remote))
        fetch(urlunsplit(parts._replace(path=path)), folder / local)
    return folder / here


def _recognised(weights: Path) -> ModelCard:
    found = known_card(sha256_of(weights))
    if found is None:
        raise ConfigError(
            f"{weights.name}: not a file that Vigil has a card for; give one with --card FILE"
        )
    return found
