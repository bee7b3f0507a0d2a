"""The next version of an algorithm's head, from its examples and what people said since."""

import time
from dataclasses import dataclass, replace

import numpy as np

from vigil.core import Box, DataError, Image, Labeler, Labelled
from vigil.data.library import Library
from vigil.flywheel.algorithms import Algorithm, Shelf, hashes_of
from vigil.flywheel.head_kinds import HeadChoice
from vigil.flywheel.making import Told, embedded_views
from vigil.flywheel.pictures import Example, read_picture, whole_picture
from vigil.flywheel.verdict import fit_judged, right_of, right_without
from vigil.flywheel.views import duplicate_groups
from vigil.infer.embedders import NamedEmbedder
from vigil.infer.head_views import views_of
from vigil.media.pixels import frame_of_array


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """What came of learning anew."""

    algorithm: Algorithm
    """The next version; one that was not kept has no number."""
    before: Algorithm
    fresh: int
    """Examples that the version before had not."""
    right_before: float
    """Share of all examples, unseen, that heads of the earlier examples alone tell right."""

    @property
    def worse(self) -> str:
        """Why it was not kept; empty: it was."""
        verdict = self.algorithm.verdict
        if verdict.refused:
            return verdict.refused
        if verdict.right < self.right_before:
            return "what is new makes it worse on unseen examples"
        return ""


def learn(
    shelf: Shelf,
    library: Library,
    name: str,
    embedder: NamedEmbedder,
    *,
    wanted: float | None = None,
    kind: HeadChoice | None = None,
    told: Told = lambda done, total: None,
) -> Learnt:
    """Fit on all that people say in the data set; keep it unless it tells less right than before.

    Both are judged on the same unseen pictures: heads of all other examples, and heads of those
    among them that the version in use has learnt from. `wanted`: precision, as `fit_judged`.
    `kind`: of head, likewise; None: that of the version in use. Raises `DataError` when no version
    is in use, or nothing is new since.
    """
    used = shelf.in_use(name)
    if used is None:
        raise DataError(f"{name}: no version is in use; make one with: vigil algorithm new {name}")
    before, head_before = used
    examples = examples_of(library, before)
    fresh = np.array([mark not in set(before.examples) for mark in hashes_of(examples)], bool)
    if not fresh.any():
        raise DataError(
            f"{name}: people have said nothing new since version {before.version}; "
            "see: vigil review, vigil sample label"
        )
    images = [one.image for one in examples]
    marks = np.array([before.words.index(one.word) for one in examples], np.int64)
    vectors = embedded_views(images, embedder, told=told)
    groups = duplicate_groups(images, vectors[0])
    head, verdict = fit_judged(
        vectors, marks, groups, before.words, embedder=embedder.mark, wanted=wanted,
        kind=kind or before.verdict.kind,
    )  # fmt: skip
    if fresh.all():  # made of words alone, or its examples are gone
        right_before = right_of(head_before, vectors[0], marks)
    else:
        right_before = right_without(
            vectors, marks, groups, before.words, left_out=fresh, kind=before.verdict.kind
        )
    made = replace(
        before,
        verdict=verdict,
        made_s=time.time(),
        examples=hashes_of(examples),
        head_version="",
        version=0,
    )
    found = Learnt(algorithm=made, before=before, fresh=int(fresh.sum()), right_before=right_before)
    return found if found.worse else replace(found, algorithm=shelf.keep(made, head))


def examples_of(library: Library, algorithm: Algorithm) -> list[Example]:
    """Pictures, or the regions of them that a head would be shown, with the words of people."""
    return [
        Example(
            file=thing.medium.path,
            word=label.word,
            image=_shown(library, thing, label.shape if isinstance(label.shape, Box) else None),
            sha256=thing.medium.sha256,
        )
        for thing in library.things()
        if not thing.medium.is_video
        for label in thing.labels
        if label.origin.labeler is Labeler.HUMAN and label.word in algorithm.words
    ]


def _shown(library: Library, thing: Labelled, box: Box | None) -> Image:
    file = library.folder / thing.medium.path
    if box is None:
        return read_picture(file)
    frame = frame_of_array(whole_picture(file), index=0, time_s=0.0)
    return views_of(frame, [box])[-1][1]
