"""Just enough of the protobuf wire format to refuse an ONNX file before an engine opens it.

The format: https://protobuf.dev/programming-guides/encoding; the messages: `onnx.proto`.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from vigil.core import ModelError

Field: TypeAlias = tuple[int, int, int | memoryview]
"""Number, wire type, and the number or the bytes it holds."""

# For each message, the fields that hold messages in which a tensor may hide.
CHILDREN: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse_tensor"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {
        5: "tensor",
        6: "graph",
        10: "tensor",
        11: "graph",
        22: "sparse_tensor",
        23: "sparse_tensor",
    },
    "sparse_tensor": {1: "tensor", 2: "tensor"},
}
EXTERNAL_DATA, DATA_LOCATION = 13, 14
IR_VERSION, GRAPH = 1, 7
DEEPEST = 64


def check_onnx(content: bytes, name: str) -> None:
    """Raise `ModelError` unless `content` is one whole ONNX model with all its weights inside."""
    try:
        present = {number for number, _, _ in fields(memoryview(content))}
        whole = {IR_VERSION, GRAPH} <= present
        outside = whole and _has_external_data(memoryview(content), "model", 0)
    except ValueError as error:
        raise ModelError(f"{name}: its content is not ONNX, or is cut off ({error})") from error
    if not whole:
        raise ModelError(f"{name}: its content is not ONNX, whatever its name says")
    if outside:
        raise ModelError(
            f"{name}: keeps weights in other files (external data); save it as one file"
        )


def _has_external_data(message: memoryview, kind: str, depth: int) -> bool:
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    children = CHILDREN.get(kind, {})
    for number, _, value in fields(message):
        if kind == "tensor" and (number == EXTERNAL_DATA or (number == DATA_LOCATION and value)):
            return True
        if (
            number in children
            and isinstance(value, memoryview)
            and _has_external_data(value, children[number], depth + 1)
        ):
            return True
    return False


def fields(message: memoryview) -> Iterator[Field]:
    """Yield the fields of one message; raise `ValueError` where the bytes make no sense."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        value: int | memoryview
        if wire == 0:
            value, at = _varint(message, at)
        else:
            size, at = _size(message, at, wire)
            value = message[at : at + size]
            at += size
        if number == 0 or at > len(message):
            raise ValueError(f"field {number} ends at byte {at} of {len(message)}")
        yield number, wire, value


def _size(message: memoryview, at: int, wire: int) -> tuple[int, int]:
    if wire == 2:
        return _varint(message, at)
    sizes = {1: 8, 5: 4}
    if wire not in sizes:
        raise ValueError(f"wire type {wire}")
    return sizes[wire], at


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError(f"no whole number at byte {at}")
