from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from vigil.core import Rung
from vigil.stages.rules.count import COMPARE, Count

from .films import NOON_S, Actor, blinks, events, film, raised_s, spans, stands, walks

YARD = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))
PAGE = Path(__file__).parents[3] / "docs/rules/count.md"


def people(number: int, *, start_s: float = 0.0, end_s: float = 1e9) -> list[Actor]:
    """So many side by side in the yard."""
    return [
        Actor(id=i + 1, where=stands((0.1 + 0.09 * i, 0.8), start_s=start_s, end_s=end_s))
        for i in range(number)
    ]


@pytest.mark.parametrize(
    ("compare", "told_of"),
    [("<", {0, 1}), ("<=", {0, 1, 2}), ("=", {2}), (">=", {2, 3, 4}), (">", {3, 4})],
)
def test_each_comparison_holds_for_its_numbers(compare, told_of):
    for number in range(5):
        rule = Count(zone=YARD, compare=compare, number=2)
        found = events(rule, film(*people(number), until_s=10, hz=5))
        assert bool(found) == (number in told_of), number
        assert [dict(event.counts) for event in found] == [{"count": number}] * len(found)


def test_it_is_told_after_it_lasted_and_from_its_beginning():
    scenes = film(*people(3, start_s=4.0, end_s=20.0), until_s=30)
    rule = Count(zone=YARD, number=3, longer_than_s=5.0, grace_s=1.0)
    assert raised_s(rule, scenes) == [9.0]
    ((start_s, end_s),) = spans(rule, scenes)
    assert start_s == 4.0
    assert 19.9 <= end_s <= 21.0


def test_only_its_labels_its_zone_and_what_is_sure_count():
    outside = Actor(id=8, where=stands((0.5, 0.3)))
    dog = Actor(id=9, label="dog", where=stands((0.5, 0.8)))
    unsure = Actor(id=10, where=stands((0.7, 0.8)), score=0.3)
    rule = Count(zone=YARD, number=1, longer_than_s=1.0)
    assert events(rule, film(outside, dog, unsure, until_s=10)) == []


def test_a_flickering_thing_is_counted_all_along():
    flickers = blinks(stands((0.5, 0.8)), out=[(t + 0.3, t + 0.8) for t in range(30)])
    found = events(Count(number=1), film(Actor(where=flickers), until_s=30))
    assert len(found) == 1


def test_too_few_begins_when_the_last_one_was_seen():
    scenes = film(*people(2), Actor(id=7, where=stands((0.8, 0.8), end_s=10.0)), until_s=30)
    rule = Count(compare="<", number=3, longer_than_s=5.0, grace_s=2.0)
    ((start_s, _),) = spans(rule, scenes)
    assert start_s == pytest.approx(10.0, abs=0.11)
    (told_s,) = raised_s(rule, scenes)
    assert told_s == pytest.approx(15.0, abs=0.3)


def test_what_stands_while_nobody_looks_is_counted():
    scenes = film(*people(2), until_s=60, asleep=[(3.0, 50.0)])
    assert raised_s(Count(number=2, longer_than_s=30.0), scenes) == [50.0]


def test_an_empty_zone_must_be_looked_at():
    assert Count(compare="<", number=1).needs is Rung.DETECT
    assert Count(compare=">=", number=1).needs is Rung.KEYFRAME
    nobody_looked = film(until_s=30, asleep=[(0.0, 30.0)])
    assert events(Count(compare="<", number=1), nobody_looked) == []


def test_the_claim_is_a_sentence_in_both_languages():
    rule = Count(zone=YARD, labels=("car",), compare="<=", number=2, longer_than_s=1.0)
    (event,) = events(rule, film(until_s=5))
    assert event.claim == "The number of cars in the marked zone is at most 2."
    assert event.claim_zh == "标记区域内汽车的数量不超过2。"


def test_several_labels_are_things():
    two = [*people(1), Actor(id=5, label="dog", where=stands((0.8, 0.8)))]
    (event,) = events(Count(labels=("dog", "person"), number=2), film(*two, until_s=10))
    assert event.claim == "The number of things in the picture is at least 2."


@pytest.mark.parametrize("spelling", ["≤", "at most", "<="])
def test_a_comparison_may_be_spelt(spelling):
    rule = TypeAdapter(Count).validate_python({"compare": spelling, "number": 3})
    assert rule.compare == "<="


@pytest.mark.parametrize(
    "settings", [{"compare": "about"}, {"number": -1}, {"compare": "<", "number": 0}]
)
def test_what_cannot_be_compared_is_refused(settings):
    with pytest.raises(ValidationError):
        TypeAdapter(Count).validate_python(settings)


def test_the_example_of_the_page_does_what_the_page_says():
    text = PAGE.read_text("utf-8").split("```yaml\n")[1].split("```")[0]
    (settings,) = yaml.safe_load(text)["rules"]
    assert settings.pop("kind") == "count"
    settings["zone"] = YARD
    rule = TypeAdapter(Count).validate_python(settings)
    closed_s = 1_750_024_800.0  # 22:00 UTC on a Sunday
    late = Actor(label="car", where=walks((5, (0.0, 0.9)), (10, (0.6, 0.9)), (200, (0.6, 0.9))))
    (event,) = events(rule, film(late, until_s=220, hz=2, start_s=closed_s))
    assert event.start_s == closed_s + 5
    assert event.claim == "A vehicle is in the loading yard after closing time."
    assert event.claim_zh == "装卸场关闭后仍有车辆。"
    assert events(rule, film(late, until_s=220, hz=2, start_s=closed_s - 12 * 3600)) == []


@given(
    number=st.integers(0, 6),
    wanted=st.integers(0, 6),
    compare=st.sampled_from(["<=", "=", ">=", ">"]),
    start_s=st.integers(0, 5),
)
def test_it_is_told_exactly_when_the_numbers_say_so(number, wanted, compare, start_s):
    rule = Count(zone=YARD, compare=compare, number=wanted, longer_than_s=8.0)
    crowd = people(number, start_s=start_s)
    found = events(rule, film(*crowd, until_s=20, hz=5))
    holds = COMPARE[compare][0]
    assert bool(found) == holds(number, wanted)
    if found and not holds(0, wanted):
        assert found[0].start_s == NOON_S + start_s
