"""What a model file really is, whatever its name says."""

import hashlib
from pathlib import Path
from typing import Literal

from vigil.core import ModelError
from vigil.infer.onnx_file import check_onnx

Format = Literal["onnx", "ir", "tflite"]

LARGEST = 1 << 30
"""Bytes; far above any model that a camera can wait for."""
SUFFIXES: dict[str, Format] = {".onnx": "onnx", ".xml": "ir", ".tflite": "tflite"}


def belonging(file: str) -> tuple[str, ...]:
    """Names of all files of a model, given the one on its card."""
    path = Path(file)
    return (file, path.with_suffix(".bin").name) if path.suffix == ".xml" else (file,)


def checked_format(path: Path) -> Format:
    """The format of a model file, by name and by content, or `ModelError` when they differ."""
    form = SUFFIXES.get(path.suffix)
    if form is None:
        allowed = ", ".join(SUFFIXES)
        raise ModelError(f"{path.name}: not a model file that we open; allowed: {allowed}")
    for name in belonging(path.name):
        _check_size(path.with_name(name))
    content = path.read_bytes()
    if form == "onnx":
        check_onnx(content, path.name)
    elif form == "ir":
        _check_ir(content, path.name)
    elif content[4:8] != b"TFL3":
        raise ModelError(f"{path.name}: its content is not TFLite, whatever its name says")
    return form


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_size(path: Path) -> None:
    if not path.is_file():
        raise ModelError(f"{path.name}: there is no such file in {path.parent}")
    size = path.stat().st_size
    if not 0 < size <= LARGEST:
        raise ModelError(f"{path.name}: {size} bytes; allowed: 1 to {LARGEST}")


def _check_ir(content: bytes, name: str) -> None:
    head = content[:4096]
    if b"<net " not in head or b"\0" in head:
        raise ModelError(f"{name}: its content is not OpenVINO IR, whatever its name says")
    # A document type may define entities that grow without end or read other files.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ModelError(f"{name}: holds a document type definition, which no model needs")
