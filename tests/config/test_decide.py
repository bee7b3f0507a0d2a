"""Who judges, by when, at what cost: as written in the file."""

from collections.abc import Callable

import pytest

from vigil.config import open_home, parse
from vigil.config.app import App
from vigil.config.reload import changes

pytestmark = pytest.mark.usefixtures("fake_parts")

BRAIN = {"base_url": "http://127.0.0.1:8000/v1", "model": "small"}
OTHER = {"base_url": "http://127.0.0.1:9000/v1", "model": "large"}
Problems = Callable[[str], list[str]]


def kind(part: object) -> str:
    return type(part).__name__


def test_without_a_word_there_is_a_second_look_and_nobody_is_told() -> None:
    app = parse({})
    assert kind(app.verify) == "SecondLook"
    assert app.brain is None
    assert app.alerts.sinks == {}
    assert (app.decide.deadline_s, app.budget.calls_per_day) == (10, 5)
    assert app.budget.on_spent == "unverified"


@pytest.mark.parametrize("word", ["off", False, None])
def test_nobody_judges_where_it_is_off(word: object) -> None:
    assert parse({"verify": word}).verify is None


def test_a_brain_is_asked_when_the_second_look_is_unsure() -> None:
    app = parse({"brain": BRAIN})
    assert kind(app.verify) == "Cascade"
    assert kind(app.verify.cheap) == "SecondLook"
    assert kind(app.verify.dear) == "AskBrain"
    assert app.verify.dear.brain == app.brain


def test_judges_that_name_no_brain_ask_the_one_of_the_file() -> None:
    judges = ["second_look", "ask_brain", {"kind": "ask_brain", "language": "zh", "brain": OTHER}]
    app = parse({"brain": BRAIN, "verify": {"kind": "vote", "judges": judges}})
    _, ours, other = app.verify.judges
    assert (ours.brain.model, other.brain.model) == ("small", "large")
    assert other.language == "zh"


def test_a_brain_that_no_judge_asks_changes_nothing() -> None:
    assert kind(parse({"brain": BRAIN, "verify": "second_look"}).verify) == "SecondLook"
    assert parse({"brain": BRAIN, "verify": "off"}).verify is None


def test_a_judge_without_a_brain_is_a_mistake(problems: Problems) -> None:
    assert problems("verify: ask_brain") == ["verify.brain: is missing"]
    assert problems("verify: {kind: guess}") == [
        "verify: no verifier of kind 'guess'; allowed: ask_brain, cascade, second_look, vote"
    ]


def test_all_mistakes_are_told(problems: Problems) -> None:
    text = """
decide: {deadline_s: 0, looks_at_once: 0, stale_s: 1}
budget: {calls_per_day: -1, on_spent: guess, site: {tokens: 5}, time_zone: Atlantis}
neighbours: [[gate, yrad], [hall]]
database: mysql://HOST/vigil
cameras:
  gate: {source: rtsp://10.0.0.1/}
  yard: {source: rtsp://10.0.0.2/}
"""
    assert sorted(problems(text)) == [
        "budget.calls_per_day: found -1; allowed: greater than or equal to 0",
        "budget.on_spent: found 'guess'; allowed: 'unverified' or 'second_look'",
        "budget.site.tokens: no such setting; did you mean 'tokens_per_day'? allowed: "
        "calls_per_day, tokens_per_day",
        "budget.time_zone: found 'Atlantis'; no time zone is called 'Atlantis'; allowed: local, "
        "UTC or a name like Europe/Berlin or Asia/Shanghai",
        "database: found 'mysql://HOST/vigil'; allowed: postgresql://HOST/NAME, with user and "
        "password before HOST",
        "decide.deadline_s: found 0; allowed: greater than or equal to 1",
        "decide.looks_at_once: found 0; allowed: greater than or equal to 1",
        "decide.stale_s: found 1; allowed: greater than or equal to 10",
    ]


def test_neighbours_are_cameras_of_the_file(problems: Problems) -> None:
    cameras = "{gate: {source: rtsp://10.0.0.1/}, yard: {source: rtsp://10.0.0.2/}}"
    assert problems(f"neighbours: [[gate, yrad]]\ncameras: {cameras}") == [
        "neighbours[0][1]: found 'yrad'; no such camera; did you mean 'yard'? allowed: gate, yard"
    ]
    assert parse(
        {
            "neighbours": [["gate", "yard"]],
            "cameras": {name: {"source": "rtsp://10.0.0.1/"} for name in ("gate", "yard")},
        }
    ).neighbours == (("gate", "yard"),)


def test_a_change_of_judges_waits_for_the_next_start() -> None:
    def waits(**new: object) -> tuple[str, ...]:
        return changes(parse({}), parse(new)).restart_needed

    assert waits(verify="off") == ("verify",)
    assert waits(brain=BRAIN) == ("brain", "verify")
    assert waits(budget={"calls_per_day": 6}) == ("budget",)
    assert waits() == ()


def test_the_file_names_the_database_and_then_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert open_home().database == open_home().path / "events.db"
    monkeypatch.setenv("VIGIL_DATABASE", "postgresql://elsewhere/vigil")
    assert open_home().database == "postgresql://elsewhere/vigil"
    app: App = parse({"database": "postgresql://me:secret@here/vigil"})
    home = open_home(server=app.database)
    assert home.database == "postgresql://me:secret@here/vigil"
    assert "secret" not in repr(home) + repr(app)
    assert home.without_secrets().database == home.path / "events.db"
