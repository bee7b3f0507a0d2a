"""Alerts in the shape in which Frigate tells of its events and reviews over MQTT."""

from collections.abc import Callable

from vigil.core import Alert, Box, Event, Outcome, Severity, StepKind
from vigil.core.alert_json import decision_json
from vigil.core.json import Json
from vigil.stages.alert.words import clean

UNJUDGED = 0.5
"""The score of what nobody has judged: neither likely nor unlikely."""
PLATE = "plate"
"""The kind of readings that Frigate keeps apart."""
DETECTIONS = (Severity.INFO, Severity.LOW)
"""Severities that Frigate's tools know as mere detections; all others are alerts."""


def event_message(alert: Alert) -> Json:
    """For `<prefix>/events`: one thing seen, `type` new, update or end."""
    return _changed(alert, _event)


def review_message(alert: Alert) -> Json:
    """For `<prefix>/reviews`: what people should look at, under the alert's own id."""
    return _changed(alert, _review)


def is_open(alert: Alert) -> bool:
    """Whether what it tells of still goes on, as far as anybody believes."""
    rejected = alert.decision.outcome is Outcome.REJECTED
    return alert.step is not StepKind.END and not rejected


def camera_of(event: Event) -> str:
    """The camera's name as part of a topic."""
    return _level(event.source) or "camera"


def label_of(event: Event) -> str:
    """The label as part of a topic; what has none is called by its rule."""
    return _level(event.label) or _level(event.rule) or "object"


def _level(name: str) -> str:
    """One level of a topic, in which a few characters have meanings of their own."""
    plain = clean(name, 100)
    return "".join("_" if character in "/+#$" else character for character in plain)


def _changed(alert: Alert, shape: Callable[[Alert], Json]) -> Json:
    before = alert if alert.before is None else alert.before
    return {"type": alert.step.value, "before": shape(before), "after": shape(alert)}


def _event(alert: Alert) -> Json:
    event, decision = alert.event, alert.decision
    score = UNJUDGED if decision.verdict is None else round(decision.verdict.likelihood, 4)
    box = _rounded(event.box)
    width, height = box[2] - box[0], box[3] - box[1]
    return {
        "id": event.id,
        "camera": camera_of(event),
        "frame_time": float(event.end_s),
        "label": label_of(event),
        "sub_label": _sub_label(event),
        "top_score": score,
        "score": score,
        "false_positive": decision.outcome is Outcome.REJECTED,
        "start_time": float(event.start_s),
        "end_time": _end_s(alert),
        "box": box,
        "area": width * height,
        "ratio": round(width / height, 4) if height else 0.0,
        "region": box,
        "current_zones": [] if alert.step is StepKind.END else [event.rule],
        "entered_zones": [event.rule],
        "has_snapshot": bool(alert.snapshot),
        "has_clip": alert.clip_url is not None,
        "stationary": False,
        "active": is_open(alert),
        "motionless_count": 0,
        "position_changes": 0,
        "attributes": _attributes(event),
        **_plate(event),
        "data": {"description": clean(event.claim)},
        "vigil": _ours(alert),
    }


def _review(alert: Alert) -> Json:
    event = alert.event
    mere = event.severity in DETECTIONS and not event.critical
    return {
        "id": alert.id,
        "camera": camera_of(event),
        "start_time": float(event.start_s),
        "end_time": _end_s(alert),
        "severity": "detection" if mere else "alert",
        "thumb_path": "",
        "data": {
            "detections": [event.id],
            "objects": [label_of(event)],
            "sub_labels": [clean(each.word, 100) for each in event.readings],
            "zones": [event.rule],
            "audio": [],
        },
        "vigil": _ours(alert),
    }


def _ours(alert: Alert) -> Json:
    """What Frigate has no words for."""
    event = alert.event
    return {
        "alert": alert.id,
        "sequence": alert.sequence,
        "rule": event.rule,
        "severity": event.severity.value,
        "critical": bool(event.critical),
        "claim": event.claim,
        "claim_zh": event.claim_zh,
        "clip_url": alert.clip_url,
        **decision_json(alert.decision),
    }


def _sub_label(event: Event) -> list[object] | None:
    """The surest word of all but plates, which have a place of their own, and its score."""
    found = [each for each in event.readings if each.kind != PLATE]
    if not found:
        return None
    best = max(found, key=lambda each: each.score)
    return [clean(best.word, 100), round(float(best.score), 4)]


def _attributes(event: Event) -> dict[str, float]:
    """Scores by `kind: word`."""
    return {
        f"{clean(each.kind, 40)}: {clean(each.word, 100)}": round(float(each.score), 4)
        for each in event.readings
    }


def _plate(event: Event) -> Json:
    found = [each for each in event.readings if each.kind == PLATE]
    if not found:
        return {}
    best = max(found, key=lambda each: each.score)
    return {
        "recognized_license_plate": clean(best.word, 100),
        "recognized_license_plate_score": round(float(best.score), 4),
    }


def _end_s(alert: Alert) -> float | None:
    return float(alert.event.end_s) if alert.step is StepKind.END else None


def _rounded(box: Box | None) -> list[int]:
    return [0, 0, 0, 0] if box is None else [round(float(side)) for side in box]
