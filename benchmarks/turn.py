"""A full turn of the wheel on rendered cameras: `python -m benchmarks learn --only turn`.

A model learns people from the day cameras of a site. It keeps watch (`vigil run`, in real time)
when night cameras come up, and misses people there. The watch's own samplers gather pictures;
teachers label them, the picked ones are reviewed by a script that knows the truth; a student
begins from the weights in use, goes through the gate, and is swapped in while the watch runs.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.report import Report
from benchmarks.turn_plot import drawn
from benchmarks.turn_site import (
    BY,
    START_S,
    WIDTH,
    WORD,
    Film,
    Post,
    filmed,
    people_in,
    posts,
    seen_in,
    split_named,
    stills,
)
from benchmarks.twostep import DATA
from vigil.config.home import Home, open_home
from vigil.core import Box, Label, VigilError
from vigil.data.formats import Files
from vigil.data.freezing import HOLDOUT
from vigil.data.library import Library
from vigil.flywheel.giving_way import alone
from vigil.flywheel.retrain import Retrained, retrain
from vigil.flywheel.review import Labels, ReviewDesk
from vigil.infer.registry import Registry
from vigil.pipeline.scene_log import folder_name, recorded, scene_files
from vigil.pipeline.status_file import read_status
from vigil.store import ReviewQueue, SampleStore, StoredSample
from vigil.store.database import Database
from vigil.train.fitting import Fit

MODEL, SITE = "site-sentry", "site"
TEACHER, FILE = "yolox-nano-416", "yolox_nano_416.onnx"
SIDE, HEIGHT = 192, 128
EPOCHS, AGAIN, BATCH, RATE = 16, 10, 8, 3e-3
STILLS = 40
"""Of each day camera."""
DAY_ALONE_S, NIGHT_S, AFTER_S = 20.0, 80.0, 80.0
REVIEWED = 100
"""Pictures that the script reviews, of those that `vigil sample mine` chose."""
ENOUGH = 30
"""Reviewed pictures that may train, from which on the model is due: not all that are reviewed."""
BIN_S = 20.0
LEAST_SEEN = 5
"""People in a stretch of so long, below which its recall says nothing."""
PLOT = Path(__file__).parent.parent / "docs" / "images" / "turn.svg"
LOST, BACK = 0.6, 0.9
"""Recall at night before is at most this share of that by day; and at least that, afterwards."""
PATIENCE_S = 300.0
"""On a machine that has much else to do."""
VIGIL = (Path(sys.executable).with_name("vigil"),)


@dataclass(kw_only=True)
class Wheel:
    """The site, its state folder, and what happened when."""

    report: Report
    home: Home
    films: dict[str, Film]
    night: list[str]
    config: Path
    log: Path
    happened: list[tuple[float, str]] = field(default_factory=list)
    """UTC seconds of the watch, and what."""
    starts: dict[str, float] = field(default_factory=dict)
    """When each camera was named, which is when its film begins: UTC seconds of the watch."""
    lags: dict[str, float] = field(default_factory=dict)
    """So many seconds later it was being watched."""
    began_s: float = 0.0
    """When the watch began, by the clock of this machine that never goes back."""

    @property
    def now_s(self) -> float:
        """As the films count, but for the lag of each."""
        return START_S + (time.monotonic() - self.began_s if self.began_s else 0.0)

    def note(self, what: str) -> None:
        self.happened.append((self.now_s, what))
        self.report.say(what)

    def vigil(self, *words: object) -> str:
        """Run a command in this home; what it says."""
        told = subprocess.run(
            [*VIGIL, *map(str, words)], capture_output=True, text=True, check=False,
            env=os.environ | {"VIGIL_HOME": str(self.home.path)},
        )  # fmt: skip
        if told.returncode:
            raise RuntimeError(f"vigil {words}: {told.returncode}: {told.stdout}{told.stderr}")
        return told.stdout


def turn(report: Report) -> None:
    """Turn the wheel once, and say what became of recall."""
    with tempfile.TemporaryDirectory(prefix="vigil-turn-") as folder:
        wheel, day = _built(report, Path(folder))
        _incumbent(wheel, day)
        watch = _watch(wheel)
        try:
            done = _turned(wheel)
        finally:
            watch.send_signal(signal.SIGTERM)
            watch.wait(30)
        recalls = _recalls(wheel)
        _told(wheel, done, recalls)


def _built(report: Report, folder: Path) -> tuple[Wheel, list[Post]]:
    day, night = posts()
    home = open_home(folder / "home")
    shown = [day[-1], *night]  # of the day cameras the one that only judges
    films = {post.name: filmed(post, folder) for post in shown}
    wheel = Wheel(
        report=report, home=home, films=films, night=[post.name for post in night],
        config=folder / "vigil.yaml", log=folder / "log.txt",
    )  # fmt: skip
    report.say(f"{len(films)} films of {sum(film.seconds for film in films.values()):.0f} s")
    wheel.vigil("model", "add", DATA / "models" / "detect" / FILE)
    pictures = folder / "day"
    pictures.mkdir()
    library = Library(home.path / "data" / SITE)
    for post in day:
        library.add(stills(post, pictures, STILLS), Files(root=pictures, carry="link"))
    return wheel, day


def _incumbent(wheel: Wheel, day: list[Post]) -> None:
    told = wheel.vigil(
        "model", "train", SITE, "--name", MODEL, "--licence", "CC0-1.0", "--words", WORD,
        "--side", SIDE, "--height", HEIGHT, "--epochs", EPOCHS, "--batch", BATCH, "--rate", RATE,
    )  # fmt: skip
    wheel.report.say(f"learnt from {len(day)} day cameras:")
    wheel.report.console.print(told)
    wheel.vigil("model", "use", MODEL, 1)


def _watch(wheel: Wheel) -> "subprocess.Popen[bytes]":
    """By day first; the night cameras come up while it runs."""
    _write_config(wheel, [name for name in wheel.films if name not in wheel.night])
    with wheel.log.open("w") as log:
        watch = subprocess.Popen(
            [*VIGIL, "run", str(wheel.config)], stdout=log, stderr=log,
            env=os.environ | {"VIGIL_HOME": str(wheel.home.path)},
            # Where the kernel shares the processor by session, training takes none of the watch's.
            start_new_session=True,
        )  # fmt: skip
    os.nice(10)
    wheel.began_s = time.monotonic()
    _wait_until_watched(wheel)
    wheel.note("watch by day")
    return watch


def _wait_until_watched(wheel: Wheel) -> None:
    """Return when every camera that was named is up."""

    def up() -> bool:
        try:
            cameras = read_status(wheel.home, now_s=time.time()).get("cameras", {})
        except VigilError:  # not written yet
            return False
        for name, start_s in wheel.starts.items():
            if cameras.get(name, {}).get("processed"):
                wheel.lags.setdefault(name, wheel.now_s - start_s)
        return set(wheel.lags) == set(wheel.starts)

    _wait_for(up, within_s=PATIENCE_S)


def _write_config(wheel: Wheel, names: list[str]) -> None:
    often = {"minutely": 40, "hourly": None, "daily": 40}
    cameras = {
        name: {
            "source": {
                "kind": "file", "path": str(wheel.films[name].path),
                "start_s": wheel.starts.setdefault(name, wheel.now_s),
                "loop": True, "realtime": True,
            },
            "detector": MODEL,
            # A post that must be manned is looked at twice a second, whatever moves.
            "rules": [{"kind": "absence", "labels": [WORD], "longer_than_s": 3600}],
            "sample": {
                "strategies": [
                    {"kind": "close_to_threshold", "limits": often},
                    {"kind": "random", "probability": 0.3, "limits": often},
                ],
                "limits": often,
            },
            "record_scenes": True,
        }
        for name in names
    }  # fmt: skip
    fresh = wheel.config.with_suffix(".new")
    fresh.write_text(json.dumps({"metrics": "off", "verify": "off", "cameras": cameras}))
    fresh.replace(wheel.config)  # JSON is YAML


def _turned(wheel: Wheel) -> Retrained:
    time.sleep(DAY_ALONE_S)
    _write_config(wheel, list(wheel.films))
    _wait_until_watched(wheel)
    wheel.note("night cameras")
    time.sleep(NIGHT_S)
    _labelled(wheel)
    _reviewed(wheel)
    wheel.report.console.print(wheel.vigil("model", "due", "--reviewed", ENOUGH))
    done = _retrained(wheel)
    if done.passage.passed:
        _wait_for(lambda: "model swapped" in wheel.log.read_text(), within_s=PATIENCE_S)
        wheel.note("swapped")
    time.sleep(AFTER_S)
    return done


def _labelled(wheel: Wheel) -> None:
    """A teacher labels what the samplers gathered."""
    wheel.vigil("sample", "export", SITE, "--state", "waiting")
    told = wheel.vigil(
        "data", "label", SITE, "--teacher", f"detector:{TEACHER}", "--words", WORD,
        "--precision", 0.9,
    )  # fmt: skip
    wheel.note("labelled")
    wheel.report.console.print(told)


def _reviewed(wheel: Wheel) -> None:
    """The script says of each picked picture what the renderer drew there."""
    wheel.vigil("sample", "mine", "--budget", REVIEWED)
    database = Database(wheel.home.database)
    try:
        samples, queue = SampleStore(database, wheel.home.samples), ReviewQueue(database)
        desk = ReviewDesk(samples, queue, Library(wheel.home.path / "data" / SITE))

        def truth(stored: StoredSample) -> Labels:
            sample = stored.sample
            film = wheel.films[sample.source]
            scale = sample.width / WIDTH
            return tuple(
                Label(word=WORD, shape=Box(*(side * scale for side in box)))
                for box in people_in(film.at(sample.time_s - wheel.starts[sample.source]))
            )

        done = 0
        while done < REVIEWED and (turns := queue.next(BY, limit=20)):
            for each in turns:
                desk.label(each.stored.sample.id, truth, reviewer=BY)
            done += len(turns)
    finally:
        database.close()
    wheel.note("reviewed")
    wheel.report.say(f"{done} pictures were reviewed by {BY}: the renderer, not a person")


def _retrained(wheel: Wheel) -> Retrained:
    """As `vigil model retrain` does, but not at the very lowest priority.

    On a machine that has no time to spare, that one would never end.
    """
    library = Library(wheel.home.path / "data" / SITE)
    card, _ = Registry(wheel.home.models).resolve(MODEL)
    with alone(wheel.home):
        done = retrain(wheel.home, card, library, fit=Fit(epochs=AGAIN, batch=BATCH, rate=RATE / 2))
    wheel.note("gate passed" if done.passage.passed else "gate refused")
    for reason in done.passage.reasons:
        wheel.report.say(f"  {reason}")
    return done


Recalls = dict[str, list[tuple[float, float]]]
"""Of each camera: the middle of a stretch, UTC seconds, and recall in it."""


def _recalls(wheel: Wheel) -> Recalls:
    """What the watch's own record of scenes says, beside the truth of each moment.

    Of every moment with a picture: where no detector looked, nobody was seen.
    """
    found: Recalls = {}
    for name, film in wheel.films.items():
        counts: dict[int, list[int]] = {}
        folder = wheel.home.scenes / folder_name(name)
        for chunk in recorded(scene_files([folder])):
            for scene in chunk.scenes:
                if scene.signals is None:  # no picture came
                    continue
                seen, there = seen_in(scene, film.at(scene.time_s - wheel.starts[name]))
                at_s = scene.time_s + wheel.lags[name] - START_S
                count = counts.setdefault(int(at_s // BIN_S), [0, 0])
                count[0] += seen
                count[1] += there
        found[name] = [
            (START_S + (number + 0.5) * BIN_S, seen / there)
            for number, (seen, there) in sorted(counts.items())
            if there >= LEAST_SEEN
        ]
    return found


def _told(wheel: Wheel, done: Retrained, recalls: Recalls) -> None:
    report = wheel.report
    when = {what: time_s for time_s, what in wheel.happened}
    swapped_s = when.get("swapped", wheel.now_s)  # it never was: nothing is afterwards
    before = (when["night cameras"] + BIN_S / 2, swapped_s)
    after = (swapped_s + BIN_S / 2, float("inf"))
    rows = []
    for name, points in recalls.items():
        shares = [_mean(points, *stretch) for stretch in (before, after)]
        rows.append((name, *(f"{share:.3f}" for share in shares)))
    columns = ("camera", "recall before the swap", "and after")
    report.table("turn: recall of the watch by camera", columns, rows)
    night = {name: recalls[name] for name in wheel.night}
    unseen = next(name for name in wheel.night if split_named(name) == HOLDOUT)
    day = _mean([each for name in recalls if name not in night for each in recalls[name]], *before)
    dark, back = (
        sum(_mean(points, *stretch) for points in night.values()) / len(night)
        for stretch in (before, after)
    )
    report.claim(
        "turn: recall at night before, for each part by day", dark / day, LOST, better="lower"
    )
    report.claim(
        "turn: recall at night after the swap, for each part by day before", back / day, BACK
    )
    report.claim(
        "turn: the same of the night camera from which nothing was learnt",
        _mean(night[unseen], *after) / day, BACK,
    )  # fmt: skip
    passage = done.passage
    report.claim(
        "turn: AP50 on the hold-out that the student gains",
        passage.new.average_precision_50 - passage.old.average_precision_50,
        0.1,
    )
    happened = [(round(time_s - START_S, 1), what) for time_s, what in wheel.happened]
    seen = {
        name: [(round(time_s - START_S, 1), round(share, 3)) for time_s, share in points]
        for name, points in recalls.items()
    }
    report.details["turn: events"] = [{"at": time_s, "what": what} for time_s, what in happened]
    report.details["turn: recall over time"] = {
        name: [{"at": time_s, "recall": share} for time_s, share in points]
        for name, points in seen.items()
    }
    PLOT.write_text(drawn(seen, happened, wheel.night), encoding="utf-8")
    report.say(f"plot: {PLOT}")


def _mean(points: list[tuple[float, float]], from_s: float, until_s: float) -> float:
    within = [share for time_s, share in points if from_s <= time_s <= until_s]
    return sum(within) / max(len(within), 1)


def _wait_for(what: Callable[[], object], *, within_s: float) -> None:
    deadline_s = time.monotonic() + within_s
    while not what():
        if time.monotonic() > deadline_s:
            raise RuntimeError(f"not within {within_s} s")
        time.sleep(0.5)
