"""The samples that wait, put into the order in which labels teach most."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from vigil.core import DataError, SampleState, StoreError
from vigil.flywheel.mine import Candidates, Pick, choose
from vigil.flywheel.mining import Vectors
from vigil.flywheel.pictures import read_picture
from vigil.infer.embedders import NamedEmbedder
from vigil.store import ReviewQueue, SampleStore, StoredSample

MOST = 5000
"""Samples that are looked at, the highest score first; and as many labelled ones. A MobileNet takes
a minute or so for each thousand."""
ROOM = 4
"""Samples looked at for each that is to be chosen: the rest is hardly instructive."""


def arrange(
    samples: SampleStore,
    queue: ReviewQueue,
    embedder: NamedEmbedder | None,
    *,
    budget: int,
    per_camera: int | None = None,
    seed: int = 0,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> list[Pick]:
    """Choose `budget` of the samples that wait and put them at the head of the queue, in turn.

    Without an embedder their scores and conditions alone decide. `told` hears how many pictures
    are embedded, and of how many. Pictures that are gone or broken are not chosen.
    """
    waiting = samples.queue(limit=min(MOST, max(ROOM * budget, 1000)))
    labelled = samples.queue(limit=MOST, state=SampleState.LABELLED)
    vectors = old = None
    if embedder is not None:
        both = [*waiting, *labelled]
        found = _vectors(samples, both, embedder, lambda done: told(done, len(both)))
        there = [row for row in range(len(waiting)) if found[row] is not None]
        vectors, old = _stacked(found[row] for row in there), _stacked(found[len(waiting) :])
        waiting = [waiting[row] for row in there]
    candidates = _candidates(waiting, labelled, vectors, old)
    picks = choose(candidates, budget, per_camera=per_camera, seed=seed)
    queue.arrange([(pick.id, pick.why) for pick in picks])
    return picks


def _candidates(
    waiting: Sequence[StoredSample],
    labelled: Sequence[StoredSample],
    vectors: Vectors | None,
    old: Vectors | None,
) -> Candidates:
    nothing_known = old is None or vectors is None or not len(old) or not len(vectors)
    return Candidates(
        ids=[each.sample.id for each in waiting],
        vectors=vectors,
        uncertainty=np.array([each.sample.score for each in waiting], np.float64),
        cameras=[each.sample.source for each in waiting],
        conditions=[frozenset({each.sample.condition} - {""}) for each in waiting],
        labelled=None if nothing_known else old,
        labelled_conditions=Counter(each.sample.condition for each in labelled),
    )


def _vectors(
    samples: SampleStore,
    wanted: Sequence[StoredSample],
    embedder: NamedEmbedder,
    told: Callable[[int], None],
) -> list[np.ndarray | None]:
    found: list[np.ndarray | None] = []
    for stored in wanted:
        try:
            picture = read_picture(samples.picture(stored.sample))
            found.append(embedder.embed([picture])[0])
        except (StoreError, DataError):
            found.append(None)
        told(len(found))
    return found


def _stacked(vectors: Iterable[np.ndarray | None]) -> Vectors:
    known = [each for each in vectors if each is not None]
    return np.stack(known) if known else np.zeros((0, 0), np.float32)
