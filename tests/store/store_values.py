"""Events, clips and a clock for tests of the store, and for the processes that they kill."""

import os
from pathlib import Path

import pytest

from vigil.config import clip_place
from vigil.core import (
    Box,
    Clip,
    Event,
    Label,
    Labeler,
    Origin,
    Reading,
    Sample,
    Severity,
    Step,
    StepKind,
    uuid7,
)
from vigil.testing.hands import NOON_S


def an_event(
    start_s: float = NOON_S,
    *,
    id: str | None = None,
    source: str = "gate",
    rule: str = "yard",
    severity: Severity = Severity.MEDIUM,
    end_s: float | None = None,
) -> Event:
    return Event(
        id=id or uuid7(start_s),
        source=source,
        rule=rule,
        claim="A person is in the yard.",
        claim_zh="院子里有人。",
        label="person",
        start_s=start_s,
        end_s=start_s if end_s is None else end_s,
        severity=severity,
        critical=True,
        track_ids=(3, 4),
        box=Box(1, 2, 3, 4),
        path=((start_s, Box(1, 2, 3, 4)),),
        direction="in",
        counts={"in": 1},
        readings=(Reading("colour", "red", 0.75), Reading("plate", "AB\u00b712", 0.5)),
        cards=("nano@1",),
    )


def a_step(event: Event, kind: StepKind = StepKind.NEW, after_s: float = 0.0) -> Step:
    return Step(kind=kind, event=event, time_s=event.start_s + after_s)


def a_sample(
    *, source: str = "gate", score: float = 0.5, reasons: dict[str, float] | None = None
) -> Sample:
    sample_id = uuid7(NOON_S)
    return Sample(
        id=sample_id,
        source=source,
        time_s=NOON_S,
        path=f"2023-11-15/{sample_id}.jpg",
        width=640,
        height=360,
        size_bytes=1000,
        score=score,
        reasons=reasons or {"close_to_threshold": score},
        condition="dark",
        proposals=(
            Label(
                word="person",
                shape=Box(1.5, 2.0, 3.0, 4.0),
                origin=Origin(labeler=Labeler.MODEL, by="nano@1", score=0.5, time_s=NOON_S),
                id=f"{sample_id}/0",
            ),
        ),
    )


def put_clip(
    folder: Path, name: str, *, start_s: float, seconds: float = 10.0, size_bytes: int = 1000
) -> Clip:
    uri = f"clip:home/{name}"
    file = folder / f"{clip_place(uri, start_s)}.mp4"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(os.urandom(size_bytes))
    return Clip(
        uri=uri,
        source="gate",
        start_s=start_s,
        end_s=start_s + seconds,
        size_bytes=size_bytes,
        audio=True,
    )


def cannot_mount(reason: str) -> None:
    """Skip; where such tests must run, fail."""
    text = f"a small disk cannot be mounted: {reason.strip()}"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)
