"""`vigil alerts`."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vigil.cli.alerts import ends_s
from vigil.config.alerts import Alerts
from vigil.config.home import open_home
from vigil.core import ConfigError, Event, Outcome
from vigil.pipeline.alerting import Alerting
from vigil.stages.alert.policy import News
from vigil.store import AlertStore, DeliveryStore
from vigil.store.database import Database
from vigil.testing.alerts import a_decision, an_event
from vigil.testing.http_receiver import HttpReceiver

Vigil = Callable[..., Any]


def told(event: Event, outcome: Outcome = Outcome.CONFIRMED, **settings: Any) -> None:
    """As the pipeline does it, for one sink called phone."""
    database = Database(open_home().database)
    policy = Alerts.model_validate({"sinks": {"phone": {"to": "stdout"}}, **settings})
    with database.writing() as connection:
        news = News(event=event, decision=a_decision(event, outcome))
        Alerting(policy, AlertStore(database)).tell(connection, news)
    database.close()


def given_up(note: str = "400: no") -> int:
    """What a lane does with a message that is refused; its number."""
    database = Database(open_home().database)
    lane = DeliveryStore(database)
    found = lane.take("phone", now_s=time.time())
    assert found is not None
    lane.dead(found.position, now_s=time.time(), note=note)
    database.close()
    return found.position


def waiting() -> int:
    database = Database(open_home().database)
    found = DeliveryStore(database).counts()["phone"]["waiting"]
    database.close()
    return found


def test_alerts_are_listed_with_who_was_told(vigil: Vigil) -> None:
    event = an_event(time.time())
    told(event)
    heading, line = vigil("alerts", "list").lines
    assert heading.split() == [
        "time", "alert", "camera", "rule", "severity", "outcome", "told", "claim",
    ]  # fmt: skip
    words = [f"#{event.id[-8:]}", "gate", "yard", "medium", "confirmed", "phone"]
    assert line.split()[2:8] == words
    assert line.endswith("A person is in the yard.")
    assert vigil("alerts", "list", "--zh").lines[1].endswith("院子里有人。")


def test_alerts_held_back_are_listed_with_the_reason(vigil: Vigil) -> None:
    told(an_event(time.time()), min_severity="high")
    assert "held: phone: below high" in vigil("alerts", "list").lines[1]


def test_alerts_are_chosen_by_camera_and_severity(vigil: Vigil) -> None:
    told(an_event(time.time(), source="gate"))
    told(an_event(time.time(), source="door"))
    assert len(vigil("alerts", "list", "--camera", "door").lines) == 2
    assert vigil("alerts", "list", "--severity", "high").lines == ["No alerts."]
    assert len(vigil("alerts", "list", "--limit", "1").lines) == 2


def test_alerts_as_json_hold_everything(vigil: Vigil) -> None:
    event = an_event(time.time())
    told(event, Outcome.UNVERIFIED)
    (line,) = vigil("alerts", "list", "--json").lines
    found = json.loads(line)
    assert (found["id"], found["outcome"], found["reason"]) == (event.id, "unverified", "deadline")
    assert (found["sinks"], found["event"]["claim_zh"]) == (["phone"], "院子里有人。")


def test_dead_letters_are_listed_and_sent_again(vigil: Vigil) -> None:
    event = an_event(time.time())
    told(event)
    number = given_up()
    heading, line = vigil("alerts", "dead").lines
    assert heading.split()[:2] == ["number", "given"]
    assert line.split()[0] == str(number)
    assert line.endswith("400: no")
    (as_json,) = vigil("alerts", "dead", "--json").lines
    assert json.loads(as_json)["alert"]["id"] == event.id
    assert vigil("alerts", "dead", "--sink", "other").lines == ["No dead letters."]
    assert vigil("alerts", "retry", number).out.startswith("1 to be sent again.")
    assert vigil("alerts", "dead").lines == ["No dead letters."]
    assert waiting() == 1


@pytest.mark.parametrize("which", [("--all",), ("--sink", "phone")])
def test_many_are_sent_again_at_once(vigil: Vigil, which: tuple[str, ...]) -> None:
    for _ in range(3):
        told(an_event(time.time()))
        given_up()
    assert vigil("alerts", "retry", *which).out.startswith("3 to be sent again.")
    assert waiting() == 3


def test_a_retry_says_of_what(vigil: Vigil) -> None:
    assert "allowed: numbers" in vigil("alerts", "retry").failure


def test_a_silence_is_made_listed_and_ended(vigil: Vigil) -> None:
    made = vigil(
        "alerts", "silence", "--for", "2h", "--camera", "gate", "--rule", "yard",
        "--up-to", "low", "--reason", "painting",
    )  # fmt: skip
    silence_id = made.out.split()[0]
    _, line = vigil("alerts", "silences").lines
    assert line.split()[2:] == ["gate", "yard", "low", "painting", silence_id]
    told(an_event(time.time()))
    assert "confirmed  phone" in vigil("alerts", "list").lines[1]
    assert vigil("alerts", "silences", "--end", silence_id).lines == ["No silences."]
    assert "no silence" in vigil("alerts", "silences", "--end", silence_id).err


def test_a_silence_holds_alerts_back(vigil: Vigil) -> None:
    vigil("alerts", "silence", "--for", "1d", "--critical")
    told(an_event(time.time(), critical=True), Outcome.PENDING)
    assert "held: silenced by" in vigil("alerts", "list").lines[1]
    assert " critical " in vigil("alerts", "silences").lines[1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "how long?"),
        (("--for", "1h", "--until", "2030-01-01"), "how long?"),
        (("--for", "soon"), "'soon' is no time"),
        (("--until", "yesterday"), "'yesterday' is no time"),
        (("--until", "2020-01-01T00:00"), "is over already"),
        (("--for", "999999999999d"), "is no time"),
    ],
)
def test_a_silence_needs_an_end(vigil: Vigil, options: tuple[str, ...], said: str) -> None:
    assert said in vigil("alerts", "silence", *options).failure


def test_the_end_of_a_silence() -> None:
    assert ends_s("90m", None, 1000.0) == 1000 + 5400
    assert ends_s(None, "2030-01-01T00:00+00:00", 1000.0) == 1893456000
    with pytest.raises(ConfigError):
        ends_s("0s", None, 1000.0)


def config(folder: Path, sinks: dict[str, Any]) -> Path:
    file = folder / "vigil.yaml"
    file.write_text(json.dumps({"alerts": {"sinks": sinks}}))
    return file


def test_a_test_alert_goes_to_one_sink_at_once(vigil: Vigil, tmp_path: Path) -> None:
    with HttpReceiver() as receiver:
        hook = {"kind": "webhook", "url": receiver.url, "allow_private": True}
        file = config(tmp_path, {"hook": {"to": hook}, "other": {"to": hook}})
        assert vigil("alerts", "test", "hook", "--config", file).out.startswith("hook: sent")
        (body,) = receiver.bodies()
    assert body["event"]["claim"] == "This is a test; nothing happened."
    assert body["outcome"] == "unverified"


def test_a_test_that_fails_says_why_in_one_line(vigil: Vigil, tmp_path: Path) -> None:
    hook = {"kind": "webhook", "url": "http://127.0.0.1:9/?token=hush"}
    file = config(tmp_path, {"hook": {"to": hook}})
    failure = vigil("alerts", "test", "hook", "--config", file).failure
    assert "allow_private" in failure
    assert "hush" not in failure
    assert "no sink 'x'; allowed: hook" in vigil("alerts", "test", "x", "--config", file).failure
