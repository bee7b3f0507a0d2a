"""From a run to the file that the watch opens."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.train.video.walks import write_walks

from vigil.core import ConfigError
from vigil.infer.clip_session import StreamSession, clip_session
from vigil.train.video.asking import Asked
from vigil.train.video.clips import VideoClip
from vigil.train.video.exporting import export_run, pictures_of
from vigil.train.video.learning import shelf_of, train_video
from vigil.train.video.reading import read_clips
from vigil.train.video.settings import VideoSettings
from vigil.train.video.shelf import Shelf
from vigil.train.video.shipping import judged_by

Run = tuple[Asked, Shelf, list[VideoClip]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A network that learnt for an epoch, and its clips."""
    folder = tmp_path_factory.mktemp("walks")
    clips = read_clips(write_walks(folder / "films", 5))
    settings = VideoSettings(
        data=str(folder), name="Walks", frames=4, side=32, epochs=1, rate_hz=10.0, causal=True
    )
    made = train_video(settings, clips, folder / "walks")
    return made.asked, shelf_of(made.asked.way, folder / "walks"), clips[:2]


def test_a_stream_says_of_a_clip_what_its_network_says(run: Run, tmp_path: Path) -> None:
    asked, shelf, clips = run
    wanted = asked.shares(clips, shelf)
    card = export_run(asked, clips, shelf, tmp_path, licence="CC0-1.0")
    assert card.clip is not None
    assert (card.clip.frames, card.clip.rate, card.clip.states) == (
        4,
        pytest.approx(4.0, abs=0.2),
        0,
    )
    session = clip_session(card, tmp_path / card.file)
    said = [judged_by(session, pictures_of(asked, each, shelf)) for each in clips]
    assert np.allclose(said, wanted, atol=1e-3)
    # A stream takes the head inside: of a copy, since others ask the network, too.
    streamed = export_run(deepcopy(asked), clips, shelf, tmp_path, licence="CC0-1.0", stream=True)
    stream = clip_session(streamed, tmp_path / streamed.file)
    assert isinstance(stream, StreamSession)
    assert streamed.clip is not None
    assert streamed.clip.states == 10


@pytest.mark.parametrize(
    ("more", "stream", "told"),
    [
        ({"head": "knn"}, False, "head: knn; a file of the watch needs: linear"),
        ({"causal": False}, True, "--stream: needs a run of tsm-r50 or tsm-mobilenet with"),
    ],
)
def test_what_a_file_cannot_say_is_told(
    run: Run, tmp_path: Path, more: dict[str, Any], stream: bool, told: str
) -> None:
    asked, shelf, clips = run
    other = replace(asked, way=replace(asked.way, settings=replace(asked.way.settings, **more)))
    with pytest.raises(ConfigError, match=told):
        export_run(other, clips, shelf, tmp_path, licence="x", stream=stream)
    assert not list(tmp_path.glob("*.onnx"))
