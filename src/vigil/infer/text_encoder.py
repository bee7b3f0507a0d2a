"""A text becomes a vector: a tokenizer and an ONNX graph, as exports of CLIP have them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vigil.core import ModelError
from vigil.infer.encoder_graph import EncoderGraph
from vigil.infer.vectors import Vector, as_vector

LARGEST_TOKENIZER = 1 << 26
"""Bytes; that of a model of a hundred languages has 17 million."""


@dataclass(frozen=True, kw_only=True)
class TextInput:
    """How a text becomes the graph's inputs."""

    file: str
    """Name of the `.onnx` in its folder."""
    length: int
    """Tokens, those that mark start and end included; what is longer is cut off."""
    tokenizer: str = "tokenizer.json"
    pad: int = 0
    """The token that fills a short text."""
    padded: bool = True
    """Whether it is filled up; graphs that take texts of any length need not be."""
    inputs: Mapping[str, str] = field(default_factory=lambda: {"ids": "input_ids"})
    """What the graph calls its `ids`, its `mask` and its `types`; those that it takes."""
    output: int = 0
    """Which of its outputs is the vector."""
    lowercase: bool = False


class TextEncoder:
    """One open text encoder: one thread, one text at a time. Raises `ModelError`."""

    def __init__(self, wanted: TextInput, folder: Path, graph: EncoderGraph | None = None) -> None:
        """`graph`: of the same file, where it is open already."""
        path = folder / wanted.file
        self._wanted = wanted
        self._tokenizer = _tokenizer(folder / wanted.tokenizer, wanted.length)
        self._graph = graph or EncoderGraph(path)
        self._kinds = self._graph.tokens
        named = set(wanted.inputs.values())
        if set(self._kinds) != named or None in self._kinds.values():
            raise ModelError(
                f"{path.name}: takes {', '.join(sorted(self._kinds))} as whole numbers, "
                f"its card names {', '.join(sorted(named))}"
            )

    def encode(self, text: str) -> Vector:
        """The vector of a text, as the graph gives it."""
        outputs = self._graph.run(self._feed(text.lower() if self._wanted.lowercase else text))
        return as_vector(outputs, self._wanted.output, self._wanted.file)

    def _feed(self, text: str) -> dict[str, np.ndarray[Any, Any]]:
        ids = self._tokenizer.encode(text).ids[: self._wanted.length]
        missing = self._wanted.length - len(ids) if self._wanted.padded else 0
        rows = {
            "ids": ids + [self._wanted.pad] * missing,
            "mask": [1] * len(ids) + [0] * missing,
            "types": [0] * (len(ids) + missing),
        }
        return {
            name: np.array([rows[meaning]], self._kinds[name])
            for meaning, name in self._wanted.inputs.items()
        }


def _tokenizer(path: Path, length: int) -> Any:
    if not path.is_file() or path.stat().st_size > LARGEST_TOKENIZER:
        raise ModelError(f"{path.name}: no file of at most {LARGEST_TOKENIZER} bytes in its folder")
    try:
        from tokenizers import Tokenizer  # noqa: PLC0415
    except ImportError as error:
        raise ModelError(
            f"{path.name} needs tokenizers; install it with: pip install 'vigil-video[brain-clip]'"
        ) from error
    try:
        found = Tokenizer.from_str(path.read_text("utf-8"))
    except Exception as error:
        line = " ".join(str(error).split())[:200]
        raise ModelError(f"{path.name}: not a tokenizer ({line})") from error
    found.no_padding()
    found.enable_truncation(length)
    return found
