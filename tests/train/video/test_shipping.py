"""Networks of clips as files: what they answer, and what is refused."""

from dataclasses import replace
from pathlib import Path
from shutil import copy

import numpy as np
import pytest
from tests.stages.sense.clip_models import (
    CARD,
    FRAMES,
    Exported,
    clip_file,
    drawn,
    seeded,
    stream_file,
)

from vigil.core import ModelClip, ModelError
from vigil.train.video import shipping
from vigil.train.video.shipping import export_stream, laid_out, said_by_file, said_by_network


def test_a_stream_and_a_file_of_clips_say_what_their_network_says(acts: Exported) -> None:
    clips = [drawn(FRAMES, seed) for seed in range(3)]
    wanted = said_by_network(acts.network, CARD, clips)
    assert acts.stream.clip is not None
    assert acts.stream.clip.states == 3
    for card in (acts.stream, acts.whole):
        np.testing.assert_allclose(said_by_file(card, acts.folder, clips), wanted, atol=1e-5)
    assert np.ptp(wanted, axis=0).max() > 0.05  # the clips do matter


def test_who_looks_ahead_is_no_stream_but_a_network_of_clips(tmp_path: Path) -> None:
    network = seeded(causal=False)
    with pytest.raises(ModelError, match="looks at the next frame"):
        stream_file(tmp_path, network)
    assert clip_file(tmp_path, network) == CARD


def test_a_file_that_answers_otherwise_is_refused(
    acts: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = acts.folder / acts.stream.file
    monkeypatch.setattr(shipping, "_write", lambda *_: copy(other, tmp_path / CARD.file))
    assert stream_file(tmp_path, seeded(0)).clip == acts.stream.clip
    with pytest.raises(ModelError, match="differs from its network by"):
        stream_file(tmp_path, seeded(1))


def test_nothing_is_believed_without_a_clip(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no clip to compare it with"):
        export_stream(seeded(), CARD, tmp_path, [])


def test_channels_stand_before_time_where_the_card_says_so() -> None:
    clip = drawn(FRAMES)
    card = replace(CARD, clip=ModelClip(frames=FRAMES, rate=4.0, layout="cthw"))
    assert (laid_out(card, clip).transpose(1, 2) == laid_out(CARD, clip)).all()
    assert laid_out(card, clip).shape == (1, 3, FRAMES, 32, 32)
