"""An open ONNX graph that takes a picture, a text, or both."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vigil.core import ModelError
from vigil.infer.content import checked_format

Array = np.ndarray[Any, Any]
KINDS = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32}


class EncoderGraph:
    """One file, one thread. Raises `ModelError` when it cannot be opened, or does not run.

    Publishers put both encoders into one graph at times, which runs whole, whatever is asked: the
    side that is not asked about is given zeros, a text of one token and a picture of `size`.
    """

    def __init__(self, path: Path, size: tuple[int, int] = (1, 1)) -> None:
        """`size`: height and width of pictures."""
        if checked_format(path) != "onnx":
            raise ModelError(f"{path.name}: an encoder must be ONNX")
        self._name = path.name
        # Imported with the first graph: a watch without one does not wait for it.
        from vigil.infer.onnx_session import opened  # noqa: PLC0415

        self._session = opened(path, None)
        self._zeros: dict[str, Array] = {}
        self.pictures: dict[str, list[int | str | None]] = {}
        """Shapes of its inputs with four axes, by name."""
        self.tokens: dict[str, np.dtype[Any] | None] = {}
        """Types of its other inputs, by name; None: no whole numbers."""
        for one in self._session.get_inputs():
            kind = KINDS.get(one.type)
            if len(one.shape) == 4:
                self.pictures[one.name] = one.shape
                free: tuple[int, ...] = (1, 3, *size)
            else:
                whole = kind is not None and np.issubdtype(kind, np.integer)
                self.tokens[one.name] = np.dtype(kind) if whole else None
                free = (1,) * len(one.shape)
            shape = [
                side if isinstance(side, int) else usual
                for side, usual in zip(one.shape, free, strict=True)
            ]
            self._zeros[one.name] = np.zeros(shape, kind or np.float32)

    def run(self, feed: Mapping[str, Array]) -> list[Array]:
        """All outputs, in the order of the graph."""
        try:
            return list(self._session.run(None, {**self._zeros, **feed}))
        except Exception as error:
            line = " ".join(str(error).split())[:300]
            raise ModelError(f"{self._name}: does not run: {line}") from error
