"""Eight bits for networks of clips, and what a file is worth: measured with the very file.

Transformers are lines: their weights become bytes, and what comes in is measured as it comes
(dynamic). Convolutions are told beforehand, by clips, how large their numbers get (static; Jacob et
al. 2018, arXiv 1712.05877).
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import process_time

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from vigil.core import ModelCard
from vigil.infer.clip_session import ClipSession, clip_of, clip_session
from vigil.infer.content import belonging
from vigil.infer.graph import open_graph
from vigil.infer.session import Output
from vigil.train.exporting import quiet
from vigil.train.video.shipping import Pictures, laid_out, said_by_file

CALIBRATED = 16
"""Clips from which convolutions learn how large their numbers get."""
TIMED = 9


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What one file is worth on this machine."""

    accuracy: float
    """Share of the clips whose likeliest word is right."""
    milliseconds: float
    """Processor time of one answer, one thread: of a clip, or of a stream's picture."""
    megabytes: float


def worth(card: ModelCard, folder: Path, clips: Sequence[Pictures], words: Sequence[int]) -> Worth:
    """Of the file that a card names; `words`: numbers of the right ones of each clip."""
    said = said_by_file(card, folder, clips)
    right = [int(shares.argmax()) == word for shares, word in zip(said, words, strict=True)]
    return Worth(
        accuracy=float(np.mean(right)),
        milliseconds=answer_ms(card, folder, clips[0]),
        megabytes=megabytes(card, folder),
    )


def megabytes(card: ModelCard, folder: Path) -> float:
    """Of all files of a model."""
    return sum((folder / name).stat().st_size for name in belonging(card.file)) / 1e6


def answer_ms(card: ModelCard, folder: Path, clip: Pictures, *, times: int = TIMED) -> float:
    """Processor time of one answer: of a whole clip, or of a stream's picture; the median."""
    session, took = clip_session(card, folder / card.file), []
    held = None if isinstance(session, ClipSession) else session.nothing_held()
    for number in range(times + 1):
        began_s = process_time()
        if isinstance(session, ClipSession):
            session.shares(clip)
        else:
            assert held is not None
            _, held = session.step(clip[number % len(clip)], held)
        took.append(1000 * (process_time() - began_s))
    return float(np.median(took[1:]))


def in_eight_bits(card: ModelCard, folder: Path, clips: Sequence[Pictures]) -> ModelCard:
    """Write a copy beside the file of `card` that computes in eight bits; its card.

    `clips`: some that the network learnt from, since what is measured must not be judged by.
    """
    small = replace(card, file=f"{Path(card.file).stem}-int8.onnx", sha256={})
    with tempfile.TemporaryDirectory(prefix="vigil-int8-") as beside, quiet():
        ready = Path(beside) / "ready.onnx"
        quant_pre_process(str(folder / card.file), str(ready), skip_symbolic_shape=True)
        model = onnx.load(str(ready))
        # Sizes that an optimizer left behind under names that now mean something else.
        del model.graph.value_info[:]
        onnx.save(model, str(ready))
        kinds = [node.op_type for node in model.graph.node]
        if kinds.count("MatMul") + kinds.count("Gemm") > kinds.count("Conv"):
            quantize_dynamic(
                str(ready),
                str(folder / small.file),
                op_types_to_quantize=["MatMul", "Gemm"],
                per_channel=True,
                weight_type=QuantType.QInt8,
            )
        else:
            quantize_static(
                str(ready),
                str(folder / small.file),
                _Calibration(card, ready, clips[:CALIBRATED]),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=["Conv"],
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
    return small


class _Calibration(CalibrationDataReader):
    """Hands over what a graph is fed, one after the other."""

    def __init__(self, card: ModelCard, path: Path, clips: Sequence[Pictures]) -> None:
        self._given = feeds_of(card, path, clips)

    def get_next(self) -> dict[str, Output] | None:
        return next(self._given, None)


def feeds_of(card: ModelCard, path: Path, clips: Sequence[Pictures]) -> Iterator[dict[str, Output]]:
    """What the graph at `path` is fed with, clip by clip; of a stream with what it holds by then.

    Arrays by the names of its inputs.
    """
    graph = open_graph(path)
    names = [each.name for each in graph.inputs]
    for clip in clips:
        batch = laid_out(card, clip).numpy()
        if not clip_of(card).states:
            yield {names[0]: batch}
            continue
        held = [np.zeros(each.sizes or (), np.float32) for each in graph.inputs[1:]]
        for frame in batch[0]:
            given = [frame[None], *held]
            yield dict(zip(names, given, strict=True))
            _, *held = graph.answer(given)
