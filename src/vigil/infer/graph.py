"""A graph that takes several tensors and gives several: of ONNX Runtime, or of OpenVINO."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vigil.infer.session import Output, Precision, needs_openvino

Size = int | str | None
"""Of one dimension; a word or nothing: any size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """What goes into a graph, or comes out of it."""

    name: str
    shape: tuple[Size, ...]

    @property
    def sizes(self) -> tuple[int, ...] | None:
        """The shape where all of it is fixed; else None."""
        found = tuple(each for each in self.shape if isinstance(each, int))
        return found if len(found) == len(self.shape) else None


class Graph(Protocol):
    """An open graph, one thread."""

    @property
    def inputs(self) -> Sequence[Tensor]: ...

    @property
    def outputs(self) -> Sequence[Tensor]: ...

    def answer(self, given: Sequence[Output]) -> list[Output]:
        """All outputs, in order, for all inputs in order; raises `ModelError`."""
        ...


def open_graph(
    path: Path, *, precision: Precision = "f32", providers: tuple[str, ...] | None = None
) -> Graph:
    """Open a file with the engine that its format is for; raises `ModelError`.

    `precision` and `providers`: as in `open_session`.
    """
    # An engine takes a second and 100 MB to import: only the one that is used comes in.
    if path.suffix == ".onnx":
        from vigil.infer.onnx_session import OnnxGraph  # noqa: PLC0415

        return OnnxGraph(path, providers)
    try:
        from vigil.infer.openvino_session import OpenVinoGraph  # noqa: PLC0415
    except ImportError as error:
        raise needs_openvino(path) from error
    return OpenVinoGraph(path, precision)
