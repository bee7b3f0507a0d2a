"""What is tried of a run's network before a file of it goes out, and what is kept and told."""

from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from tests.train.video.walks import write_walks

from vigil.core import ConfigError
from vigil.infer import Registry
from vigil.infer.clip_session import StreamSession, clip_session
from vigil.models import mobilenet_v2
from vigil.train.video import for_openvino, learning, releasing
from vigil.train.video.asking import Asked
from vigil.train.video.batches import Way
from vigil.train.video.bodies import preset_of
from vigil.train.video.clips import clip_set
from vigil.train.video.compressing import Worth
from vigil.train.video.learning import Heard, shelf_of
from vigil.train.video.network import ClipNetwork
from vigil.train.video.reading import read_clips
from vigil.train.video.releasing import Released, Wanted, release, why_not
from vigil.train.video.settings import VideoSettings
from vigil.train.video.truths import Truths


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_walks(tmp_path_factory.mktemp("walks"), 5)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A MobileNetV2 of three blocks: exporting takes as long as a network is deep."""
    monkeypatch.setattr(mobilenet_v2, "STAGES", mobilenet_v2.STAGES[:2])


def released(walks: Path, folder: Path, wanted: Wanted, **more: Any) -> Released:
    settings = VideoSettings(
        data=str(walks), name="walks", frames=4, side=32, rate_hz=10.0, batch=2, **more
    )
    found = clip_set(read_clips(walks), str(walks))
    truths = Truths.of(found, "one")
    torch.manual_seed(0)
    network = ClipNetwork(settings, truths, balance=None).eval()
    way = Way(settings=settings, preset=preset_of(settings))
    asked = Asked(network=network, truths=truths, way=way)
    shelf = shelf_of(way, folder / "walks")
    (folder / "files").mkdir()
    return release(asked, found, shelf, folder / "files", wanted, heard=Heard())


def parameters(path: Path) -> int:
    return sum(len(each.raw_data) for each in onnx.load(str(path)).graph.initializer)


def test_a_stream_is_tried_thinned_and_in_eight_bits_and_the_best_is_kept(
    walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted = []
    refit = learning.refit

    def seen(thin: Any, *rest: Any, **more: Any) -> None:
        before = {name: each.clone() for name, each in thin.network.state_dict().items()}
        refit(thin, *rest, **more)
        after = thin.network.state_dict()
        fitted.append([name for name, each in before.items() if not each.equal(after[name])])

    monkeypatch.setattr(releasing, "refit", seen)
    # Timings of so small a network say nothing: what each file is worth here is given.
    worths = iter([10.0, 8.0, 9.0])

    def worth(card: Any, folder: Path, clips: Any, words: Any) -> Worth:
        assert len(clips) == len(words) == 2  # of val: one of each word
        assert clip_session(card, folder / card.file) is not None
        return Worth(accuracy=0.5, milliseconds=next(worths), megabytes=1.0)

    monkeypatch.setattr(releasing, "worth", worth)
    wanted = Wanted(licence="CC0-1.0", stream=True, int8=True, share=0.5, epochs=1)
    out = released(walks, tmp_path, wanted, causal=True)
    assert "heads.all.line.weight" in fitted[0]
    full, thin, eight = out.told
    assert full == "as it was learnt: 10.0 ms a picture, 1.0 MB, right 50.0% of 2 clips of val"
    assert "of the parameters out: 8.0 ms a picture" in thin
    assert thin.endswith("1.25 times as fast: kept")
    assert eight.startswith("in eight bits: 9.0 ms a picture")
    assert eight.endswith("not kept, not faster")
    assert out.changed
    assert out.path.parent.name == "thin"
    assert parameters(out.path) < parameters(tmp_path / "files" / out.path.name)
    assert isinstance(clip_session(out.card, out.path), StreamSession)
    assert out.card.latency_ms == {"cpu": 8, "cpu/full": 10, "cpu/thin": 8, "cpu/int8": 9}
    assert set(out.card.metrics) == {
        "accuracy", "accuracy/full", "accuracy/thin", "accuracy/int8",
    }  # fmt: skip


def test_eight_bits_learn_their_ranges_from_the_split_train(
    walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []
    in_eight_bits = releasing.in_eight_bits

    def seen(card: Any, folder: Path, clips: Any) -> Any:
        given.append(len(clips))
        return in_eight_bits(card, folder, clips)

    monkeypatch.setattr(releasing, "in_eight_bits", seen)
    out = released(walks, tmp_path, Wanted(licence="CC0-1.0", int8=True))
    assert given == [6]  # of ten clips
    assert out.told[0].split(", ")[0].endswith("ms a clip")
    kept = out.told[1].endswith(": kept")
    assert out.changed is kept
    assert out.path.name == ("walks-int8.onnx" if kept else "walks.onnx")
    which = "int8" if kept else "full"
    assert out.card.metrics["accuracy"] == out.card.metrics[f"accuracy/{which}"]
    assert out.card.latency_ms["cpu"] == out.card.latency_ms[f"cpu/{which}"] > 0


def test_files_for_openvino_are_made_of_the_one_in_full_and_the_best_of_all_is_kept(
    walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("nncf")
    worths = iter([10.0, 9.0, 8.0, 7.0])

    def worth(card: Any, folder: Path, clips: Any, words: Any) -> Worth:
        assert clip_session(card, folder / card.file) is not None
        return Worth(accuracy=0.5, milliseconds=next(worths), megabytes=1.0)

    monkeypatch.setattr(releasing, "worth", worth)
    out = released(walks, tmp_path, Wanted(licence="CC0-1.0", int8=True, openvino=True))
    full, eight, whole, small = out.told
    assert full.startswith("as it was learnt: 10.0 ms")
    assert eight.startswith("in eight bits: 9.0 ms")
    assert whole.startswith("by OpenVINO: 8.0 ms")
    assert small.startswith("in eight bits by OpenVINO: 7.0 ms")
    assert (out.path.name, out.card.file) == ("walks-int8.xml", "walks-int8.xml")
    assert out.changed
    assert out.card.latency_ms == {
        "cpu": 7, "cpu/full": 10, "cpu/int8": 9, "cpu/openvino": 8, "cpu/openvino-int8": 7,
    }  # fmt: skip
    kept = Registry(tmp_path / "models").add(out.path, out.card, activate=False)
    assert set(kept.sha256) == {"walks-int8.xml", "walks-int8.bin"}


def test_without_openvino_nothing_is_begun(
    walks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(for_openvino, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="--openvino: needs openvino and nncf; install with: pip"):
        released(walks, tmp_path, Wanted(licence="x", openvino=True))
    assert not list((tmp_path / "files").iterdir())


@pytest.mark.parametrize(
    ("accuracy", "milliseconds", "why"),
    [(0.9, 5.0, ""), (0.9, 10.0, "not faster"), (0.85, 5.0, "costs more than 1%")],
)
def test_only_what_is_faster_and_as_good_is_kept(
    accuracy: float, milliseconds: float, why: str
) -> None:
    before = Worth(accuracy=0.9, milliseconds=10.0, megabytes=4)
    other = Worth(accuracy=accuracy, milliseconds=milliseconds, megabytes=1)
    assert why_not(other, before) == why


@pytest.mark.parametrize(
    ("share", "more", "told"),
    [
        (0.5, {"mode": "frozen"}, "--prune: a run with the mode frozen; allowed: full"),
        (1.5, {}, "prune: found 1.5; allowed: more than 0, less than 1"),
        (
            0.5,
            {"network": "timesformer"},
            "thinned; allowed: tsm-mobilenet, tsm-r50, i3d-r50",
        ),
        (None, {"mode": "frozen", "head": "knn"}, "head: knn; a file of the watch needs: linear"),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_written(
    walks: Path, tmp_path: Path, share: float | None, more: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        released(walks, tmp_path, Wanted(licence="x", share=share), **more)
    assert not list((tmp_path / "files").iterdir())
