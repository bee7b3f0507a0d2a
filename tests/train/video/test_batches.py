"""What a network is shown of a clip."""

from pathlib import Path

import numpy as np
import pytest
from tests.train.video.walks import write_walk

from vigil.train.video.batches import MEL_ROWS, Way, streams_of
from vigil.train.video.bodies import preset_of
from vigil.train.video.clips import VideoClip
from vigil.train.video.settings import VideoSettings
from vigil.train.video.shelf import Kept, Shelf


def way(**more: object) -> Way:
    settings = VideoSettings(data="d", name="n", frames=5, side=32, **more)  # type: ignore[arg-type]
    return Way(settings=settings, preset=preset_of(settings))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder: Path = tmp_path_factory.mktemp("walks")
    film = write_walk(folder / "a.mp4", "right", 0)
    shelf = Shelf(folder / "clips", side=32, rate_hz=10, sound=None, room_gb=1)
    return shelf.kept(VideoClip(path=film))


def test_a_test_sees_the_middle_of_each_segment_and_views_see_others(kept: Kept) -> None:
    (seen,) = way().judged(kept)
    assert seen.times == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9], abs=0.01)
    first, second = way(views=2).judged(kept)
    assert first.times == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8], abs=0.01)
    assert second.times == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9], abs=0.01)


def test_training_sees_each_segment_otherwise_but_each_picture_alike(kept: Kept) -> None:
    chance = np.random.default_rng(0)
    still = Kept(
        times=kept.times, data=kept.data[: kept.ends[0]].repeat(1), ends=kept.ends, mel=None
    )
    one = np.concatenate([still.data] * len(kept.times))
    still = Kept(
        times=kept.times, data=one, ends=kept.ends[0] * np.arange(1, len(kept.times) + 1), mel=None
    )
    sights = [way().learnt(still, chance).rgb for _ in range(8)]
    for sight in sights:
        assert sight is not None
        assert all(np.array_equal(picture, sight[0]) for picture in sight)
    assert len({each[0].tobytes() for each in sights if each is not None}) == 8
    times = {tuple(way().learnt(kept, chance).times) for _ in range(8)}
    assert len(times) > 4


def test_flow_tells_the_direction_and_turns_with_the_mirror(kept: Kept) -> None:
    (seen,) = way(streams=("rgb", "flow"), framing="stretch").judged(kept)
    assert seen.flow is not None
    assert seen.flow.shape == (5, 32, 32, 2)
    moving = np.abs(seen.flow[..., 0]) > 0.05
    assert np.median(seen.flow[..., 0][moving]) > 0
    batch = streams_of([seen, seen])
    assert batch["flow"].shape == (2, 5, 2, 32, 32)
    assert batch["rgb"].shape == (2, 5, 3, 32, 32)


def test_sound_is_as_long_as_it_must_be_and_missing_sound_is_none(kept: Kept) -> None:
    looks = way(streams=("rgb", "audio"))
    heard = Kept(
        times=kept.times, data=kept.data, ends=kept.ends, mel=np.zeros((50, 80), np.float32)
    )
    (sounding,), (silent,) = looks.judged(heard), looks.judged(kept)
    audio = streams_of([sounding, silent])["audio"]
    assert audio.shape == (2, MEL_ROWS, 80)
    assert audio[1].isnan().all()
    assert not audio[0].isnan().any()
    assert "audio" not in streams_of(way().judged(kept))
