"""A text becomes a vector: a tokenizer and an ONNX graph, as exports of CLIP have them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from vigil.core import ModelError
from vigil.infer.content import checked_format

LARGEST_TOKENIZER = 1 << 26
"""Bytes; that of a model of a hundred languages has 17 million."""
INTEGERS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}

Vector = Float32[np.ndarray, "d"]


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
    inputs: Mapping[str, str] = field(default_factory=lambda: {"ids": "input_ids"})
    """What the graph calls its `ids`, its `mask` and its `types`; those that it takes."""
    output: int = 0
    """Which of its outputs is the vector."""
    lowercase: bool = False


class TextEncoder:
    """One open text encoder: one thread, one text at a time. Raises `ModelError`."""

    def __init__(self, wanted: TextInput, folder: Path) -> None:
        path = folder / wanted.file
        if checked_format(path) != "onnx":
            raise ModelError(f"{path.name}: a text encoder must be ONNX")
        self._wanted = wanted
        self._tokenizer = _tokenizer(folder / wanted.tokenizer, wanted.length)
        self._session = _session(path)
        self._kinds = {one.name: INTEGERS.get(one.type) for one in self._session.get_inputs()}
        named = set(wanted.inputs.values())
        if set(self._kinds) != named or None in self._kinds.values():
            raise ModelError(
                f"{path.name}: takes {', '.join(sorted(self._kinds))} as whole numbers, "
                f"its card names {', '.join(sorted(named))}"
            )

    def encode(self, text: str) -> Vector:
        """The vector of a text, as the graph gives it."""
        feed = self._feed(text.lower() if self._wanted.lowercase else text)
        try:
            outputs = self._session.run(None, feed)
        except Exception as error:
            line = " ".join(str(error).split())[:300]
            raise ModelError(f"{self._wanted.file}: does not run: {line}") from error
        return as_vector(outputs, self._wanted.output, self._wanted.file)

    def _feed(self, text: str) -> dict[str, np.ndarray[Any, Any]]:
        ids = self._tokenizer.encode(text).ids[: self._wanted.length]
        missing = self._wanted.length - len(ids)
        rows = {
            "ids": ids + [self._wanted.pad] * missing,
            "mask": [1] * len(ids) + [0] * missing,
            "types": [0] * self._wanted.length,
        }
        return {
            name: np.array([rows[meaning]], self._kinds[name])
            for meaning, name in self._wanted.inputs.items()
        }


def as_vector(outputs: list[np.ndarray[Any, Any]], at: int, file: str) -> Vector:
    """The output at this place as one vector; raises `ModelError` when it is none."""
    if not at < len(outputs):
        raise ModelError(f"{file}: has {len(outputs)} outputs; its card names output {at}")
    found = np.asarray(outputs[at], np.float32)
    if found.ndim == 0 or found.size != found.shape[-1]:
        raise ModelError(f"{file}: output {at} has the shape {found.shape}; allowed: one vector")
    return found.reshape(-1)


def _session(path: Path) -> Any:
    # Imported with the first text encoder: a watch without one does not wait for it.
    from vigil.infer.onnx_session import opened  # noqa: PLC0415

    return opened(path, None)


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
