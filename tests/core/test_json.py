"""What is written as JSON is read back as it was."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigil.core import Box, Clip, Event, Reading, Severity, Step, StepKind
from vigil.core.json import (
    as_line,
    clip_from_json,
    clip_json,
    event_from_json,
    event_json,
    step_from_json,
)

numbers = st.floats(allow_nan=False, allow_infinity=False)
boxes = st.builds(Box, numbers, numbers, numbers, numbers)
events = st.builds(
    Event,
    id=st.text(),
    source=st.text(),
    rule=st.text(),
    claim=st.text(),
    claim_zh=st.text(),
    algorithm=st.none() | st.text(),
    label=st.text(),
    start_s=numbers,
    end_s=numbers,
    severity=st.sampled_from(Severity),
    critical=st.booleans(),
    suspected=st.booleans(),
    track_ids=st.lists(st.integers()).map(tuple),
    box=st.none() | boxes,
    path=st.lists(st.tuples(numbers, boxes), max_size=4).map(tuple),
    direction=st.none() | st.text(),
    counts=st.dictionaries(st.text(), st.integers()),
    by=st.none() | st.integers(),
    ending=st.text(),
    readings=st.lists(st.builds(Reading, st.text(), st.text(), numbers), max_size=3).map(tuple),
    cards=st.lists(st.text()).map(tuple),
)
steps = st.builds(Step, kind=st.sampled_from(StepKind), event=events, time_s=numbers)
clips = st.builds(
    Clip,
    uri=st.text(),
    source=st.text(),
    start_s=numbers,
    end_s=numbers,
    size_bytes=st.integers(0),
    audio=st.booleans(),
)

EVENT = Event(id="1", source="gate", rule="yard", claim="A person is there.", start_s=1, end_s=2)


@given(steps)
def test_a_step_comes_back_from_a_line_as_it_was(step: Step) -> None:
    line = as_line(event_json(step))
    assert "\n" not in line
    assert step_from_json(json.loads(line)) == step


@given(events)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert event_from_json(json.loads(as_line(event_json(event)))) == event


@given(clips)
def test_a_clip_comes_back_as_it_was(clip: Clip) -> None:
    assert clip_from_json(json.loads(as_line(clip_json(clip)))) == clip


def test_a_step_begins_with_what_everybody_reads() -> None:
    step = Step(kind=StepKind.NEW, event=EVENT, time_s=2)
    assert as_line(event_json(step)) == (
        '{"type": "new", "id": "1", "source": "gate", "rule": "yard", "label": "", "start_s": 1.0, '
        '"end_s": 2.0, "box": null, "severity": "medium", "claim": "A person is there.", '
        '"time_s": 2.0}'
    )


def test_numbers_from_arrays_are_written_as_plain_ones() -> None:
    side, track = np.float32(1.5), np.int64(7)
    event = Event(
        id="1",
        source="gate",
        rule="yard",
        claim="",
        start_s=np.float64(1),
        end_s=2,
        box=Box(side, side, side, side),
        track_ids=(track,),
        counts={"in": np.int32(3)},
    )
    found = json.loads(as_line(event_json(event)))
    assert found["box"] == [1.5, 1.5, 1.5, 1.5]
    assert (found["track_ids"], found["counts"]) == ([7], {"in": 3})


def test_chinese_stays_readable() -> None:
    event = Event(id="1", source="大门", rule="r", claim="", claim_zh="有人。", start_s=1, end_s=2)
    assert "有人。" in as_line(event_json(event))


def test_a_number_that_json_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_line({"start_s": float("nan")})


@pytest.mark.parametrize("lost", ["id", "severity", "type", "time_s", "box"])
def test_a_step_that_lacks_a_field_is_refused_by_name(lost: str) -> None:
    found = event_json(Step(kind=StepKind.NEW, event=EVENT, time_s=2))
    del found[lost]
    with pytest.raises(ValueError, match=lost):
        step_from_json(found)


def test_a_clip_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        clip_from_json({"colour": "red"})
