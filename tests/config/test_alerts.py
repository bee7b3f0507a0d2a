"""The section `alerts`."""

from typing import Any

import pytest
from pydantic import ValidationError

from vigil.config.alerts import Alerts
from vigil.core import Severity
from vigil.testing.alerts import NOON_S


def section(**settings: Any) -> Alerts:
    return Alerts.model_validate(settings)


def test_nobody_is_told_unless_somebody_is_named() -> None:
    assert section().sinks == {}


def test_what_stands_at_the_top_holds_for_sinks_that_do_not_say_themselves() -> None:
    found = section(
        language="zh",
        time_zone="Asia/Shanghai",
        min_severity="medium",
        most_per_hour=5,
        outcomes="confirmed",
        sinks={
            "one": {"to": "stdout"},
            "other": {"to": {"kind": "stdout", "language": "en"}, "min_severity": "high"},
        },
    )
    one, other = found.sinks["one"], found.sinks["other"]
    assert (one.to.language, one.to.time_zone) == ("zh", "Asia/Shanghai")
    assert (other.to.language, other.to.time_zone) == ("en", "Asia/Shanghai")
    assert (one.min_severity, other.min_severity) == (Severity.MEDIUM, Severity.HIGH)
    assert (one.most_per_hour, other.most_per_hour) == (5, 5)
    assert one.outcomes == ("confirmed",)


def test_a_sink_without_words_is_not_told_the_language() -> None:
    found = section(language="zh", sinks={"bus": {"to": {"kind": "mqtt", "host": "broker"}}})
    assert found.sinks["bus"].to.host == "broker"


@pytest.mark.parametrize(
    "schedule",
    [
        "20:00-21:00",
        ["20:00-21:00"],
        {"windows": "20:00-21:00"},
        {"windows": "12:00-13:00", "time_zone": "UTC"},
    ],
)
def test_hours_are_those_of_the_site_unless_they_say_otherwise(schedule: object) -> None:
    sinks = {"one": {"to": "stdout", "schedule": schedule}}
    found = section(time_zone="Asia/Shanghai", sinks=sinks).sinks["one"].schedule
    assert found is not None
    assert found.active(NOON_S)
    assert not found.active(NOON_S + 2 * 3600)


@pytest.mark.parametrize(
    ("settings", "place", "said"),
    [
        ({"link": "https://x/$evnet"}, "link", "allowed: an address"),
        ({"link": "https://x/$"}, "link", "allowed: an address"),
        ({"sinks": {"a": {"to": "pigeon"}}}, "sinks.a.to", "no alerter of kind 'pigeon'"),
        ({"sinks": {"a": {}}}, "sinks.a.to", "is missing"),
        ({"sinks": {"a": {"to": {"kind": "email"}}}}, "sinks.a.to.host", "is missing"),
        ({"sinks": {"a": {"to": "stdout", "outcomes": ["rejected"]}}}, "sinks.a.outcomes.0", "all"),
        ({"sinks": {"a": {"to": "stdout", "outcomes": []}}}, "sinks.a.outcomes", "at least 1"),
        ({"sinks": {"a b": {"to": "stdout"}}}, "sinks.a b.[key]", "allowed: letters"),
        ({"sinks": {"a": {"to": "stdout", "schedule": "25:00-26:00"}}}, "sinks.a.schedule", "hour"),
        ({"sinks": {"a": {"to": "stdout", "camera": "x"}}}, "sinks.a.camera", "did you mean"),
        ({"language": "fr", "sinks": {"a": {"to": "stdout"}}}, "language", "'en' or 'zh'"),
        ({"cool_down_s": -1}, "cool_down_s", "greater than"),
        ({"give_up_hours": 0}, "give_up_hours", "greater than"),
    ],
)
def test_a_mistake_is_found_where_it_is(settings: dict[str, Any], place: str, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        section(**settings)
    found = {".".join(map(str, line["loc"])): line["msg"] for line in caught.value.errors()}
    assert any(where.startswith(place) and said in words for where, words in found.items()), found
