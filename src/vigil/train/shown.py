"""A data set as whole pictures, each with the word that it shows, or a teacher's guess."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from vigil.core import Image, Label, Labeler, Labelled
from vigil.data.formats.parts import Files
from vigil.train.stills import box_at, frames_of, rgb_of

NOBODY = -1
"""No word: nobody said what it shows."""
PEOPLE = 2.0
"""What a person says weighs as much as what two teachers guess."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Shown:
    """One picture and what it shows."""

    path: Path
    word: int = NOBODY
    """The number of its word, as somebody said."""
    weight: float = 1.0
    """Of the picture, among all that are learnt."""
    group: str = ""
    """The camera or video that it comes from."""
    taught: Float32[np.ndarray, " k"] | None = None
    """A teacher's probabilities of the words; None: not asked."""

    def image(self) -> Image:
        """RGB. Raises `DataError` when it cannot be read."""
        return rgb_of(self.path)

    def truth(self) -> int:
        """What somebody said, else what the teacher finds likeliest, else `NOBODY`."""
        if self.word != NOBODY or self.taught is None:
            return self.word
        return int(self.taught.argmax())


def shown_in(
    things: Iterable[Labelled], root: Path, words: Mapping[str, int], *, frames: Path
) -> Iterator[Shown]:
    """Pictures as they are, and a frame a second of each video, kept in `frames`.

    `words`: their numbers. A picture shows a word that is said of all of it, or of a part of it.
    Where none of the words is said, or several are, it is one for the teacher. Raises `DataError`.
    """
    files = Files(root=root, carry="leave")
    for thing in things:
        here = files.at(thing.medium)
        group = thing.medium.group or thing.medium.sha256 or thing.medium.path
        if not thing.medium.is_video:
            yield _shown(here, _said(thing, words, 0), group, words)
            continue
        for frame, path in frames_of(here, thing.medium, frames, every_s=1.0):
            yield _shown(path, _said(thing, words, frame), group, words)


def _said(thing: Labelled, words: Mapping[str, int], frame: int) -> list[Label]:
    there = (each for each in thing.labels if each.shape is None or box_at(each, frame))
    return [label for label in there if label.word in words]


def _shown(path: Path, said: list[Label], group: str, words: Mapping[str, int]) -> Shown:
    if len({label.word for label in said}) != 1:
        return Shown(path=path, group=group)
    by_people = any(label.origin.labeler is Labeler.HUMAN for label in said)
    believed = max(1.0 if each.origin.score is None else each.origin.score for each in said)
    return Shown(
        path=path,
        word=words[said[0].word],
        weight=PEOPLE if by_people else min(max(believed, 0.0), 1.0),
        group=group,
    )
