"""Labels of what happened, and which event tells of it."""

import json
from pathlib import Path

import pytest

from vigil.core import Box, ConfigError, Event
from vigil.data import Happened, happening_of, read_happened


def event(start_s: float, end_s: float, **known: object) -> Event:
    settings = {"id": "e", "source": "gate", "rule": "presence", "claim": "Someone is there."}
    return Event(**{**settings, "start_s": start_s, "end_s": end_s, **known})  # type: ignore[arg-type]


def visit(start_s: float, end_s: float, **known: object) -> Happened:
    settings = {"source": "gate", "rule": "presence", "start_s": start_s, "end_s": end_s}
    return Happened(**{**settings, **known})  # type: ignore[arg-type]


def test_an_event_tells_of_what_it_shares_most_time_with() -> None:
    early, late = visit(0, 10), visit(12, 40)

    assert happening_of(event(9, 20), [early, late]) is late


def test_another_camera_rule_or_time_is_another_thing() -> None:
    assert happening_of(event(0, 5), [visit(0, 5, source="yard")]) is None
    assert happening_of(event(0, 5), [visit(0, 5, rule="loitering")]) is None
    assert happening_of(event(0, 5), [visit(7.5, 9)]) is None
    assert happening_of(event(0, 5), [visit(6.5, 9)]) is not None, "within the labels' slack"


def test_a_crossing_the_other_way_is_not_what_happened() -> None:
    crossing = visit(3, 3, rule="line", direction="in")

    assert happening_of(event(3, 3, rule="line", direction="out"), [crossing]) is None
    assert happening_of(event(3, 3, rule="line", direction="in"), [crossing]) is crossing


def test_a_false_alarm_beside_a_true_visitor_is_still_false() -> None:
    walker = visit(0, 10, path=((1.0, Box(100, 100, 140, 200)), (9.0, Box(300, 100, 340, 200))))
    tree = event(0, 10, path=((1.0, Box(500, 50, 560, 120)),))
    walking = event(0, 10, path=((1.2, Box(105, 105, 138, 198)),))

    assert happening_of(tree, [walker]) is None
    assert happening_of(walking, [walker]) is walker


def test_an_alarm_that_somebody_passes_by_is_not_about_him() -> None:
    walker = visit(0, 10, path=((0.0, Box(0, 100, 40, 200)), (10.0, Box(400, 100, 440, 200))))
    car = event(0, 10, path=tuple((float(t), Box(190, 100, 250, 160)) for t in range(11)))
    beside = event(5, 6, path=tuple((5 + t / 4, Box(190, 100, 250, 160)) for t in range(5)))

    assert happening_of(car, [walker]) is None
    assert happening_of(beside, [walker]) is walker, "nothing tells them apart"


def test_between_two_labels_a_thing_is_somewhere_between() -> None:
    walker = visit(0, 10, path=((0.0, Box(0, 100, 40, 200)), (10.0, Box(400, 100, 440, 200))))
    there = event(4, 6, path=((4.0, Box(160, 100, 200, 200)), (6.0, Box(240, 100, 280, 200))))

    assert happening_of(there, [walker]) is walker


@pytest.mark.parametrize("as_lines", [True, False])
def test_labels_come_as_a_list_or_as_lines(tmp_path: Path, as_lines: bool) -> None:
    rows = [
        {"source": "门", "rule": "presence", "start_s": 1, "end_s": 2},
        {"source": "a", "rule": "b", "start_s": 1, "end_s": 2, "path": [[1.5, 1, 2, 3, 4]]},
    ]
    file = tmp_path / "truth.json"
    lines = "\n".join(json.dumps(row) for row in rows)
    file.write_text(lines if as_lines else json.dumps(rows), encoding="utf-8")

    found = read_happened(file)

    assert found[0] == Happened(source="门", rule="presence", start_s=1.0, end_s=2.0)
    assert found[1].path == ((1.5, Box(1, 2, 3, 4)),)


def test_every_mistake_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "truth.json"
    rows = [
        {"source": "a", "rule": "b", "start_s": 3, "end_s": 2},
        {"source": "a", "rule": "b", "start_s": 1},
        {"source": "a", "rule": "b", "start_s": 1, "end_s": 2, "colour": "red"},
        {"source": "a", "rule": "b", "start_s": 1, "end_s": 2, "path": [[1, 2]]},
        7,
    ]
    file.write_text(json.dumps(rows))

    with pytest.raises(ConfigError) as error:
        read_happened(file)

    assert [problem.split(": ")[0] for problem in error.value.problems] == [
        f"{file}[{number}]" for number in range(5)
    ]
    (tmp_path / "text.json").write_text("{")
    with pytest.raises(ConfigError, match="no JSON"):
        read_happened(tmp_path / "text.json")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_happened(tmp_path / "absent.json")
