"""The queue of samples, in a file and on a server."""

from collections.abc import Iterator
from dataclasses import replace
from math import nan
from pathlib import Path

import pytest
from store_values import a_sample

from vigil.core import Box, Label, Labeler, Origin, SampleState, StoreError
from vigil.store import SampleStore
from vigil.store.database import Database
from vigil.testing.hands import Hands


@pytest.fixture
def samples(place: str | Path, tmp_path: Path, clock: Hands) -> Iterator[SampleStore]:
    made = SampleStore(Database(place), tmp_path / "samples", clock=clock)
    yield made
    made.database.close()


def ids(found: list) -> list[str]:
    return [one.sample.id for one in found]


def test_a_sample_comes_back_as_it_was_and_waits(samples: SampleStore, clock: Hands) -> None:
    sample = replace(a_sample(), event_id="0192-event")
    samples.write([sample])
    (stored,) = samples.queue()
    assert stored.sample == sample
    assert (stored.state, stored.labels, stored.reviewer) == (SampleState.WAITING, (), "")
    assert stored.created_s == clock.time_s
    assert samples.sample(sample.id) == stored == samples.find(sample.id[:13])
    assert samples.sample("other") is None


def test_the_same_sample_twice_is_once_and_what_was_said_of_it_stays(samples: SampleStore) -> None:
    sample = a_sample()
    samples.write([sample, sample])
    samples.skip(sample.id, reviewer="ana")
    samples.write([replace(sample, score=1.0), a_sample(score=0.9)])
    assert samples.counts() == {
        SampleState.WAITING: 1, SampleState.LABELLED: 0, SampleState.SKIPPED: 1
    }  # fmt: skip
    stored = samples.sample(sample.id)
    assert stored is not None
    assert stored.sample.score == sample.score


def test_the_queue_gives_the_highest_score_first_page_by_page(samples: SampleStore) -> None:
    made = [a_sample(score=score) for score in (0.2, 0.9, 0.5, 0.5, 0.7)]
    samples.write(made)
    whole = ids(samples.queue())
    scores = [one.sample.score for one in samples.queue()]
    assert scores == [0.9, 0.7, 0.5, 0.5, 0.2]
    first = samples.queue(limit=3)
    assert ids(first) + ids(samples.queue(after=first[-1].sample.id)) == whole
    assert samples.queue(limit=0) == []


def test_a_queue_longer_than_a_transaction_comes_whole(samples: SampleStore) -> None:
    samples.write([a_sample(score=0.5) for _ in range(300)])
    found = samples.queue(limit=299)
    assert len(set(ids(found))) == 299


def test_cameras_and_reasons_are_told_apart(samples: SampleStore) -> None:
    gate = a_sample(reasons={"close_to_threshold": 0.5, "event": 0.5})
    yard = a_sample(source="yard", reasons={"random": 0.1})
    samples.write([gate, yard])
    assert ids(samples.queue(source="yard")) == [yard.id]
    assert ids(samples.queue(reason="event")) == [gate.id]
    assert ids(samples.queue(reason="close_to_threshold")) == [gate.id]
    assert samples.queue(reason="close") == []
    assert samples.queue(reason="close%") == []


def test_labelled_and_skipped_samples_wait_no_more_until_put_back(samples: SampleStore) -> None:
    one, two = a_sample(), a_sample()
    samples.write([one, two])
    said = Label(
        word="person",
        shape=Box(1, 2, 3, 4),
        origin=Origin(labeler=Labeler.HUMAN, by="ana"),
        id=one.proposals[0].id,
    )
    samples.label(one.id, [said], reviewer="ana")
    samples.skip(two.id, reviewer="ben")
    assert samples.queue() == []
    (labelled,) = samples.queue(state=SampleState.LABELLED)
    assert (labelled.labels, labelled.reviewer) == ((said,), "ana")
    assert len(samples.queue(state=None)) == 2
    samples.put_back(one.id)
    (waiting,) = samples.queue()
    assert (waiting.labels, waiting.reviewer) == ((), "")


def test_an_empty_picture_is_a_label_too(samples: SampleStore) -> None:
    sample = a_sample()
    samples.write([sample])
    samples.label(sample.id, [], reviewer="ana")
    (labelled,) = samples.queue(state=SampleState.LABELLED)
    assert labelled.labels == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"score": 1.5}, "score is 1.5; allowed: 0 to 1"),
        ({"score": nan}, "score is nan; allowed: 0 to 1"),
        ({"reasons": {"event": -1.0}}, "event is -1.0; allowed: 0 to 1"),
        ({"reasons": {}}, r"reasons are \[\]"),
        ({"reasons": {"two words": 0.5}}, "reasons are"),
        ({"time_s": nan}, "time_s is nan"),
    ],
)
def test_what_no_row_may_hold_is_refused_and_nothing_is_written(
    samples: SampleStore, wrong: dict, said: str
) -> None:
    with pytest.raises(StoreError, match=said):
        samples.write([a_sample(), replace(a_sample(), **wrong)])
    assert samples.queue() == []


def test_words_that_databases_refuse_are_made_storable(samples: SampleStore) -> None:
    label = Label(word="per\0son", shape=Box(0, 0, 1, 1))
    samples.write([replace(a_sample(), proposals=(label,))])
    (stored,) = samples.queue()
    assert stored.sample.proposals[0].word == "per\ufffdson"


def test_what_is_not_there_is_told(samples: SampleStore) -> None:
    samples.write([a_sample(), a_sample()])
    with pytest.raises(StoreError, match="no sample 'x'; see: vigil sample list"):
        samples.skip("x", reviewer="ana")
    with pytest.raises(StoreError, match="no sample 'x'; see: vigil sample list"):
        samples.find("x")
    with pytest.raises(StoreError, match="several samples begin with ''"):
        samples.find("")
    with pytest.raises(StoreError, match="no sample 'x' to go on after"):
        samples.queue(after="x")
    with pytest.raises(StoreError, match="is not kept any more"):
        samples.picture(a_sample())
    with pytest.raises(StoreError, match="lies outside"):
        samples.picture(replace(a_sample(), path="../events.db"))


def test_forgotten_samples_are_gone(samples: SampleStore) -> None:
    one, two = a_sample(), a_sample()
    samples.write([one, two])
    samples.forget([one.id])
    assert ids(samples.queue()) == [two.id]
