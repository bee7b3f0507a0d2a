"""Small changes to things on their way in: who said it, and where its file is."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vigil.core import Labeler, Labelled

HABITS = ("", "images/", "media/", "JPEGImages/", "data/")
"""Folders in which tools keep the files that their labels name without them."""


def relabelled(thing: Labelled, *, labeler: Labeler | None, by: str) -> Labelled:
    """What came without knowing who said it is said by these."""
    if labeler is None and not by:
        return thing
    who = labeler or Labeler.IMPORT
    labels = [
        replace(label, origin=replace(label.origin, labeler=who, by=label.origin.by or by))
        if label.origin.labeler is Labeler.IMPORT
        else label
        for label in thing.labels
    ]
    return replace(thing, labels=tuple(labels))


def renamed(thing: Labelled, words: Mapping[str, str]) -> Labelled:
    """The labels that `words` names, by the words that it has for them."""
    labels = [
        replace(label, word=words[label.word]) for label in thing.labels if label.word in words
    ]
    return replace(thing, labels=tuple(labels))


def placed(thing: Labelled, root: Path) -> Labelled:
    """The thing with the path at which its file is, by the habits of tools."""
    path = thing.medium.path
    for folder in HABITS:
        if (root / folder / path).exists():
            return replace(thing, medium=replace(thing.medium, path=f"{folder}{path}"))
    return thing
