"""What people say of samples, and what becomes of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.flywheel.kept_samples import HEIGHT, WIDTH, keep, store_in

from vigil.core import NOTHING, Box, DataError, Label, Labeler, Sample, SampleState, StoreError
from vigil.data.library import Library
from vigil.flywheel.review import Labels, ReviewDesk, added, before, moved, renamed, without
from vigil.store import ReviewQueue, SampleStore, StoredSample
from vigil.testing.hands import Hands


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def samples(tmp_path: Path, clock: Hands) -> Iterator[SampleStore]:
    made = store_in(tmp_path, clock)
    yield made
    made.database.close()


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "data")


@pytest.fixture
def desk(samples: SampleStore, library: Library, clock: Hands) -> ReviewDesk:
    return ReviewDesk(samples, ReviewQueue(samples.database, clock=clock), library, clock=clock)


def believed(library: Library) -> list[tuple[str, object]]:
    (thing,) = library.things()
    return [(label.word, label.shape) for label in thing.labels]


def corrected(stored: StoredSample) -> Labels:
    labels = moved(renamed(before(stored), {1: "truck"}), {1: Box(0, 0, 30, 40)})
    return added(without(labels, {2}), [("dog", Box(100, 50, 120, 80))])


def test_a_confirmed_proposal_is_a_humans_word_beside_the_models(
    samples: SampleStore, desk: ReviewDesk, library: Library, clock: Hands
) -> None:
    sample = keep(samples)
    clock.sleep(60)
    desk.label(sample.id, before, reviewer="ana")
    stored = samples.sample(sample.id)
    assert stored is not None
    assert (stored.state, stored.reviewer) == (SampleState.LABELLED, "ana")
    assert stored.sample == sample
    assert [label.word for label in stored.labels] == ["car", "person"]
    (thing,) = library.things()
    assert thing.medium.group == "gate"
    assert all(label.origin.labeler is Labeler.HUMAN for label in thing.labels)
    assert {label.origin.reviewer for label in thing.labels} == {"ana"}
    assert {label.origin.time_s for label in thing.labels} == {clock.now_s()}
    (line,) = library.lines()
    assert [label.origin.by for label in line.labels] == ["nano@1"] * 2 + ["ana"] * 3
    assert line.labels[-1].word == NOTHING  # that is all there is


def test_corrections_are_believed_and_what_was_said_before_stays_written(
    samples: SampleStore, desk: ReviewDesk, library: Library, clock: Hands
) -> None:
    sample = keep(samples)
    desk.label(sample.id, corrected, reviewer="ana")
    truth = [("truck", Box(0, 0, 30, 40)), ("dog", Box(100, 50, 120, 80))]
    assert believed(library) == truth
    clock.sleep(60)
    desk.label(sample.id, lambda stored: before(stored)[1:], reviewer="ben")
    assert believed(library) == truth[1:]
    clock.sleep(60)
    desk.label(sample.id, lambda stored: (), reviewer="ana")
    assert believed(library) == []
    assert len(list(library.lines())) == 3
    words = [label.word for line in library.lines() for label in line.labels]
    assert "truck" in words
    assert "person" in words
    stored = samples.sample(sample.id)
    assert stored is not None
    assert (stored.labels, stored.reviewer) == ((), "ana")


def test_a_picture_without_proposals_gets_a_word_as_a_whole(
    samples: SampleStore, desk: ReviewDesk, library: Library
) -> None:
    sample = keep(samples, words=())
    desk.label(sample.id, lambda stored: (Label(word="fire"),), reviewer="ana")
    assert believed(library) == [("fire", None)]


def test_what_somebody_else_has_is_not_labelled_and_comes_back_when_it_failed(
    samples: SampleStore, desk: ReviewDesk, clock: Hands
) -> None:
    sample = keep(samples)
    queue = ReviewQueue(samples.database, clock=clock)
    queue.next("ben")
    for call in (lambda: desk.label(sample.id, before, reviewer="ana"),
                 lambda: desk.skip(sample.id, reviewer="ana")):  # fmt: skip
        with pytest.raises(StoreError, match="ben has it until"):
            call()
    (samples.folder.path / sample.path).unlink()
    with pytest.raises(StoreError, match="not kept any more"):
        desk.label(sample.id, before, reviewer="ben")
    assert samples.counts()[SampleState.WAITING] == 1
    desk.skip(sample.id, reviewer="ben")
    assert samples.counts()[SampleState.SKIPPED] == 1


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        (lambda s: renamed(before(s), {3: "car"}), "3 is no number of a label; allowed: 1 to 2"),
        (lambda s: renamed(before(s), {1: " "}), "is no word"),
        (lambda s: moved(before(s), {1: Box(0, 0, WIDTH + 1, 9)}), "within 0,0,160,90"),
        (lambda s: moved(before(s), {1: Box(9, 0, 9, HEIGHT)}), "is no box"),
        (lambda s: without((), {1}), "there is nothing yet"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    samples: SampleStore, desk: ReviewDesk, library: Library, truth: object, said: str
) -> None:
    sample = keep(samples)
    with pytest.raises(DataError, match=said):
        desk.label(sample.id, truth, reviewer="ana")  # type: ignore[arg-type]
    assert list(library.lines()) == []
    assert samples.counts()[SampleState.WAITING] == 1
    with pytest.raises(StoreError, match="ana has it until"):
        desk.label(sample.id, before, reviewer="ben")
    desk.label(sample.id, before, reviewer="ana")


def test_several_reviewers_at_once_lose_no_label(
    tmp_path: Path, samples: SampleStore, library: Library, clock: Hands
) -> None:
    kept: list[Sample] = [keep(samples, hue=hue) for hue in range(12)]

    def reviews(name: int) -> None:
        own = store_in(tmp_path, clock)
        try:
            queue = ReviewQueue(own.database, clock=clock)
            desk = ReviewDesk(own, queue, Library(library.folder), clock=clock)
            for turn in queue.next(f"reviewer {name}", limit=4):
                desk.label(turn.stored.sample.id, before, reviewer=f"reviewer {name}")
        finally:
            own.database.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(reviews, range(3)))
    assert len(list(library.things())) == len(kept)
    assert samples.counts()[SampleState.LABELLED] == len(kept)
