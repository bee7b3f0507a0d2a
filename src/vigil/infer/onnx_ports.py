"""What a graph takes and answers, read from the file without opening it in an engine.

The messages are those of `onnx.proto`: ModelProto, GraphProto, ValueInfoProto, TypeProto.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from vigil.core import ModelError
from vigil.infer.onnx_file import GRAPH, fields

INITIALIZER, INPUT, OUTPUT = 5, 11, 12
TENSOR_NAME = 8
VALUE_NAME, VALUE_TYPE = 1, 2
TENSOR_TYPE, SHAPE, DIMENSION, SIZE = 1, 2, 1, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One input or output."""

    name: str
    shape: tuple[int | None, ...]
    """None: any size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Of one graph, in its order."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


def ports_of(content: bytes, name: str) -> Ports:
    """Raises `ModelError` where the content is no ONNX."""
    try:
        graph = _last(memoryview(content), GRAPH)
        weights = {_text(tensor, TENSOR_NAME) for tensor in _all(graph, INITIALIZER)}
        inputs = [_port(value) for value in _all(graph, INPUT)]
        return Ports(
            inputs=tuple(port for port in inputs if port.name not in weights),
            outputs=tuple(_port(value) for value in _all(graph, OUTPUT)),
        )
    except ValueError as error:
        raise ModelError(f"{name}: its content is not ONNX, or is cut off ({error})") from error


def _port(value: memoryview) -> Port:
    shape = _last(_last(_last(value, VALUE_TYPE), TENSOR_TYPE), SHAPE)
    return Port(
        name=_text(value, VALUE_NAME), shape=tuple(_size(each) for each in _all(shape, DIMENSION))
    )


def _size(dimension: memoryview) -> int | None:
    for number, _, value in fields(dimension):
        if number == SIZE and isinstance(value, int):
            return value
    return None


def _all(message: memoryview, wanted: int) -> Iterator[memoryview]:
    for number, _, value in fields(message):
        if number == wanted and isinstance(value, memoryview):
            yield value


def _last(message: memoryview, wanted: int) -> memoryview:
    found = memoryview(b"")
    for value in _all(message, wanted):
        found = value
    return found


def _text(message: memoryview, wanted: int) -> str:
    return bytes(_last(message, wanted)).decode("utf-8", "replace")
