"""What is chosen for a person's label."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.flywheel.clouds import clouds

from vigil.flywheel.mine import Candidates, Rare, Share, choose, picked
from vigil.flywheel.views import NEAR_COSINE


def pool(count: int = 60, *, width: int = 20, seed: int = 0, **more: object) -> Candidates:
    vectors, _ = clouds(count, words=3, apart=1.0, seed=seed, width=width)
    return Candidates(ids=[f"s{row}" for row in range(count)], vectors=vectors, **more)  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_picks_keep_every_promise(data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 40))
    seed = data.draw(st.integers(0, 99))
    chance = np.random.default_rng(seed)
    cameras = [f"c{chance.integers(3)}" for _ in range(count)]
    some = pool(
        count,
        seed=seed,
        width=data.draw(st.sampled_from([3, 20])),
        cameras=cameras,
        uncertainty=chance.random(count) if data.draw(st.booleans()) else None,
        conditions=[frozenset({"dark"} if chance.random() < 0.1 else {"usual"}) for _ in cameras],
    )
    budget, most = data.draw(st.integers(0, 50)), data.draw(st.sampled_from([None, 1, 4]))
    found = choose(some, budget, per_camera=most, seed=seed)
    assert found == choose(some, budget, per_camera=most, seed=seed)
    assert len({pick.row for pick in found}) == len(found) <= min(budget, count)
    assert all(pick.id == some.ids[pick.row] for pick in found)
    assert found[: budget // 2] == choose(some, budget // 2, per_camera=most, seed=seed)
    used = [cameras[pick.row] for pick in found]
    assert most is None or all(used.count(name) <= most for name in used)
    assert some.vectors is not None
    chosen = some.vectors[[pick.row for pick in found]]
    cosines = chosen @ chosen.T - np.eye(len(chosen))
    assert not len(chosen) or cosines.max() < NEAR_COSINE


def test_without_vectors_the_most_doubtful_come_first_and_chance_has_its_part() -> None:
    doubt = np.linspace(0, 1, 200)
    some = Candidates(ids=[str(row) for row in range(200)], uncertainty=doubt)
    found = choose(some, 50, seed=3)
    assert [pick.why for pick in found].count("random") == 5
    named = [pick.row for pick in found if pick.why == "instructive"]
    assert named == sorted(named, reverse=True)
    assert named[0] == 199


def test_what_a_large_model_sees_otherwise_is_doubtful_however_sure_the_small_one_is() -> None:
    apart = np.zeros(50)
    apart[17] = 0.9
    some = Candidates(
        ids=[str(row) for row in range(50)], uncertainty=np.full(50, 0.2), disagreement=apart
    )
    assert choose(some, 1)[0].row == 17


def test_of_copies_one_is_enough_and_none_of_what_is_labelled() -> None:
    vectors = np.eye(5, 8, dtype=np.float32)
    some = Candidates(ids=[str(row) for row in range(50)], vectors=np.repeat(vectors, 10, axis=0))
    assert len({pick.row // 10 for pick in choose(some, 50)}) == len(choose(some, 50)) == 5
    known = Candidates(ids=some.ids, vectors=some.vectors, labelled=vectors[:2])
    assert {pick.row // 10 for pick in choose(known, 50)} == {2, 3, 4}


def test_a_rare_condition_gets_labels_long_before_its_share() -> None:
    conditions = [frozenset({"rain"} if row < 4 else {"usual"}) for row in range(400)]
    rain = []
    for words in (conditions, ()):
        some = pool(400, conditions=words)
        rain.append(sum(pick.row < 4 for pick in choose(some, 40)))
    assert rain[0] == 4 > rain[1]
    plenty = pool(400, conditions=conditions, labelled_conditions={"rain": 90, "usual": 10})
    rare = [pick.row for pick in choose(plenty, 40) if pick.why == "rare"]
    assert len(rare) == 4
    assert min(rare) >= 4


def test_when_conditions_have_run_out_the_others_still_come() -> None:
    conditions = [frozenset({"rain"}) if row == 3 else frozenset[str]() for row in range(30)]
    some = pool(30, conditions=conditions)
    alone = Share(why="rare", chooser=Rare(conditions, {}, np.arange(30)), part=1.0)
    found = [pick.row for pick in picked(some, [alone], 30)]
    assert found[:3] == [3, 0, 1]
    assert len(found) == 30


def test_memory_grows_with_the_candidates_and_not_with_their_square() -> None:
    count, width = 30_000, 16
    vectors = np.random.default_rng(0).normal(size=(count, width)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    some = Candidates(ids=[str(row) for row in range(count)], vectors=vectors)
    tracemalloc.start()
    found = choose(some, 30)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == 30
    assert peak < 100 << 20  # a matrix of all distances is 3.6 GB


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ids": ["a", "a"]}, "an id of its own"),
        ({"uncertainty": np.zeros(3)}, "uncertainty: 2 rows"),
        ({"uncertainty": np.array([0.0, 1.5])}, r"0\.0 to 1\.5; allowed: 0 to 1"),
        ({"disagreement": np.array([0.0, np.nan])}, "finite"),
        ({"cameras": ["gate"]}, "cameras: 1 of 2"),
        ({"labelled": np.zeros((1, 3), np.float32)}, "have None numbers"),
        (
            {"vectors": np.zeros((2, 4), np.float32), "labelled": np.zeros((1, 3), np.float32)},
            "have 4 numbers",
        ),
    ],
)
def test_what_is_no_pool_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Candidates(**{"ids": ["a", "b"]} | wrong)  # type: ignore[arg-type]


def test_what_is_no_budget_is_refused() -> None:
    with pytest.raises(ValueError, match="budget -1"):
        choose(pool(5), -1)
    with pytest.raises(ValueError, match="per camera 0"):
        choose(pool(5), 3, per_camera=0)
    with pytest.raises(ValueError, match="needs to know the cameras"):
        choose(pool(5), 3, per_camera=2)
