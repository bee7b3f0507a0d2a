"""Payloads, in the words that tools for Frigate know."""

from dataclasses import replace

import pytest

from vigil.core import Outcome, Reading, Severity, StepKind
from vigil.stages.alert.frigate import (
    camera_of,
    event_message,
    is_open,
    label_of,
    review_message,
)
from vigil.testing.alerts import NOON_S, PICTURE, amended, an_alert, an_event

EVENT_WORDS = {
    "id", "camera", "frame_time", "label", "sub_label", "top_score", "false_positive",
    "start_time", "end_time", "score", "box", "area", "ratio", "region", "current_zones",
    "entered_zones", "has_clip", "has_snapshot", "stationary", "motionless_count",
    "position_changes", "active",
}  # fmt: skip
"""What Frigate's own page on MQTT lists for `events`."""
REVIEW_WORDS = {"id", "camera", "start_time", "end_time", "severity", "thumb_path", "data"}
REVIEW_DATA = {"detections", "objects", "sub_labels", "zones", "audio"}


def test_an_event_speaks_as_frigate_does() -> None:
    alert = an_alert(snapshot=PICTURE)
    message = event_message(alert)
    assert set(message) == {"type", "before", "after"}
    after = message["after"]
    assert after.keys() >= EVENT_WORDS
    assert (message["type"], after["id"], after["camera"]) == ("new", alert.event.id, "gate")
    assert (after["start_time"], after["end_time"]) == (NOON_S, None)
    assert (after["label"], after["entered_zones"]) == ("person", ["yard"])
    assert (after["box"], after["area"]) == ([100, 200, 180, 400], 16000)
    assert (after["has_snapshot"], after["has_clip"]) == (True, True)
    assert (after["top_score"], after["false_positive"]) == (0.93, False)


def test_a_review_has_the_id_of_the_alert() -> None:
    alert = replace(an_alert(), id="the-incident")
    after = review_message(alert)["after"]
    assert after.keys() >= REVIEW_WORDS
    assert after["data"].keys() >= REVIEW_DATA
    assert (after["id"], after["data"]["detections"]) == ("the-incident", [alert.event.id])
    assert after["data"]["objects"] == ["person"]


@pytest.mark.parametrize(
    ("severity", "critical", "word"),
    [
        (Severity.INFO, False, "detection"),
        (Severity.LOW, False, "detection"),
        (Severity.MEDIUM, False, "alert"),
        (Severity.HIGH, False, "alert"),
        (Severity.LOW, True, "alert"),
    ],
)
def test_what_matters_little_is_a_mere_detection(
    severity: Severity, critical: bool, word: str
) -> None:
    alert = an_alert(an_event(severity=severity, critical=critical))
    assert review_message(alert)["after"]["severity"] == word


def test_before_is_what_was_told_before() -> None:
    first = an_alert(outcome=Outcome.UNVERIFIED)
    message = event_message(amended(first, Outcome.REJECTED))
    assert message["type"] == "update"
    assert message["before"]["false_positive"] is False
    assert message["before"]["vigil"]["outcome"] == "unverified"
    assert message["before"]["top_score"] == 0.5
    assert message["after"]["false_positive"] is True
    assert message["after"]["vigil"]["outcome"] == "rejected"
    assert [message[when]["vigil"]["sequence"] for when in ("before", "after")] == [0, 1]


def test_the_first_message_has_itself_before() -> None:
    message = review_message(an_alert())
    assert message["before"] == message["after"]


def test_an_end_has_a_time() -> None:
    ended = amended(an_alert(), Outcome.CONFIRMED, step=StepKind.END)
    message = event_message(ended)
    assert message["type"] == "end"
    assert (message["before"]["end_time"], message["after"]["end_time"]) == (None, NOON_S + 5)
    assert message["after"]["current_zones"] == []


def test_what_was_rejected_or_has_ended_does_not_go_on() -> None:
    first = an_alert()
    assert is_open(first)
    assert not is_open(amended(first, Outcome.REJECTED))
    assert not is_open(amended(first, Outcome.CONFIRMED, step=StepKind.END))


def test_an_event_of_the_camera_itself_has_no_box() -> None:
    event = replace(an_event(rule="camera_offline", label=""), box=None)
    after = event_message(an_alert(event))["after"]
    assert (after["box"], after["area"], after["ratio"]) == ([0, 0, 0, 0], 0, 0.0)
    assert after["label"] == "camera_offline"


def test_names_stay_one_level_of_a_topic() -> None:
    event = replace(an_event(), source="yard/+/#\0$SYS", label="a/b")
    assert camera_of(event) == "yard_____SYS"
    assert label_of(event) == "a_b"
    assert camera_of(replace(event, source="\0")) == "camera"
    assert label_of(replace(event, label="", rule="")) == "object"


def test_readings_are_sub_labels_attributes_and_plates() -> None:
    found = (
        Reading("colour", "red", 0.7),
        Reading("posture", "lying", 0.9),
        Reading("plate", "AB 12", 0.8),
    )
    alert = an_alert(event=replace(an_event(), readings=found))
    after = event_message(alert)["after"]
    assert after["sub_label"] == ["lying", 0.9]
    assert after["attributes"] == {"colour: red": 0.7, "posture: lying": 0.9, "plate: AB 12": 0.8}
    assert after["recognized_license_plate"] == "AB 12"
    assert after["recognized_license_plate_score"] == 0.8
    review = review_message(alert)["after"]
    assert review["data"]["sub_labels"] == ["red", "lying", "AB 12"]


def test_without_readings_there_are_none() -> None:
    after = event_message(an_alert())["after"]
    assert after["sub_label"] is None
    assert after["attributes"] == {}
    assert "recognized_license_plate" not in after


def test_what_a_plate_says_leads_nowhere() -> None:
    found = (Reading("plate", "http://evil.example/\u202e", 0.8),)
    after = event_message(an_alert(event=replace(an_event(), readings=found)))["after"]
    assert "http://" not in after["recognized_license_plate"]
