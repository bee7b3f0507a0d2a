"""Steps, events and clips as JSON: what the command prints, and what waits on a disk."""

import json
from collections.abc import Mapping
from typing import Any

from vigil.core.boxes import Box
from vigil.core.clips import Clip
from vigil.core.events import Event, Severity, Step, StepKind
from vigil.core.scenes import Reading

Json = dict[str, Any]
"""An object of JSON: text, finite numbers, truth values, lists and objects."""


def event_json(found: Step | Event) -> Json:
    """What everybody reads first, then whatever else is known; empty fields are left out.

    A step adds `type` (new, update or end) and `time_s`. Boxes are x1, y1, x2, y2 in source
    pixels; `path` holds rows of seconds and a box.
    """
    event = found.event if isinstance(found, Step) else found
    step = {"type": found.kind.value} if isinstance(found, Step) else {}
    moment = {"time_s": float(found.time_s)} if isinstance(found, Step) else {}
    return step | _always(event) | _when_known(event) | moment


def _always(event: Event) -> Json:
    return {
        "id": event.id,
        "source": event.source,
        "rule": event.rule,
        "label": event.label,
        "start_s": float(event.start_s),
        "end_s": float(event.end_s),
        "box": None if event.box is None else [float(side) for side in event.box],
        "severity": event.severity.value,
        "claim": event.claim,
    }


def _when_known(event: Event) -> Json:
    known: Json = {
        "claim_zh": event.claim_zh,
        "algorithm": event.algorithm,
        "critical": bool(event.critical),
        "suspected": bool(event.suspected),
        "direction": event.direction,
        # Numbers may come from arrays, whose own types JSON does not know.
        "counts": {way: int(count) for way, count in event.counts.items()},
        "by": event.by,
        "ending": event.ending,
        "readings": [
            {"kind": each.kind, "word": each.word, "score": float(each.score)}
            for each in event.readings
        ],
        "track_ids": [int(track) for track in event.track_ids],
        "path": [[float(time_s), *map(float, box)] for time_s, box in event.path],
        "cards": list(event.cards),
    }
    may_be_empty = {"algorithm", "direction", "by"}
    return {
        name: value
        for name, value in known.items()
        if value or (name in may_be_empty and value is not None)
    }


def event_from_json(found: Mapping[str, Any]) -> Event:
    """Read what `event_json` wrote; raises ValueError, saying what is wrong."""
    try:
        return _event(found)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an event: {error!r} in {str(found)[:200]}") from error


def _event(found: Mapping[str, Any]) -> Event:
    return Event(
        id=found["id"],
        source=found["source"],
        rule=found["rule"],
        claim=found["claim"],
        claim_zh=found.get("claim_zh", ""),
        algorithm=found.get("algorithm"),
        label=found["label"],
        start_s=found["start_s"],
        end_s=found["end_s"],
        severity=Severity(found["severity"]),
        critical=found.get("critical", False),
        suspected=found.get("suspected", False),
        track_ids=tuple(found.get("track_ids", ())),
        box=None if found["box"] is None else Box(*found["box"]),
        path=tuple((time_s, Box(*box)) for time_s, *box in found.get("path", ())),
        direction=found.get("direction"),
        counts=dict(found.get("counts", {})),
        by=found.get("by"),
        ending=found.get("ending", ""),
        readings=tuple(
            Reading(each["kind"], each["word"], each["score"]) for each in found.get("readings", ())
        ),
        cards=tuple(found.get("cards", ())),
    )


def step_from_json(found: Mapping[str, Any]) -> Step:
    """Read the JSON of a step; raises ValueError, saying what is wrong."""
    event = event_from_json(found)
    try:
        return Step(kind=StepKind(found["type"]), event=event, time_s=found["time_s"])
    except KeyError as error:
        raise ValueError(f"not a step: {error} is missing in {str(found)[:200]}") from error


def clip_json(clip: Clip) -> Json:
    """Every field of a clip."""
    return {
        "uri": clip.uri,
        "source": clip.source,
        "start_s": float(clip.start_s),
        "end_s": float(clip.end_s),
        "size_bytes": int(clip.size_bytes),
        "audio": bool(clip.audio),
        "scale": float(clip.scale),
    }


def clip_from_json(found: Mapping[str, Any]) -> Clip:
    """Read what `clip_json` wrote; raises ValueError when a field is missing or unknown."""
    try:
        return Clip(**found)
    except TypeError as error:
        raise ValueError(f"not a clip: {error}") from error


def as_line(found: Mapping[str, Any]) -> str:
    """One line of JSON without its end; raises ValueError for numbers that JSON has no word for."""
    return json.dumps(found, ensure_ascii=False, allow_nan=False, separators=(", ", ": "))
