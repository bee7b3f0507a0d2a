"""A person's word on a sample: written beside what was said before, and taken to a data set.

What is true of a picture is a tuple of labels. It begins as `before`, what models proposed or the
last reviewer said, and is changed by `renamed`, `moved`, `without` and `added`. `ReviewDesk.label`
then makes of it newer labels by a human, of the same ids; what is not in it any more is taken back.
"""

import fcntl
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from vigil.core import (
    NOTHING,
    Box,
    Clock,
    DataError,
    Label,
    Labeler,
    Origin,
    Sample,
    SampleState,
    SystemClock,
)
from vigil.core.ids import uuid7
from vigil.data.formats import Files
from vigil.data.handing import labelled_from
from vigil.data.library import Library
from vigil.store import ReviewQueue, SampleStore, StoredSample

Labels = tuple[Label, ...]
LONGEST_WORD = 100


class ReviewDesk:
    """Takes what people say of samples. From any process, several at a time."""

    def __init__(
        self,
        samples: SampleStore,
        queue: ReviewQueue,
        library: Library,
        *,
        clock: Clock | None = None,
    ) -> None:
        """`library`: the data set in which reviewed samples land."""
        self._samples, self._queue, self._library = samples, queue, library
        self._clock = clock or SystemClock()

    def label(
        self, sample_id: str, truth: Callable[[StoredSample], Labels], *, reviewer: str
    ) -> Labels:
        """Say all that is in the picture; returns it as it was written.

        `truth` makes it of the sample as it stands once nobody else can change it. Raises
        StoreError when somebody else has the sample before them, or its picture is gone, and
        DataError for labels that cannot be; the reviewer then still has it.
        """
        self._queue.hold(sample_id, reviewer)
        stored = self._samples.find(sample_id)
        old = before(stored)
        said = self._signed(truth(stored), stored.sample, reviewer)
        _check(said, stored.sample)
        kept = {label.id for label in said}
        gone = tuple(replace(each, word=NOTHING) for each in old if each.id not in kept)
        withdrawn = self._signed(gone, stored.sample, reviewer)
        # Machines may have labelled it in the data set meanwhile, under ids that nobody saw here.
        settled = Label(word=NOTHING, origin=self._origin(reviewer))
        # The data set first: should the power fail between the two, the sample waits on, and is
        # labelled once more.
        self._take_in(stored.sample, (*old, *said, *withdrawn, settled))
        self._samples.label(sample_id, said, reviewer=reviewer)
        self._queue.give_back(sample_id, reviewer)
        return said

    def skip(self, sample_id: str, *, reviewer: str) -> None:
        """It is of no use, whatever is in it. Raises StoreError as `label` does."""
        self._queue.hold(sample_id, reviewer)
        self._samples.skip(sample_id, reviewer=reviewer)
        self._queue.give_back(sample_id, reviewer)

    def _signed(self, labels: Labels, sample: Sample, reviewer: str) -> Labels:
        origin = self._origin(reviewer)
        return tuple(
            replace(label, origin=origin, id=label.id or f"{sample.id}/{uuid7(origin.time_s)}")
            for label in labels
        )

    def _origin(self, reviewer: str) -> Origin:
        now_s = self._clock.now_s()
        return Origin(labeler=Labeler.HUMAN, by=reviewer, reviewer=reviewer, time_s=now_s)

    def _take_in(self, sample: Sample, labels: Labels) -> None:
        self._samples.picture(sample)
        files = Files(root=self._samples.folder.path, carry="link")
        with alone(self._library.folder):
            self._library.add([labelled_from(sample, labels)], files)


def before(stored: StoredSample) -> Labels:
    """What the last reviewer said, or else what models proposed; each with an id."""
    sample = stored.sample
    found = stored.labels if stored.state is SampleState.LABELLED else sample.proposals
    return tuple(
        label if label.id else replace(label, id=f"{sample.id}/{number}")
        for number, label in enumerate(found)
    )


def renamed(labels: Labels, words: Mapping[int, str]) -> Labels:
    """With other words; `words` by number, from 1 on. Raises DataError for a number of none."""
    _known(words, labels)
    return tuple(
        replace(label, word=words.get(number, label.word))
        for number, label in enumerate(labels, start=1)
    )


def moved(labels: Labels, boxes: Mapping[int, Box]) -> Labels:
    """With other boxes; as `renamed`."""
    _known(boxes, labels)
    return tuple(
        replace(label, shape=boxes.get(number, label.shape))
        for number, label in enumerate(labels, start=1)
    )


def without(labels: Labels, numbers: Collection[int]) -> Labels:
    """Without those that are not there; as `renamed`."""
    _known(numbers, labels)
    return tuple(
        label for number, label in enumerate(labels, start=1) if number not in set(numbers)
    )


def added(labels: Labels, boxes: Sequence[tuple[str, Box]]) -> Labels:
    """With boxes that were missed."""
    return (*labels, *(Label(word=word, shape=box) for word, box in boxes))


def _known(numbers: Collection[int], labels: Labels) -> None:
    for number in numbers:
        if not 1 <= number <= len(labels):
            allowed = f"1 to {len(labels)}" if labels else "none, there is nothing yet"
            raise DataError(f"{number} is no number of a label; allowed: {allowed}")


def _check(labels: Labels, sample: Sample) -> None:
    for label in labels:
        if not label.word.strip() or len(label.word) > LONGEST_WORD or not label.word.isprintable():
            raise DataError(f"{label.word!r} is no word; allowed: 1 to {LONGEST_WORD} characters")
        box = label.shape
        if isinstance(box, Box) and not (
            0 <= box.x1 < box.x2 <= sample.width and 0 <= box.y1 < box.y2 <= sample.height
        ):
            raise DataError(
                f"{label.word}: {', '.join(f'{side:g}' for side in box)} is no box; allowed: "
                f"x1,y1,x2,y2 within 0,0,{sample.width},{sample.height}"
            )


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One process at a time adds to a library: it mends what another would still be writing."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / ".lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise DataError(f"{error.filename or folder}: {error.strerror}") from error
