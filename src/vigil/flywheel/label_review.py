"""The labels of a library that its teachers contradict, for people to look at again."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from heapq import nlargest

import numpy as np

from vigil.core import Box, DataError, Detections, Label, Labelled
from vigil.data.library import Library
from vigil.flywheel.label_errors import Doubt, box_doubts, word_doubts
from vigil.flywheel.label_journal import Journal, Known, from_row, teachers_of
from vigil.flywheel.label_truth import truth_at

Found = tuple[str, Doubt]
"""The path of a picture, and what is doubtful about it."""


def doubts_in(library: Library, *, most: int) -> list[Found]:
    """The most doubtful labels of pictures, the most doubtful first.

    By all teachers that have looked here; nobody is asked anything new, and a teacher's own
    labels are not held against it. Raises `DataError` when there is no teacher.
    """
    known = teachers_of(library.folder)
    if not known:
        raise DataError(f"{library.folder.name}: no teacher has looked here yet; see data label")
    with ExitStack() as ends:
        teachers = [
            (each, ends.enter_context(Journal(each.folder / "proposals.jsonl"))) for each in known
        ]
        boxes = [each for each in teachers if not each[0].whole]
        found = list(nlargest(most, _boxes(library, boxes), key=lambda each: each[1].score))
        for each, journal in teachers:
            if each.whole:
                found += _words(library, each, journal)
    return sorted(found, key=lambda each: -each[1].score)[:most]


def _boxes(library: Library, teachers: Sequence[tuple[Known, Journal]]) -> Iterator[Found]:
    for thing in library.things():
        for words, spoken, names in _rounds(thing, teachers):
            labels = [
                label
                for label in thing.labels
                if isinstance(label.shape, Box)
                and label.word in words
                and label.origin.by not in names
            ]
            if labels:
                for doubt in box_doubts(truth_at(labels, None), spoken):
                    yield thing.medium.path, doubt


def _rounds(
    thing: Labelled, teachers: Sequence[tuple[Known, Journal]]
) -> Iterator[tuple[frozenset[str], list[Detections], set[str]]]:
    """For each set of words, the teachers that know just these, and what they say of a thing."""
    for words in {frozenset(each.words) for each, _ in teachers}:
        asked = [
            (each, journal)
            for each, journal in teachers
            if frozenset(each.words) == words and thing.medium.sha256 in journal
        ]
        if asked:
            spoken = [from_row(journal[thing.medium.sha256]) for _, journal in asked]
            yield words, spoken, {each.name for each, _ in asked}


def _words(library: Library, each: Known, journal: Journal) -> list[Found]:
    """Words of whole pictures, by a teacher that says how likely each is."""
    words, paths, marks, shares = list(each.words), [], [], []
    for thing in library.things():
        label = _whole_label(thing, each)
        if label is None or thing.medium.sha256 not in journal:
            continue
        said = from_row(journal[thing.medium.sha256])
        likely = dict(zip(said.labels, map(float, said.scores), strict=True))
        paths.append(thing.medium.path)
        marks.append(words.index(label.word))
        shares.append([likely.get(word, 0.0) for word in words])
    if not paths:
        return []
    found = word_doubts(np.array(shares, np.float64), np.array(marks, np.int64), words)
    return [(paths[index], doubt) for index, doubt in found]


def _whole_label(thing: Labelled, each: Known) -> Label | None:
    for label in thing.labels:
        if label.shape is None and label.word in each.words and label.origin.by != each.name:
            return label
    return None
