"""Kinds of view, told from several stills of drawn rooms."""

from pathlib import Path

import numpy as np
import pytest
from tests.flywheel.rooms import KINDS, grid_folder, room, write_rooms

from vigil.core import DataError, ModelError
from vigil.flywheel.familiar import Familiar, familiar_with
from vigil.flywheel.pictures import Example, examples_in
from vigil.flywheel.scene_shelf import SceneShelf
from vigil.flywheel.scenes import SceneModel, ask_scene, judged, learn_scenes
from vigil.flywheel.stills import background_of
from vigil.flywheel.usual import Look
from vigil.infer.embedders import MarkedEmbedder, embedder_for
from vigil.infer.head import Head
from vigil.infer.registry import Registry

HERE = Look(compared=True, likeness=0.9)


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> MarkedEmbedder:
    folder = grid_folder(tmp_path_factory.mktemp("grid"))
    return embedder_for(str(folder), Registry(folder))


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    folder = write_rooms(tmp_path_factory.mktemp("rooms"), 12)
    return [one for kind in KINDS for one in examples_in(folder / kind, kind)]


@pytest.fixture(scope="module")
def model(examples: list[Example], embedder: MarkedEmbedder) -> SceneModel:
    found, verdict = learn_scenes(examples, KINDS, embedder)
    assert found is not None, verdict
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_view_is_told_though_people_stand_in_it(
    kind: str, model: SceneModel, embedder: MarkedEmbedder
) -> None:
    answer = ask_scene(model, embedder, [room(kind, seed) for seed in range(50, 57)], HERE)
    assert (answer.said, answer.kind, answer.stills) == ("told", kind, 7)
    assert answer.share > 0.7
    assert answer.is_a(kind) == "yes"
    assert answer.is_a("cellar") == "no"
    assert "90% like the usual one" in answer.reason


def test_a_view_of_another_kind_is_none_of_them(
    model: SceneModel, embedder: MarkedEmbedder
) -> None:
    answer = ask_scene(model, embedder, [room("cellar", seed) for seed in range(5)], HERE)
    assert answer.said == answer.is_a("kitchen") == "unsure"
    assert "unlike all" in answer.reason


def test_a_camera_that_is_turned_away_is_not_asked(
    model: SceneModel, embedder: MarkedEmbedder
) -> None:
    answer = ask_scene(model, embedder, [room("kitchen", 1)], Look(away="the picture is dark"))
    assert (answer.said, answer.reason, answer.kind) == ("turned away", "the picture is dark", "")


def test_vectors_of_another_embedder_are_refused(
    model: SceneModel, embedder: MarkedEmbedder
) -> None:
    other = MarkedEmbedder([embedder], "other")
    with pytest.raises(ModelError, match="not on other; learn them anew"):
        ask_scene(model, other, [room("kitchen", 1)], HERE)


HEAD = Head(
    words=("kitchen", "road"), embedder="e", weights=np.ones((1, 1), np.float32),
    bias=np.zeros(1, np.float32), slope=np.ones(1, np.float32), offset=np.zeros(1, np.float32),
)  # fmt: skip


SURELY, SPLIT, NEITHER = [0.9] * 3, [1.0] * 4 + [0.49] * 3, [0.6] * 3


@pytest.mark.parametrize(
    ("shares", "strange", "background", "said", "why"),
    [
        (SURELY, 0, None, "told", "3 of 3 stills"),
        (NEITHER, 0, None, "unsure", "it may be kitchen (0.60) or road"),
        (SPLIT, 0, None, "unsure", "only 4 of 7 stills"),
        (SURELY, 2, None, "unsure", "unlike all"),
        (SURELY, 1, None, "told", "3 of 3"),
        # Stills full of people, before a place that is known.
        (NEITHER, 3, (0.95, False), "told", "lasts in 3 stills shows it, 0 of them"),
        (SPLIT, 0, (0.95, False), "told", "4 of them"),
        ([0.1, 0.1, 0.9], 2, (0.95, False), "told", "1 of them"),
        (SPLIT, 0, (0.65, False), "unsure", "it may be kitchen (0.65)"),
        ([0.49, 0.49, 0.9], 0, (1.0, False), "unsure", "only 1 of 3 stills"),
        (SURELY, 0, (0.9, True), "unsure", "unlike all"),
        (SURELY, 0, (0.1, False), "unsure", "only 0 of 3 stills show road"),
    ],
)
def test_what_stills_and_their_background_say_together(
    shares: list[float], strange: int, background: tuple[float, bool] | None, said: str, why: str
) -> None:
    table = np.array([[share, 1 - share] for share in shares])
    flags = np.arange(len(shares)) < strange
    whole = background and (np.array([background[0], 1 - background[0]]), background[1])
    answer = judged(HEAD, table, flags, HERE, whole)
    assert answer.said == said, answer
    assert why in answer.reason


def test_the_background_is_what_lasts() -> None:
    found = background_of([room("kitchen", seed, things=3) for seed in range(9)])
    alone = room("kitchen", 1, things=0)
    assert np.abs(found.astype(int) - alone).mean() < 5
    two = [room("kitchen", 1), room("kitchen", 2)]
    assert background_of(two) is two[0]


def test_a_stranger_is_known_by_the_examples(embedder: MarkedEmbedder) -> None:
    own = embedder.embed([room("kitchen", seed) for seed in range(40)])
    strange = embedder.embed([room("cellar", seed) for seed in range(20)])
    familiar = familiar_with(own[:20], np.zeros(20, np.int64), np.arange(20))
    assert np.mean(familiar.nearness(own[20:]) >= familiar.least) >= 0.8
    assert not np.any(familiar.nearness(strange) >= familiar.least)
    again = Familiar.from_bytes(familiar.to_bytes(), "it")
    np.testing.assert_allclose(again.nearness(own), familiar.nearness(own), atol=2e-3)
    for content in (b"", b"PK\3\4", familiar.to_bytes()[:200]):
        with pytest.raises(DataError, match="it: "):
            Familiar.from_bytes(content, "it")


def test_near_duplicates_do_not_make_each_other_familiar(embedder: MarkedEmbedder) -> None:
    vectors = embedder.embed([room("kitchen", seed % 6) for seed in range(24)])
    marks = np.zeros(24, np.int64)
    apart = familiar_with(vectors, marks, np.arange(24))
    together = familiar_with(vectors, marks, np.arange(24) % 6)
    assert together.least < apart.least


def test_a_model_is_kept_with_its_examples_and_comes_back(
    tmp_path: Path, model: SceneModel, examples: list[Example], embedder: MarkedEmbedder
) -> None:
    shelf = SceneShelf(tmp_path / "views")
    with pytest.raises(DataError, match="no kinds of view are learnt; first: vigil scene new"):
        shelf.open(None)
    found, verdict = learn_scenes(examples, KINDS, embedder)
    shelf.keep("rooms", found, verdict, kinds=KINDS, embedder="grid", examples=examples)
    algorithm, again = shelf.open(None)
    assert (algorithm.name, algorithm.version, algorithm.words) == ("rooms", 1, KINDS)
    assert again.head.version == model.head.version
    refused = shelf.keep("rooms", None, verdict, kinds=KINDS, embedder="grid", examples=examples)
    assert refused.version == 2
    assert shelf.open("rooms")[0].version == 1
    shelf.keep("other", found, verdict, kinds=KINDS, embedder="grid", examples=examples)
    with pytest.raises(DataError, match="several sets of kinds are learnt: other, rooms"):
        shelf.open(None)
    next((tmp_path / "views" / "kinds" / "rooms").glob("*.npz")).unlink()
    with pytest.raises(DataError, match="learn it anew"):
        shelf.open("rooms")
    with pytest.raises(DataError, match="no algorithm's name"):
        shelf.open("../rooms")
