"""What `vigil watch` keeps of an event that was judged: its clip and a still of it."""

import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from vigil.cli.judged import Recorded, _shown
from vigil.cli.watch import Printer
from vigil.config import clip_place
from vigil.core import Box, Clip, Event, Step, StepKind, uuid7
from vigil.media.clip import write_clip
from vigil.pipeline.annotate import EVENT
from vigil.pipeline.score import JudgedEvent
from vigil.store import EventStore
from vigil.testing.films import HEIGHT, WIDTH, tiny_stream

BOX = Box(10, 10, WIDTH / 4, HEIGHT / 4)
"""In a picture half as wide as the clip's."""


def finer_clip(folder: Path, event: Event) -> Clip:
    """Cut from a main stream, of twice the width at which the event was seen."""
    path = folder / clip_place(f"clip:local/{event.id}", event.start_s)
    path.parent.mkdir(parents=True)
    packets = [replace(p, time_s=p.time_s + event.start_s) for p in tiny_stream(2)]
    made = write_clip(path, packets)
    return Clip(
        uri=f"clip:local/{event.id}", source="gate", start_s=made.start_s, end_s=made.end_s,
        size_bytes=made.size_bytes, scale=2.0,
    )  # fmt: skip


def test_the_still_marks_a_thing_where_it_is_in_a_finer_clip(tmp_path: Path) -> None:
    now_s = time.time()
    event = Event(
        id=uuid7(now_s), source="gate", rule="presence", claim="A person is there.",
        start_s=now_s, end_s=now_s + 1, box=BOX, path=((now_s, BOX), (now_s + 1, BOX)),
    )  # fmt: skip
    store = EventStore(tmp_path / "events.db", tmp_path / "clips")
    recorded = Recorded(printer=Printer(as_json=False, quiet=True), store=store)
    clip = finer_clip(tmp_path / "clips", event)
    recorded.put(Step(kind=StepKind.NEW, event=event, time_s=now_s), clip)

    shown = _shown(1, JudgedEvent(event=event), recorded, tmp_path)
    store.close()

    assert shown.poster is not None
    picture = cv2.imread(str(shown.poster))[..., ::-1].astype(int)
    rows, columns = np.nonzero(np.abs(picture - EVENT).max(axis=2) < 70)
    assert abs(columns.max() - 2 * BOX.x2) <= 4
    assert abs(rows.max() - 2 * BOX.y2) <= 4
