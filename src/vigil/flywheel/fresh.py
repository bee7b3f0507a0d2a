"""What has been labelled since a model was trained, as far as it can be told without opening it.

Reads journals alone: neither pictures nor a network.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vigil.core import DataError, Label, Labeler
from vigil.data.freezing import HOLDOUT, Frozen, opened, split_of
from vigil.data.library import Library
from vigil.infer.registry import Registry

REVIEWED = 100
"""Pictures that people must have labelled, or corrected, until a model is due; see `Triggers`."""
NO_BOXES = ("softmax", "embedding", "class_map", "class_scores")
"""Heads of models that are no detectors."""


@dataclass(frozen=True, kw_only=True)
class Fresh:
    """Pictures that have been labelled otherwise since a data set was frozen."""

    reviewed: int
    """By people."""
    labelled: int
    """By anybody."""


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """A model in use of whose data people have said enough to train it again."""

    model: str
    """NAME@VERSION."""
    dataset: str
    pictures: int


def models_due(registry: Registry, data: Path) -> Iterator[Reviewed]:
    """Detectors in use for which people have labelled enough since; drift is not looked for.

    `data`: the folder of data sets. Raises `DataError` and `ModelError` for what is damaged.
    """
    for name, library in taught(registry, data):
        found = fresh_in(library, last_trained(registry, name, library))
        if found.reviewed >= REVIEWED:
            card, _ = registry.resolve(name)
            yield Reviewed(model=card.id, dataset=library.folder.name, pictures=found.reviewed)


def taught(registry: Registry, data: Path, name: str = "") -> list[tuple[str, Library]]:
    """Detectors in use, or the named model, each with the data set that it has learnt from.

    `data`: the folder of data sets. Raises `ModelError`.
    """
    folders = sorted(path for path in data.glob("*") if path.is_dir())
    names = [name] if name else [each.name for each in registry.entries() if each.current]
    found = []
    for each in names:
        card, _ = registry.resolve(each)
        if not card.dataset or (not name and card.head in NO_BOXES):
            continue
        frozen = f"{card.dataset[:16]}.jsonl"
        libraries = map(Library, folders)
        found += [(each, library) for library in libraries if (library.frozen / frozen).is_file()]
    return found


def last_trained(registry: Registry, name: str, library: Library) -> Frozen:
    """The frozen version that the newest model of that name has learnt from.

    Also where the gate refused that model: the same pictures would be refused again.
    Raises `DataError` when none has learnt from this data set.
    """
    versions = next((each.versions for each in registry.entries() if each.name == name), ())
    for version in sorted(versions, reverse=True):
        card, _ = registry.resolve(f"{name}@{version}")
        if card.dataset and (library.frozen / f"{card.dataset[:16]}.jsonl").is_file():
            return opened(library.frozen, card.dataset)
    raise DataError(f"no model {name!r} has learnt from {library.folder.name}")


def fresh_in(library: Library, since: Frozen) -> Fresh:
    """Count pictures of which something else is believed now than when `since` was frozen.

    What judges and never trains, the hold-out, is no reason to train.
    """
    before: dict[str, frozenset[Label]] = {}
    splits: dict[str, str] = {}
    for thing in since.things():
        before[thing.medium.sha256] = frozenset(thing.labels)
        splits[thing.medium.group] = thing.split
    spoken_of = {
        line.medium.sha256
        for line in library.lines()
        if any(label.origin.labeler is Labeler.HUMAN for label in line.labels)
    }
    reviewed = labelled = 0
    for thing in library.things():
        digest, group = thing.medium.sha256, thing.medium.group
        split = splits.get(group) if group else None
        known = before.get(digest)
        if (split or split_of(thing)) == HOLDOUT or known == frozenset(thing.labels):
            continue
        reviewed += digest in spoken_of
        # A picture that nobody labelled says that nothing is there only if a person said so.
        labelled += digest in spoken_of or bool(thing.labels)
    return Fresh(reviewed=reviewed, labelled=labelled)
