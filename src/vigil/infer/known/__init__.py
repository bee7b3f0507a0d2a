"""Cards of public model files, recognised by the SHA-256 of the weights."""

from functools import cache
from importlib.resources import files

from vigil.core import ModelCard
from vigil.infer.cards import card_from_yaml


@cache
def known_cards() -> tuple[ModelCard, ...]:
    """Every card shipped with Vigil, by name."""
    folder = files("vigil.infer") / "known"
    entries = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".yaml")),
        key=lambda entry: entry.name,
    )
    return tuple(
        card_from_yaml(entry.read_text(encoding="utf-8"), where=entry.name) for entry in entries
    )


def known_card(sha256: str) -> ModelCard | None:
    """The shipped card of the file with this hash, if there is one."""
    for card in known_cards():
        if card.sha256[card.file] == sha256:
            return card
    return None
