"""From a run to the file that the watch opens."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.train.video.walks import write_walks

from vigil.core import ConfigError
from vigil.infer.clip_session import StreamSession, clip_session
from vigil.train.video.exporting import export_run, pictures_of
from vigil.train.video.learning import Made, shelf_of, train_video
from vigil.train.video.reading import read_clips
from vigil.train.video.settings import VideoSettings
from vigil.train.video.shipping import judged_by


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_walks(tmp_path_factory.mktemp("walks"), 5)


def trained(walks: Path, folder: Path, **more: Any) -> tuple[Made, Any]:
    settings = VideoSettings(
        data=str(walks), name="Walks", frames=4, side=32, epochs=1, rate_hz=10.0, **more
    )
    made = train_video(settings, read_clips(walks), folder / "walks")
    return made, shelf_of(made.asked.way, folder / "walks")


def test_a_stream_says_of_a_clip_what_its_network_says(walks: Path, tmp_path: Path) -> None:
    made, shelf = trained(walks, tmp_path, causal=True)
    clips = read_clips(walks)[:2]
    wanted = made.asked.shares(clips, shelf)
    card = export_run(made.asked, clips, shelf, tmp_path, licence="CC0-1.0")
    assert card.clip is not None
    assert (card.clip.frames, card.clip.rate, card.clip.states) == (
        4,
        pytest.approx(4.0, abs=0.2),
        0,
    )
    session = clip_session(card, tmp_path / card.file)
    said = [judged_by(session, pictures_of(made.asked, each, shelf)) for each in clips]
    assert np.allclose(said, wanted, atol=1e-3)
    streamed = export_run(made.asked, clips, shelf, tmp_path, licence="CC0-1.0", stream=True)
    stream = clip_session(streamed, tmp_path / streamed.file)
    assert isinstance(stream, StreamSession)
    assert streamed.clip is not None
    assert streamed.clip.states == 10


@pytest.mark.parametrize(
    ("more", "stream", "told"),
    [
        ({"mode": "frozen", "head": "knn"}, False, "head: knn; a file of the watch needs: linear"),
        ({"mode": "frozen"}, True, "--stream: needs a run of tsm-r50 or tsm-mobilenet with"),
    ],
)
def test_what_a_file_cannot_say_is_told(
    walks: Path, tmp_path: Path, more: dict[str, Any], stream: bool, told: str
) -> None:
    made, shelf = trained(walks, tmp_path, **more)
    with pytest.raises(ConfigError, match=told):
        export_run(made.asked, read_clips(walks)[:1], shelf, tmp_path, licence="x", stream=stream)
