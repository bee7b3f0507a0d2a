"""From a model's words to a checked value, or to a reason why not."""

import json
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import BaseModel

from vigil.brain.parsing import Misfit, is_refusal, parsed, plain

from .helpers import GOOD, Judgement

WANTED = Judgement(ruling="rejected", confidence=0.75, reason="nobody is there")


def object_with(**changes: Any) -> str:
    return json.dumps(json.loads(GOOD) | changes)


@pytest.mark.parametrize(
    "reply",
    [
        GOOD,
        f"\n\n {GOOD}\n",
        f"```json\n{GOOD}\n```",
        f"Sure, here it is: {GOOD} I hope that helps {{really}}.",
        f"<think>Perhaps {{'ruling': 'confirmed'}}?</think>{GOOD}",
        f"<think>{object_with(ruling='confirmed')}</think>\n{GOOD}",
        f"{object_with(ruling='confirmed')} no, wait</think>{GOOD}",
        f"{GOOD}\n<THINK>{object_with(ruling='confirmed')}",
        f"判断如下：{GOOD}。",
        f"{GOOD}{GOOD}",
        f'{{"mood": "well"}} {GOOD}',
        "<|begin_of_box|>" + GOOD + "<|end_of_box|>",
        GOOD.replace("0.75", "75e-2"),
    ],
)
def test_thoughts_fences_and_prose_around_an_answer_are_put_up_with(reply: str) -> None:
    assert parsed(reply, Judgement) == WANTED


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("", "no JSON object"),
        ("It depends.", "no JSON object"),
        ("[]", "no JSON object"),
        (f"<think>{GOOD}", "no JSON object"),
        (GOOD[:-1], "no JSON object"),
        (object_with(confidence="0.75"), "confidence"),
        (object_with(confidence=1.5), "confidence"),
        (object_with(confidence=True), "confidence"),
        (object_with(confidence=None), "confidence"),
        (object_with(ruling="Rejected"), "ruling"),
        (object_with(ruling=["rejected"]), "ruling"),
        (object_with(reason={"text": "x"}), "reason"),
        (object_with(colour="green"), "colour"),
        (GOOD.replace("0.75", "NaN"), "NaN"),
        (GOOD.replace("0.75", "-Infinity"), "Infinity"),
        (GOOD.replace("0.75", "1e999"), "too large"),
        (GOOD.replace("0.75", "9" * 5000), "no JSON object"),
        (GOOD[:-1] + ', "ruling": "confirmed"}', "twice"),
        (GOOD[:-1] + ', "rul\\u200bing": "confirmed"}', "twice"),
        (f'{{"answer": {GOOD}}}', "answer"),
        (f"{GOOD} or {object_with(ruling='confirmed')}", "two answers"),
        (object_with(reason="a\ud800b"), "hex escape"),
        ('{"ruling":' * 5000, "no JSON object"),
        ("{" * 90_000, "no JSON object"),
        ('{"a":' * 20_000 + "1" + "}" * 20_000, "no JSON object"),
    ],
)
def test_what_does_not_fit_to_the_letter_is_told_in_one_line(reply: str, why: str) -> None:
    with pytest.raises(Misfit, match=why) as caught:
        parsed(reply, Judgement)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) <= 300


def test_text_is_freed_of_what_terminals_obey_and_databases_refuse() -> None:
    reply = object_with(reason="no\x00body\x1b[2J is\u202e there\u200b, 没有人")
    assert parsed(reply, Judgement).reason == "nobody[2J is there, 没有人"


def test_words_within_an_answer_are_known_too() -> None:
    class Mood(StrEnum):
        WELL = "well"

    class Inner(BaseModel):
        mood: Mood

    class Outer(BaseModel):
        inner: Inner
        moods: tuple[Mood, ...] = ()

    good = '{"inner": {"mood": "well"}, "moods": ["well"]}'
    assert parsed(good, Outer) == Outer(inner=Inner(mood=Mood.WELL), moods=(Mood.WELL,))
    with pytest.raises(Misfit, match=r"inner\.colour"):
        parsed(good.replace('"well"}', '"well", "colour": 1}'), Outer)


@pytest.mark.parametrize(
    ("reply", "refuses"),
    [
        ("I'm sorry, but I can't assist with that.", True),
        ("I cannot help identify people.", True),
        ("抱歉，我无法判断。", True),
        ("<think>hm</think>\nI’m unable to look at this.", True),
        ("It depends.", False),
        ('I cannot say more than {"ruling": "unsure"', False),
        ("", False),
    ],
)
def test_a_refusal_is_told_from_a_poor_answer(reply: str, refuses: bool) -> None:
    assert is_refusal(reply) is refuses


@given(some.text())
def test_a_line_for_a_log_is_one_line_and_harmless(text: str) -> None:
    line = plain(text, 50)
    assert len(line) <= 50
    assert line.isprintable() or not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in line)
    assert len(line.splitlines()) <= 1


json_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4),
    max_leaves=12,
)


@given(some.text() | json_values.map(json.dumps) | json_values.map(lambda v: f"so: {v!r}"))
def test_nothing_but_a_misfit_ever_leaves(reply: str) -> None:
    with pytest.raises(Misfit):
        parsed(reply, Judgement)


@given(
    some.builds(
        Judgement,
        ruling=some.sampled_from(["confirmed", "rejected", "unsure"]),
        confidence=some.floats(0, 1),
        reason=some.text(some.characters(categories=("L", "N", "P", "Zs"))),
    ),
    some.text(some.characters(exclude_characters="{<"), max_size=20),
)
def test_an_answer_survives_the_words_around_it(wanted: Judgement, prose: str) -> None:
    assert parsed(f"{prose}{wanted.model_dump_json()}{prose}", Judgement) == wanted
