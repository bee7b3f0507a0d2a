"""Files for OpenVINO: in full they say the same, in eight bits nearly so."""

import os
from pathlib import Path
from shutil import copy

import numpy as np
import pytest
import torch
from tests.stages.sense.clip_models import CARD, FRAMES, SIDE, Exported, drawn

from vigil.core import ModelCard, ModelError
from vigil.infer.clip_session import StreamSession, clip_session
from vigil.models.video_transformer import VideoTransformer
from vigil.train.video import for_openvino
from vigil.train.video.compressing import megabytes
from vigil.train.video.shipping import export_clips, said_by_file

CLIPS = [drawn(FRAMES, seed) for seed in range(3)]
pytest.importorskip("nncf")


@pytest.fixture(scope="module")
def stream(acts: Exported, tmp_path_factory: pytest.TempPathFactory) -> tuple[ModelCard, Path]:
    folder = tmp_path_factory.mktemp("stream")
    copy(acts.folder / acts.stream.file, folder)
    return acts.stream, folder


def rounded(path: Path) -> int:
    """How many numbers a file rounds before they are multiplied."""
    return path.read_text(encoding="utf-8").count('type="FakeQuantize"')


def test_a_stream_says_the_same_in_full_and_nearly_so_in_eight_bits(
    stream: tuple[ModelCard, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    card, folder = stream
    whole = for_openvino.in_full(card, folder, CLIPS)
    small = for_openvino.in_eight_bits(card, folder, CLIPS)
    assert capsys.readouterr() == ("", "")  # no bars of anybody else's
    assert (whole.file, small.file) == ("stream.xml", "stream-int8.xml")
    assert isinstance(clip_session(small, folder / small.file), StreamSession)
    full, same, byte = (said_by_file(each, folder, CLIPS) for each in (card, whole, small))
    np.testing.assert_allclose(same, full, atol=1e-5)
    np.testing.assert_allclose(byte, full, atol=0.15)
    assert rounded(folder / whole.file) == 0 < rounded(folder / small.file)
    assert megabytes(small, folder) < 0.5 * megabytes(whole, folder)


def test_a_timesformer_in_eight_bits_runs(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = VideoTransformer.small(
        "timesformer", 3, image_size=SIDE, num_frames=FRAMES, hidden_size=48,
        num_hidden_layers=1, num_attention_heads=2, intermediate_size=96,
    ).eval()  # fmt: skip
    export_clips(network, CARD, tmp_path, CLIPS)
    small = for_openvino.in_eight_bits(CARD, tmp_path, CLIPS)
    full, byte = (said_by_file(each, tmp_path, CLIPS) for each in (CARD, small))
    np.testing.assert_allclose(byte, full, atol=0.1)
    assert rounded(tmp_path / small.file)


def test_a_file_that_says_something_else_is_refused(
    stream: tuple[ModelCard, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    card, folder = stream
    monkeypatch.setattr(for_openvino, "CLOSE", -1.0)
    with pytest.raises(ModelError, match=r"stream\.xml: differs from stream\.onnx by .*allowed"):
        for_openvino.in_full(card, folder, CLIPS)


def test_nothing_is_reported_to_the_maker_of_nncf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NNCF_CI", raising=False)
    for_openvino._nncf()
    assert os.environ["NNCF_CI"]
