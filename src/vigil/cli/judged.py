"""Watches a file as `vigil run` would, judges what was found, and shows it on one page."""

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vigil.cli.watch import Printer, watch_one
from vigil.config.app import App, CameraConfig
from vigil.config.home import open_home
from vigil.core import Clip, Step, StepKind
from vigil.data import Happened, happening_of
from vigil.media.footage import ClipFootage
from vigil.pipeline.call import Call
from vigil.pipeline.cases import in_clip
from vigil.pipeline.page import ShownEvent, write_page
from vigil.pipeline.score import JudgedEvent, scorecard
from vigil.pipeline.scoring import judged_events
from vigil.pipeline.snapshot import snapshot
from vigil.store import DecisionStore, EventStore

PATIENCE_S = 120.0
"""Longest wait for judges after the watch."""
HINT = (
    "Plug in a large model · 接入大模型:  brain: {base_url: http://127.0.0.1:8000/v1, "
    "model: Qwen/Qwen2.5-VL-7B-Instruct}  →  vigil brain check  →  vigil run vigil.yaml"
)


@dataclass(kw_only=True)
class Recorded:
    """An outbox that prints each step and writes it into a store."""

    printer: Printer
    store: EventStore
    clips: dict[str, Clip] = field(default_factory=dict)
    """By event, the newest one."""

    _over: set[str] = field(default_factory=set)

    def put(self, step: Step, clip: Clip | None) -> None:
        # A finished clip brings the last step of its event once more.
        if step.event.id not in self._over:
            self.printer.put(step, clip)
        if step.kind is StepKind.END:
            self._over.add(step.event.id)
        self.store.record(step, clip)
        if clip is not None:
            self.clips[step.event.id] = clip


def watch_and_judge(
    app: App, one: CameraConfig, printer: Printer, out: Path, *, annotate: Path
) -> list[ShownEvent]:
    """Watch until the source ends, have each event judged, and put clips and stills below `out`.

    Events come in order of time. The database and all else goes when this returns.
    """
    folder = _emptied(out / f"{annotate.stem.removesuffix('-watched')}-clips")
    with tempfile.TemporaryDirectory(prefix=".state-", dir=out) as state:
        home = open_home(Path(state))
        store = EventStore(home.database, home.clips)
        store.open()
        call = Call(store, app)
        call.start()
        recorded = Recorded(printer=printer, store=store)
        try:
            watch_one(app, one, recorded, annotate=annotate, home=home)
            decisions = DecisionStore(store.database)
            _wait(decisions)
            judged = sorted(judged_events(store, decisions), key=lambda each: each.event.start_s)
            return [_shown(number, each, recorded, folder) for number, each in enumerate(judged, 1)]
        finally:
            call.close()
            store.close()


def write_judged_page(
    path: Path, shown: Sequence[ShownEvent], *, title: str, happened: Sequence[Happened] = ()
) -> None:
    """The page, with the score where it is known what happened."""
    card = scorecard([each.judged for each in shown], happened) if happened else None
    missed = card.whole.happened - card.whole.happened_found if card else 0
    write_page(path, shown, title=title, card=card, missed=missed, hint=HINT)


def with_truth(
    shown: Sequence[ShownEvent], happened: Sequence[Happened], *, slack_s: float
) -> list[ShownEvent]:
    """The same, each with whether it is true."""
    return [
        ShownEvent(
            judged=each.judged,
            clip=each.clip,
            poster=each.poster,
            happened=happening_of(each.judged.event, happened, slack_s=slack_s) is not None,
        )
        for each in shown
    ]


def _wait(decisions: DecisionStore) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while decisions.pending() and time.monotonic() < until_s:
        time.sleep(0.1)


def _shown(number: int, judged: JudgedEvent, recorded: Recorded, folder: Path) -> ShownEvent:
    """Copy the clip under a name that people can read, and take a still."""
    event = judged.event
    name = f"{number:02}-{event.rule}"
    clip = recorded.clips.get(event.id)
    if clip is None:
        return ShownEvent(judged=judged)
    found = recorded.store.clip_path(clip.uri)
    kept, poster = folder / f"{name}{found.suffix}", folder / f"{name}.jpg"
    shutil.copyfile(found, kept)
    picture = snapshot(ClipFootage(kept, clip.start_s), in_clip(event, clip))
    if picture:
        poster.write_bytes(picture)
    return ShownEvent(judged=judged, clip=kept, poster=poster if picture else None)


def _emptied(folder: Path) -> Path:
    """The folder without what an earlier run put there, and nothing else taken away."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("[0-9][0-9]-*"):
        old.unlink()
    return folder
