"""What a fake brain is asked, and what it answers. It never looks at a picture by itself."""

import base64
import hashlib
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import cv2
import numpy as np

from vigil.core import Box, Image

FAKE = "fake brain: nobody looked"
"""Stands in every reason that a fake brain gives."""
SCHEMA_MARK = "JSON schema:\n"
"""After it stands the schema in a prompt whose request has none."""
DATA_URL = "data:image/jpeg;base64,"
DEEPEST = 12


class BadRequest(ValueError):
    """A request that a real server refuses with status 400; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A chat completion request, as far as whoever answers it cares."""

    body: Mapping[str, Any]
    """The request itself."""
    number: int
    """Counts from 0."""

    @cached_property
    def messages(self) -> list[Mapping[str, Any]]:
        """Raises `BadRequest` for a request without any."""
        found = self.body.get("messages")
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise BadRequest("messages: allowed: a list of messages")
        return found

    @cached_property
    def system(self) -> str:
        """What the system messages say."""
        return "\n".join(_texts(self.messages, {"system", "developer"}))

    @cached_property
    def text(self) -> str:
        """What the user's messages say, captions included."""
        return "\n".join(_texts(self.messages, {"user"}))

    @cached_property
    def jpegs(self) -> tuple[bytes, ...]:
        """Its pictures; raises `BadRequest` for an address elsewhere and for what is no JPEG."""
        return tuple(_jpeg(part) for part in self._picture_parts)

    @cached_property
    def media_ids(self) -> tuple[str | None, ...]:
        """The `uuid` of each picture."""
        return tuple(part.get("uuid") for part in self._picture_parts)

    @cached_property
    def images(self) -> list[Image]:
        """Its pictures, decoded; raises `BadRequest`."""
        return [_decoded(jpeg) for jpeg in self.jpegs]

    @cached_property
    def schema(self) -> Mapping[str, Any] | None:
        """What the answer must fit: of the form, of the tool, or as the prompt says it."""
        wanted = self.body.get("response_format") or {}
        if wanted.get("type") == "json_schema":
            found: Mapping[str, Any] = wanted["json_schema"]["schema"]
            return found
        for tool in self.body.get("tools") or ():
            parameters: Mapping[str, Any] = tool["function"]["parameters"]
            return parameters
        _, mark, after = self.system.partition(SCHEMA_MARK)
        return json.JSONDecoder().raw_decode(after)[0] if mark else None

    @cached_property
    def digest(self) -> str:
        """The same for the same words and pictures, whatever came before."""
        parts = [self.system.encode(), self.text.encode(), *self.jpegs]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    @property
    def _picture_parts(self) -> list[Mapping[str, Any]]:
        return [part for part in _parts(self.messages) if part.get("type") == "image_url"]


Oracle = Callable[[Asked], Mapping[str, Any] | str]
"""Answers a request: with an object, or word for word. Called in a thread."""


def agreeable(asked: Asked) -> Mapping[str, Any] | str:
    """The first value that the schema allows, everywhere."""
    return FAKE if asked.schema is None else filled(asked.schema)


class TruthOracle:
    """Knows the truth, and errs as often as it is told to.

    The same question gets the same answer, in whatever order and however many at a time.
    """

    def __init__(
        self,
        truth: Callable[[Asked], bool],
        *,
        error_rate: float = 0.0,
        unsure_rate: float = 0.0,
        seed: int = 0,
    ) -> None:
        """`truth`: whether the claim of a request holds. Rates are shares of all answers."""
        self._truth = truth
        self._error_rate = error_rate
        self._unsure_rate = unsure_rate
        self._seed = seed

    def __call__(self, asked: Asked) -> Mapping[str, Any] | str:
        chance = random.Random(f"{self._seed} {asked.digest}")  # noqa: S311  to be repeatable
        true = self._truth(asked) != (chance.random() < self._error_rate)
        unsure = chance.random() < self._unsure_rate
        ruling = "unsure" if unsure else "confirmed" if true else "rejected"
        if asked.schema is None:
            return f"{ruling} ({FAKE})"
        sure = 0.5 if unsure else 0.9
        return filled(
            asked.schema,
            ruling=ruling,
            confidence=sure,
            likelihood=sure if true else 1.0 - sure,
        )


class GroundingOracle:
    """Is told where things are, and answers requests for boxes in the numbers it is told to use."""

    def __init__(
        self,
        things: Callable[[Asked], Sequence[tuple[str, Box, float]]],
        *,
        convention: Literal["pixels", "thousand", "unit"] = "thousand",
    ) -> None:
        """`things`: word, box in shares of the first picture, and confidence of each."""
        self._things = things
        self._convention = convention

    def __call__(self, asked: Asked) -> Mapping[str, Any] | str:
        if asked.schema is None:
            return FAKE
        high, wide = asked.images[0].shape[:2]
        across, down = {"pixels": (wide, high), "thousand": (1000, 1000), "unit": (1, 1)}[
            self._convention
        ]
        found = [
            {
                "word": word,
                **{
                    side: round(value * scale, 4)
                    for side, value, scale in zip(
                        ("x1", "y1", "x2", "y2"), box, (across, down, across, down), strict=True
                    )
                },
                "confidence": confidence,
            }
            for word, box, confidence in self._things(asked)
        ]
        return filled(asked.schema, found=found)


def filled(schema: Mapping[str, Any], **known: Any) -> dict[str, Any]:
    """The plainest object that fits a schema, with `known` words where the schema has them."""
    found = _plainest(schema, schema.get("$defs", {}), 0)
    if not isinstance(found, dict):
        raise BadRequest("a fake brain answers with objects only")
    return found | {word: value for word, value in known.items() if word in found}


def marked(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The same, every reason saying that it is a fake's."""
    return {
        word: f"{value} ({FAKE})"
        if word.startswith("reason") and isinstance(value, str) and FAKE not in value
        else value
        for word, value in answer.items()
    }


def _plainest(node: Mapping[str, Any], known: Mapping[str, Any], depth: int) -> Any:
    if depth > DEEPEST:
        raise BadRequest("a schema without end")
    if "$ref" in node:
        return _plainest(known[node["$ref"].rpartition("/")[2]], known, depth + 1)
    if "const" in node or "enum" in node:
        return node["const"] if "const" in node else node["enum"][0]
    for choice in node.get("anyOf") or node.get("oneOf") or node.get("allOf") or ():
        return _plainest(choice, known, depth + 1)
    if node.get("type") == "object":
        words = node.get("properties", {})
        return {word: _plainest(value, known, depth + 1) for word, value in words.items()}
    if node.get("type") == "array":
        item = _plainest(node.get("items", {}), known, depth + 1)
        return [item] * node.get("minItems", 0)
    return _plain_value(node)


def _plain_value(node: Mapping[str, Any]) -> Any:
    match node.get("type"):
        case "integer" | "number":
            return node.get("minimum", 0)
        case "boolean":
            return False
        case "null":
            return None
        case _:
            return FAKE[: node.get("maxLength")]


def _parts(messages: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    contents = [message.get("content") for message in messages]
    return [part for content in contents if isinstance(content, list) for part in content]


def _texts(messages: list[Mapping[str, Any]], roles: set[str]) -> list[str]:
    texts = []
    for message in messages:
        content = message.get("content")
        if message.get("role") not in roles:
            continue
        if isinstance(content, str):
            texts.append(content)
        texts += [part["text"] for part in _parts([message]) if part.get("type") == "text"]
    return texts


def _jpeg(part: Mapping[str, Any]) -> bytes:
    url = (part.get("image_url") or {}).get("url", "")
    if not url.startswith(DATA_URL):
        raise BadRequest(f"image_url: allowed: {DATA_URL}…")
    return base64.b64decode(url.removeprefix(DATA_URL), validate=True)


def _decoded(jpeg: bytes) -> Image:
    found = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if found is None:
        raise BadRequest("image_url: no JPEG")
    return np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2RGB), np.uint8)
