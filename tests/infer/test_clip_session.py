"""Files of networks of clips: what fits a card, and what is said of one that does not."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from vigil.core import ConfigError, ModelCard, ModelClip, ModelError, ModelInput
from vigil.infer import Registry, check_card, open_session
from vigil.infer.cards import card_from_yaml, card_to_yaml
from vigil.infer.clip_session import ClipSession, StreamSession, together

SIDE, FRAMES = 4, 3
CARD = ModelCard(
    name="bright",
    file="bright.onnx",
    head="softmax",
    labels=("bright", "dark"),
    input=ModelInput(width=SIDE, height=SIDE, fit="stretch", scale=(1 / 255,)),
    clip=ModelClip(frames=FRAMES, rate=4.0),
    licence_code="Apache-2.0",
    licence_weights="Apache-2.0",
)
STREAM = replace(CARD, clip=replace(CARD.clip, states=1))  # type: ignore[type-var]


def write(
    path: Path,
    *,
    pictures: Sequence[int] = (1, FRAMES, 3, SIDE, SIDE),
    state: Sequence[int | str] | None = None,
    kept: Sequence[int | str] | None = None,
    softmax: bool = True,
) -> Path:
    """A graph that says how bright a clip is, or a picture and what it holds of the last one."""
    seen = ["seen"] if state is not None else []
    nodes = [helper.make_node("Add", ["pictures", "held"], seen)] if state is not None else []
    source = "seen" if state is not None else "pictures"
    nodes += [
        helper.make_node("ReduceMean", [source], ["mean"], keepdims=0),
        helper.make_node("Reshape", ["mean", "row"], ["bright"]),
        helper.make_node("Neg", ["bright"], ["dark"]),
        helper.make_node("Concat", ["bright", "dark"], ["logits"], axis=1),
        helper.make_node("Softmax" if softmax else "Identity", ["logits"], ["answers"]),
    ]
    inputs = [helper.make_tensor_value_info("pictures", TensorProto.FLOAT, pictures)]
    outputs = [helper.make_tensor_value_info("answers", TensorProto.FLOAT, [1, 2])]
    if state is not None:
        doubled = helper.make_node("Concat", ["pictures", "pictures"], ["next"], axis=3)
        nodes.append(doubled if kept else helper.make_node("Identity", ["pictures"], ["next"]))
        inputs.append(helper.make_tensor_value_info("held", TensorProto.FLOAT, state))
        outputs.append(helper.make_tensor_value_info("next", TensorProto.FLOAT, kept or state))
    row = helper.make_tensor("row", TensorProto.INT64, [2], [1, 1])
    graph = helper.make_graph(nodes, "bright", inputs, outputs, [row])
    opset = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    return path


def stream(path: Path, **changes: object) -> Path:
    one = (1, 3, SIDE, SIDE)
    return write(path, **{"pictures": one, "state": one} | changes)  # type: ignore[arg-type]


def as_ir(path: Path) -> Path:
    """The same graph as OpenVINO keeps it."""
    openvino = pytest.importorskip("openvino")
    target = path.with_suffix(".xml")
    graph = openvino.Core().read_model(path)
    openvino.save_model(graph, target, compress_to_fp16=False)
    path.unlink()
    return target


def grey(level: int) -> np.ndarray:
    return np.full((SIDE, SIDE, 3), level, np.uint8)


def test_a_clip_is_laid_out_as_its_card_says(tmp_path: Path) -> None:
    write(tmp_path / CARD.file)
    session = open_session(CARD, tmp_path)
    assert isinstance(session, ClipSession)
    clip = [grey(0), grey(255), grey(255)]
    bright = np.exp(2 / 3) / (np.exp(2 / 3) + np.exp(-2 / 3))
    assert session.shares(clip)[0] == pytest.approx(bright, abs=1e-5)
    turned = replace(CARD, clip=ModelClip(frames=FRAMES, rate=4.0, layout="cthw"))
    write(tmp_path / CARD.file, pictures=(1, 3, FRAMES, SIDE, SIDE))
    other = open_session(turned, tmp_path)
    assert isinstance(other, ClipSession)
    assert other.shares(clip)[0] == pytest.approx(bright, abs=1e-5)


def test_streams_share_weights_and_nothing_else(tmp_path: Path) -> None:
    stream(tmp_path / CARD.file)
    session = open_session(STREAM, tmp_path)
    assert isinstance(session, StreamSession)
    assert session.held_bytes == 3 * SIDE * SIDE * 4
    one, held_one = session.step(grey(255), session.nothing_held())
    other, held_other = session.step(grey(0), session.nothing_held())
    after_bright, _ = session.step(grey(0), held_one)
    after_dark, _ = session.step(grey(0), held_other)
    assert after_bright[0] > after_dark[0] == pytest.approx(0.5)
    assert one[0] > other[0]


def test_openvino_answers_clips_and_streams_as_onnx_runtime_does(tmp_path: Path) -> None:
    clip = [grey(0), grey(200), grey(255)]
    whole, stepped = write(tmp_path / "whole.onnx"), stream(tmp_path / "stream.onnx")
    cards = replace(CARD, file=whole.name), replace(STREAM, file=stepped.name)
    one, two = (open_session(card, tmp_path) for card in cards)
    files = as_ir(whole), as_ir(stepped)
    irs = (replace(card, file=file.name) for card, file in zip(cards, files, strict=True))
    other_one, other_two = (open_session(card, tmp_path) for card in irs)
    assert isinstance(one, ClipSession)
    assert isinstance(other_one, ClipSession)
    np.testing.assert_allclose(other_one.shares(clip), one.shares(clip), atol=1e-6)
    assert isinstance(two, StreamSession)
    assert isinstance(other_two, StreamSession)
    held, other_held = two.nothing_held(), other_two.nothing_held()
    for picture in clip:
        said, held = two.step(picture, held)
        other, other_held = other_two.step(picture, other_held)
        np.testing.assert_allclose(other, said, atol=1e-6)
    kept = [each.copy() for each in other_held]
    other_two.step(grey(9), other_two.nothing_held())  # what a stream holds is its own
    np.testing.assert_array_equal(other_held, kept)


@pytest.mark.parametrize(
    ("made", "card", "problem"),
    [
        (lambda path: write(path, pictures=(1, 8, 3, SIDE, SIDE)), CARD, "takes .1, 8, 3, 4, 4."),
        (lambda path: write(path, softmax=False), CARD, "no probabilities .sum 0.*softmax"),
        (write, STREAM, "takes 1 inputs and gives 1 outputs; its card says 2"),
        (lambda path: stream(path, state=(1, "any", SIDE, SIDE)), STREAM, "fixed sizes"),
    ],
)
def test_a_file_of_openvino_that_does_not_fit_is_refused_in_one_line(
    tmp_path: Path, made, card: ModelCard, problem: str
) -> None:
    file = as_ir(made(tmp_path / card.file)).name
    with pytest.raises(ModelError, match=problem) as refused:
        open_session(replace(card, file=file), tmp_path)
    assert "\n" not in str(refused.value)


def test_without_openvino_its_files_say_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = as_ir(write(tmp_path / CARD.file)).name
    monkeypatch.setitem(sys.modules, "vigil.infer.openvino_session", None)
    with pytest.raises(ModelError, match=r"bright\.xml needs OpenVINO; .*vigil-video\[openvino\]"):
        open_session(replace(CARD, file=file), tmp_path)


def test_what_a_stream_says_together_is_the_mean_of_its_logits() -> None:
    logits = np.random.default_rng(0).normal(size=(5, 3))
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    wanted = np.exp(logits.mean(0)) / np.exp(logits.mean(0)).sum()
    np.testing.assert_allclose(together(list(shares.astype(np.float32))), wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("made", "card", "problem"),
    [
        (lambda path: write(path, pictures=(1, 8, 3, SIDE, SIDE)), CARD, "takes .1, 8, 3, 4, 4."),
        (lambda path: write(path, softmax=False), CARD, "no probabilities .sum 0.*softmax"),
        (stream, CARD, "takes 2 inputs, its card says one"),
        (write, STREAM, "takes 1 inputs and gives 1 outputs; its card says 2"),
        (lambda path: stream(path, state=(1, "any", SIDE, SIDE)), STREAM, "fixed sizes"),
        (lambda path: stream(path, kept=(1, 3, SIDE, 2 * SIDE)), STREAM, "for the next picture"),
        (
            write,
            replace(CARD, labels=("a", "b", "c")),
            "answers 2 numbers, its card has 3 words",
        ),
    ],
)
def test_a_file_that_does_not_fit_its_card_is_refused_in_one_line(
    tmp_path: Path, made, card: ModelCard, problem: str
) -> None:
    made(tmp_path / card.file)
    with pytest.raises(ModelError, match=problem) as refused:
        open_session(card, tmp_path)
    assert "\n" not in str(refused.value)


def test_a_card_for_clips_is_checked_and_kept(tmp_path: Path) -> None:
    assert card_from_yaml(card_to_yaml(STREAM)) == STREAM
    wrong = replace(
        CARD, head="yolox", file="a.tflite", clip=ModelClip(frames=1, rate=0.0, states=-1)
    )
    with pytest.raises(ConfigError) as refused:
        check_card(wrong)
    found = "\n".join(refused.value.problems)
    for place in ("head", "file", "clip.frames", "clip.rate", "clip.states"):
        assert f"card.{place}: found" in found
    text = card_to_yaml(CARD).replace("frames:", "pictures:")
    with pytest.raises(ConfigError, match=r"card.clip.pictures: unknown; allowed: frames"):
        card_from_yaml(text)


def test_the_registry_keeps_streams_and_tells_a_changed_one(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    registry.add(stream(tmp_path / CARD.file), STREAM)
    card, session = registry.open_verified("bright")
    assert isinstance(session, StreamSession)
    assert card.clip == STREAM.clip
    (tmp_path / "models/bright/1" / CARD.file).write_bytes(b"\x08\x09")
    with pytest.raises(ModelError, match="SHA-256"):
        registry.open_verified("bright")
