"""Who labels what next, in a file and on a server."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from store_values import a_sample

from vigil.core import StoreError
from vigil.store import ReviewQueue, SampleStore, Turn
from vigil.store.database import Database
from vigil.testing.hands import Hands


@pytest.fixture
def samples(place: str | Path, tmp_path: Path, clock: Hands) -> Iterator[SampleStore]:
    made = SampleStore(Database(place), tmp_path / "samples", clock=clock)
    yield made
    made.database.close()


@pytest.fixture
def queue(samples: SampleStore, clock: Hands) -> ReviewQueue:
    return ReviewQueue(samples.database, clock=clock)


def ids(turns: list[Turn]) -> list[str]:
    return [turn.stored.sample.id for turn in turns]


def test_what_was_chosen_comes_first_then_the_highest_score(
    samples: SampleStore, queue: ReviewQueue
) -> None:
    made = [a_sample(score=score) for score in (0.9, 0.1, 0.5, 0.3)]
    samples.write(made)
    queue.arrange([(made[1].id, "rare"), ("gone", "random"), (made[3].id, "random")])
    turns = queue.next("ana", limit=9)
    assert ids(turns) == [made[row].id for row in (1, 3, 0, 2)]
    assert [turn.why for turn in turns] == ["rare", "random", "", ""]
    queue.arrange([(made[2].id, "instructive")])
    assert ids(queue.next("ana", limit=9)) == [made[row].id for row in (2, 0, 3, 1)]


def test_two_people_never_have_the_same_until_the_time_is_up(
    samples: SampleStore, queue: ReviewQueue, clock: Hands
) -> None:
    samples.write([a_sample(score=score) for score in (0.9, 0.5, 0.3)])
    first, second = ids(queue.next("ana", limit=2)), ids(queue.next("ben", limit=9))
    assert len(first) == 2
    assert len(second) == 1
    assert not set(first) & set(second)
    assert ids(queue.next("ana", limit=9)) == first
    assert queue.next("eva") == []
    with pytest.raises(StoreError, match="ana has it until"):
        queue.hold(first[0], "ben")
    clock.sleep(901)
    assert ids(queue.next("ben", limit=9))[0] == first[0]
    queue.give_back(first[0], "ana")
    assert queue.next("ana") == []


def test_what_is_labelled_or_of_another_camera_is_not_handed_out(
    samples: SampleStore, queue: ReviewQueue
) -> None:
    made = [a_sample(source=source) for source in ("gate", "yard", "yard", "yard")]
    samples.write(made)
    samples.label(made[1].id, (), reviewer="ana")
    samples.skip(made[2].id, reviewer="ana")
    assert ids(queue.next("ben", limit=9, source="yard")) == [made[3].id]
    assert ids(queue.next("ben", limit=9)) == [made[3].id, made[0].id]


def test_many_who_ask_at_once_get_each_sample_once(
    samples: SampleStore, place: str | Path, clock: Hands
) -> None:
    samples.write([a_sample(score=row / 40) for row in range(40)])

    def asked(name: int) -> list[str]:
        own = Database(place, busy_s=30.0)
        try:
            return ids(ReviewQueue(own, clock=clock).next(f"reviewer {name}", limit=6))
        finally:
            own.close()

    with ThreadPoolExecutor(5) as pool:
        given = [one for few in pool.map(asked, range(5)) for one in few]
    assert len(given) == len(set(given)) == 30


@pytest.mark.parametrize(
    ("reviewer", "limit", "lease_s"), [("", 1, 60.0), ("ana", 0, 60.0), ("ana", 1, 0.0)]
)
def test_nobody_nothing_and_never_are_refused(
    queue: ReviewQueue, reviewer: str, limit: int, lease_s: float
) -> None:
    with pytest.raises(StoreError, match="allowed: 1 to 100"):
        queue.next(reviewer, limit=limit, lease_s=lease_s)
