"""Files of OpenVINO, its IR: in full, or in eight bits by NNCF.

NNCF finds out by clips how large numbers get in front of all that multiplies, lines as well as
convolutions, and OpenVINO then multiplies bytes.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from vigil.core import ConfigError, ModelCard, ModelError
from vigil.infer.session import Output
from vigil.train.exporting import quiet
from vigil.train.video.compressing import CALIBRATED, feeds_of
from vigil.train.video.shipping import CLOSE, COMPARED, Pictures, said_by_file

PACKAGES = ("openvino", "nncf")
PASSING = {
    "Add", "Gather", "Reshape", "Slice", "Squeeze", "StridedSlice", "Transpose", "Unsqueeze",
}  # fmt: skip
"""Operations that hand on what a line says."""


def need_openvino() -> None:
    """Raises `ConfigError` where a file for OpenVINO cannot be made."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"--openvino: needs {' and '.join(missing)}; install with: "
            "pip install 'vigil-video[openvino-int8]'"
        )


def in_full(card: ModelCard, folder: Path, clips: Sequence[Pictures]) -> ModelCard:
    """Write the ONNX file of `card` as IR beside it, and compare them on `clips`; its card.

    Raises `ModelError` when they answer differently.
    """
    import openvino  # noqa: PLC0415

    made = replace(card, file=Path(card.file).with_suffix(".xml").name, sha256={})
    graph = openvino.Core().read_model(folder / card.file)
    openvino.save_model(graph, folder / made.file, compress_to_fp16=False)
    compared = clips[:COMPARED]
    pairs = zip(*(said_by_file(each, folder, compared) for each in (card, made)), strict=True)
    off = max(float(np.abs(one - other).max()) for one, other in pairs)
    if not off <= CLOSE:
        raise ModelError(f"{made.file}: differs from {card.file} by {off:.2g}; allowed: {CLOSE}")
    return made


def in_eight_bits(card: ModelCard, folder: Path, clips: Sequence[Pictures]) -> ModelCard:
    """Write a copy of the ONNX file of `card` beside it that computes in eight bits; its card.

    `clips`: some that the network learnt from, since what is measured must not be judged by.
    """
    import openvino  # noqa: PLC0415

    nncf = _nncf()
    made = replace(card, file=f"{Path(card.file).stem}-int8.xml", sha256={})
    graph = openvino.Core().read_model(folder / card.file)
    kinds = [each.get_type_name() for each in graph.get_ordered_ops()]
    lines = kinds.count("MatMul") > kinds.count("Convolution") + kinds.count("GroupConvolution")
    kept = nncf.IgnoredScope(names=before_means(graph)) if lines else None
    fed = _Fed(card, folder / card.file, clips[:CALIBRATED])
    # It draws bars on the output that belongs to what a command says.
    with quiet(), redirect_stdout(StringIO()):
        rounded = nncf.quantize(
            graph,
            nncf.Dataset(fed),
            subset_size=len(fed),
            model_type=nncf.ModelType.TRANSFORMER if lines else None,
            ignored_scope=kept,
        )
        openvino.save_model(rounded, folder / made.file, compress_to_fp16=False)
    return made


def before_means(graph: Any) -> list[str]:
    """Names of lines whose answers are averaged next, as those of TimeSformer's tokens of frames.

    They stay in full: where they do not, OpenVINO (2026.4) refuses the graph, since what it moves
    behind the mean no longer has its shape.
    """
    found, waiting = set(), _from(graph, "ReduceMean")
    while waiting:
        node = waiting.pop()
        if node.get_type_name() == "MatMul":
            found.add(node.get_friendly_name())
        elif node.get_type_name() in PASSING:
            made = [value.get_node() for value in node.input_values()]
            made = [each for each in made if each.get_type_name() != "Constant"]
            # Of two things added, neither alone is what is averaged.
            waiting += made if len(made) == 1 else []
    return sorted(found)


def _from(graph: Any, kind: str) -> list[Any]:
    """What goes into the operations of one kind."""
    return [
        each.input_value(0).get_node()
        for each in graph.get_ordered_ops()
        if each.get_type_name() == kind
    ]


def _nncf() -> Any:
    # Unless it believes itself in a test it reports each use to its maker.
    os.environ.setdefault("NNCF_CI", "1")
    import nncf  # noqa: PLC0415

    return nncf


class _Fed:
    """What a graph is fed, as often as it is asked for."""

    def __init__(self, card: ModelCard, path: Path, clips: Sequence[Pictures]) -> None:
        self._of = card, path, clips

    def __len__(self) -> int:
        card, _, clips = self._of
        streams = card.clip is not None and card.clip.states
        return sum(len(clip) for clip in clips) if streams else len(clips)

    def __iter__(self) -> Iterator[dict[str, Output]]:
        yield from feeds_of(*self._of)
