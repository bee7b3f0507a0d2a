"""What has been gathered for an algorithm, frozen, and what a model of its own still lacks."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from vigil.core import Box, Label, Labeler, Labelled, Origin
from vigil.data.formats.parts import Files, medium_at
from vigil.data.freezing import HOLDOUT, Frozen, freeze
from vigil.data.library import Library
from vigil.flywheel.pictures import Example
from vigil.flywheel.views import difference_hash

ENOUGH = 200
"""Pictures of a word to train on. A line on an embedder is content with tens; by rule of thumb a
network of its own wants hundreds."""
ENOUGH_HELD = 50
"""Of a word in the hold-out, labelled by people: a recall of 0.9 is then known to within 0.12."""
ENOUGH_CAMERAS = 2
"""A model that has seen one place only learns the place."""
EXAMPLES = "examples"


@dataclass(kw_only=True)
class Gathered:
    """What there is of one word."""

    pictures: int = 0
    by_people: int = 0
    held: int = 0
    """In the hold-out."""
    boxed: int = 0
    """Of which somebody says where in the picture it is."""
    cameras: Counter[str] = field(default_factory=Counter)
    """Pictures by camera or video; those that stand for themselves count as one."""
    conditions: Counter[str] = field(default_factory=Counter)
    """Pictures by the word for what it was like; empty: nobody knows."""


@dataclass(frozen=True, kw_only=True)
class Growth:
    """A frozen data set, and what is missing for a student."""

    frozen: Frozen
    words: Mapping[str, Gathered]
    missing: Sequence[str]

    @property
    def ready(self) -> bool:
        """Whether a student could be trained and measured."""
        return not self.missing


def gather(library: Library, examples: Sequence[tuple[Path, Example]], *, by: str = "") -> int:
    """Take a person's example pictures in, each with its word; how many were not in it yet.

    Pictures that look the same to a hash of brightness form one group, so that no split parts them.
    Raises `DataError`.
    """
    added = 0
    for folder in dict.fromkeys(folder for folder, _ in examples):
        mine = (_labelled(folder, one, by) for place, one in examples if place == folder)
        added += library.add(mine, Files(root=folder, carry="copy"))
    return added


def grow(library: Library, words: Sequence[str]) -> Growth:
    """Freeze what is known now and count it. Raises `DataError` when nothing is labelled."""
    frozen = freeze(library.things(), library.frozen)
    found = {word: Gathered() for word in words}
    for thing in frozen.things():
        for word in {label.word for label in thing.labels} & found.keys():
            _count(found[word], thing, word)
    return Growth(frozen=frozen, words=found, missing=[*_missing(found), *_untrained()])


def _labelled(folder: Path, example: Example, by: str) -> Labelled:
    group = f"{EXAMPLES}/{difference_hash(example.image):016x}"
    origin = Origin(labeler=Labeler.HUMAN, by=by)
    medium = medium_at(folder, folder / example.file, group=group)
    return Labelled(medium=medium, labels=(Label(word=example.word, origin=origin),))


def _count(gathered: Gathered, thing: Labelled, word: str) -> None:
    mine = [label for label in thing.labels if label.word == word]
    gathered.pictures += 1
    gathered.by_people += any(label.origin.labeler is Labeler.HUMAN for label in mine)
    gathered.held += thing.split == HOLDOUT
    gathered.boxed += any(isinstance(label.shape, Box) for label in mine)
    group = thing.medium.group
    gathered.conditions[thing.medium.condition] += 1
    gathered.cameras[EXAMPLES if not group or group.startswith(EXAMPLES) else group] += 1


def _missing(found: Mapping[str, Gathered]) -> Iterable[str]:
    for word, one in found.items():
        training = one.pictures - one.held
        if training < ENOUGH:
            yield f"{word}: {ENOUGH - training} more pictures to train on ({training} of {ENOUGH})"
        if one.held < ENOUGH_HELD:
            yield (
                f"{word}: {ENOUGH_HELD - one.held} more in the hold-out, labelled by people "
                f"({one.held} of {ENOUGH_HELD})"
            )
        cameras = [name for name in one.cameras if name != EXAMPLES]
        if len(cameras) < ENOUGH_CAMERAS:
            yield f"{word}: pictures of {ENOUGH_CAMERAS} cameras ({len(cameras)} so far)"
    known = {word for one in found.values() for word in one.conditions if word}
    if not known:
        yield "conditions: nobody knows which pictures are of night, rain or fog"
    elif "dark" not in known:
        yield f"conditions: none by night, as far as is known ({', '.join(sorted(known))})"


def _untrained() -> Iterable[str]:
    if find_spec("torch") is None:
        yield "training: install it with: pip install 'vigil-video[train]'"
