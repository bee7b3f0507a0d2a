"""What is sent: the same bytes for the same question, no addresses, no names."""

import base64
import json
from dataclasses import replace
from typing import Any, Literal

import cv2
import numpy as np
import pytest
from pydantic import BaseModel, Field

from vigil.brain.asking import Asking
from vigil.brain.forms import Form
from vigil.brain.pictures import encoded
from vigil.brain.schema import strict_schema
from vigil.core import Still

from .helpers import PICTURE, QUESTION, Judgement

PICTURES = [encoded(still, longest_px=1024, quality=85) for still in QUESTION.stills]
ASKING = Asking(
    question=QUESTION, answer=Judgement, pictures=PICTURES, fields={"max_tokens": 400, "seed": None}
)


def sent(asking: Asking, form: Form = Form.TEXT) -> Any:
    return json.loads(asking.body("m", form))


def test_the_same_question_is_the_same_bytes() -> None:
    again = [encoded(still, longest_px=1024, quality=85) for still in QUESTION.stills]
    other = replace(ASKING, pictures=again)
    assert other.body("m", Form.JSON_SCHEMA) == ASKING.body("m", Form.JSON_SCHEMA)


def test_what_is_the_same_for_every_event_comes_first() -> None:
    others = [replace(PICTURES[0], caption="other"), PICTURES[1]]
    here = ASKING.body("m", Form.TEXT)
    there = replace(ASKING, pictures=others).body("m", Form.TEXT)
    same = next(i for i, (a, b) in enumerate(zip(here, there, strict=False)) if a != b)
    assert b"You judge claims." in here[:same]
    assert b"A person lies on the ground." in here[:same]
    assert b"data:image" not in here[:same]


def test_captions_stand_before_their_pictures() -> None:
    system, user = sent(ASKING)["messages"]
    assert system["role"] == "system"
    kinds = [(part["type"], part.get("text", "")[:6]) for part in user["content"]]
    assert kinds == [
        ("text", "A pers"),
        ("text", "1 of 2"),
        ("image_url", ""),
        ("text", "2 of 2"),
        ("image_url", ""),
    ]


def test_pictures_are_sent_as_bytes() -> None:
    part = sent(ASKING)["messages"][1]["content"][2]
    assert set(part) == {"type", "image_url"}
    kind, _, data = part["image_url"]["url"].partition(",")
    assert kind == "data:image/jpeg;base64"
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == PICTURE.shape
    assert abs(int(shown.mean()) - int(PICTURE.mean())) <= 2


def test_colours_are_the_right_way_round() -> None:
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 255
    jpeg = encoded(Still(id="x", image=red), longest_px=64, quality=95).jpeg
    blue, _, red_again = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)[16, 16]
    assert red_again > 240
    assert blue < 15


@pytest.mark.parametrize("size", [(48, 64), (2000, 1000), (1000, 4001), (1, 5000)])
def test_a_large_picture_is_shrunk_to_scale(size: tuple[int, int]) -> None:
    found = encoded(Still(id="x", image=np.zeros((*size, 3), np.uint8)), longest_px=500, quality=85)
    height, width = size
    scale = min(1.0, 500 / max(size))
    expected = (max(1, round(width * scale)), max(1, round(height * scale)))
    assert (found.width, found.height) == expected


def test_a_media_id_is_stable_but_never_that_of_another_picture() -> None:
    part = sent(replace(ASKING, with_ids=True))["messages"][1]["content"][2]
    assert part["uuid"] == PICTURES[0].id
    assert part["uuid"].startswith("event-1/0-")
    blurred = replace(QUESTION.stills[0], image=PICTURE + 1)
    assert encoded(blurred, longest_px=1024, quality=85).id != PICTURES[0].id


def test_forms() -> None:
    schema = sent(ASKING, Form.JSON_SCHEMA)["response_format"]["json_schema"]
    assert (schema["strict"], schema["schema"]) == (True, strict_schema(Judgement))
    assert sent(ASKING, Form.JSON_OBJECT)["response_format"] == {"type": "json_object"}
    tool = sent(ASKING, Form.TOOL_CALL)
    (function,) = tool["tools"]
    assert function["function"]["parameters"] == strict_schema(Judgement)
    assert tool["tool_choice"]["function"]["name"] == function["function"]["name"]
    assert set(sent(ASKING)) == {"model", "messages", "max_tokens"}


@pytest.mark.parametrize("form", Form)
def test_every_form_says_the_schema_in_words_too(form: Form) -> None:
    system = sent(ASKING, form)["messages"][0]["content"]
    _, _, text = system.partition("JSON schema:\n")
    assert json.loads(text) == strict_schema(Judgement)


def test_a_repair_adds_to_the_end() -> None:
    again = replace(ASKING, reply="It\ndepends.", problem="there is no JSON object in it")
    first, second = sent(ASKING)["messages"], sent(again)["messages"]
    assert second[: len(first)] == first
    assert [message["role"] for message in second[len(first) :]] == ["assistant", "user"]
    assert second[-2]["content"] == "It depends."
    assert "there is no JSON object in it" in second[-1]["content"]
    assert again.tokens > ASKING.tokens


def test_a_strict_schema_wants_every_word_and_no_other() -> None:
    class Inner(BaseModel):
        where: str = "here"

    class Outer(BaseModel):
        """Said to nobody."""

        title: Literal["a", "b"]
        inner: list[Inner] = Field(default_factory=list)

    schema = strict_schema(Outer)
    assert schema["required"] == ["title", "inner"]
    assert schema["properties"]["title"] == {"enum": ["a", "b"], "type": "string"}
    inner = schema["$defs"]["Inner"]
    assert inner["required"] == ["where"]
    assert inner["properties"] == {"where": {"type": "string"}}
    assert not inner["additionalProperties"]
    assert not schema["additionalProperties"]
