"""Falls, told by a stream of a network in the watch, beside the rule that goes by boxes.

    python -m benchmarks video --only falls [--seeds 3] [--learn urfd urfd-alone up-fall]

A causal TSM, which knows photographs (ImageNet), learns the falls of URFD and is asked about those
of UP-Fall, and the reverse. What is no fall is learnt from both rooms and split by time: of films
without a fall the first half is learnt and the second judged; of films whose falls are judged, what
follows the fall is learnt. A network that learnt URFD alone, no picture of the other room, shows
what the room itself tells. All are exported as streams, and the whole watch sees each film with the
rule `action` about persons and the rule `fall` side by side. A fall counts as told from half a
second before somebody reaches the ground; an event before that, and any where nobody falls, is a
false alarm. Scores were fixed before anything was judged; the other ones are there to be looked at.
"""

import argparse
import hashlib
import json
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

import torch
import yaml

from benchmarks import fall_crops as crops
from benchmarks.fight_heads import spread
from benchmarks.footage import CACHE, DATA
from benchmarks.imagenet_start import imagenet_start
from benchmarks.real_people import copied, detector_of
from benchmarks.report import Report, cpu_s
from benchmarks.rule_films import Opened
from vigil.cli.watch import settings_for
from vigil.config.home import Home, open_home
from vigil.core import Clip, Step, StepKind
from vigil.core.durable import write_durably
from vigil.infer.registry import Registry
from vigil.media.films import picture_times
from vigil.media.sampling import Span
from vigil.pipeline.shard import Shard
from vigil.stages.detect.model import ModelDetector
from vigil.train.video.exporting import export_run
from vigil.train.video.learning import shelf_of, train_video
from vigil.train.video.settings import VideoSettings

CUT, RECIPE = 1, 2
"""Go up when persons are cut out, or networks and answers made, in another way."""
PIXELS, EPOCHS, BATCH, RATE, HELD = 56, 5, 4, 3e-4, 5
SCORE, SCORES = 0.6, (0.5, 0.6, 0.7, 0.8, 0.9)
"""From which a fall is told: what the rule has unless told otherwise, and others."""
WAITS_S = 0.25
EARLY_S = 0.5
GEOMETRY = "geometry"
HALF = 0.5
"""Of films without a fall: what is before is learnt, what is after is judged."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """Which falls a network learns, from what else it learns, and which falls it is asked about."""

    learnt: str
    """For people."""
    falls: Sequence[Path]
    others: Sequence[Path]
    judged: Sequence[Path]
    asked: str
    """For people."""

    @property
    def films(self) -> tuple[Path, ...]:
        """All that the watch is shown."""
        return (*self.judged, *crops.OTHERS)


SIDES: Mapping[str, Side] = {
    "urfd": Side(
        learnt="URFD", falls=crops.URFD, others=(*crops.OTHERS, *crops.UP_FALLS),
        judged=crops.UP_FALLS, asked="UP-Fall",
    ),
    "urfd-alone": Side(
        learnt="URFD alone", falls=crops.URFD, others=(), judged=crops.UP_FALLS, asked="UP-Fall",
    ),
    "up-fall": Side(
        learnt="UP-Fall", falls=crops.UP_FALLS, others=(*crops.OTHERS, *crops.URFD),
        judged=crops.URFD, asked="URFD",
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What the watch told of one film."""

    seconds: float
    down_s: float | None
    """When somebody reaches the ground; None: nobody does."""
    told: dict[str, list[float]]
    """By rule the seconds at which events were told; of each rule that ran."""

    def hit(self, rules: Iterable[str]) -> bool:
        """Whether one of these rules told the fall."""
        return any(self._right(time_s) for rule in rules for time_s in self.told[rule])

    def wrong(self, rules: Iterable[str]) -> int:
        """Events of these rules that were no fall."""
        return sum(not self._right(time_s) for rule in rules for time_s in self.told[rule])

    def _right(self, time_s: float) -> bool:
        return self.down_s is not None and time_s >= self.down_s - EARLY_S


class Book:
    """An outbox that keeps when each rule told something new."""

    def __init__(self, rules: Iterable[str]) -> None:
        self.told: dict[str, list[float]] = {rule: [] for rule in rules}

    def put(self, step: Step, clip: Clip | None) -> None:
        if step.kind is StepKind.NEW:
            self.told[step.event.rule].append(round(step.time_s, 2))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks video --only falls")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--learn", nargs="*", choices=list(SIDES), default=list(SIDES))
    chosen = parser.parse_args()
    if not crops.URFD or not crops.UP:
        print(f"no falls in {DATA / 'action'}; VIGIL_TEST_DATA names the folder of real footage")
        return 2
    torch.set_num_threads(1)
    report = Report("video")
    told = f"{RECIPE} {PIXELS} {EPOCHS} {RATE} {crops.DOWN_S}"
    folder = CACHE / f"falls-{hashlib.sha256(told.encode()).hexdigest()[:10]}"
    detector = detector_of("yolox-nano-416")
    people = cut_out(detector, CACHE / f"fall-crops-{CUT}")
    report.say(f"{len(people)} films of persons: {cpu_s():.0f} s of processor so far")
    home = open_home(folder / "home")
    lines: dict[str, list[Taught]] = {side: [] for side in chosen.learn}
    for seed in range(chosen.seeds):
        for side in chosen.learn:
            lines[side].append(taught(people, side, seed, folder, home))
            report.say(f"{side}, seed {seed}: {cpu_s():.0f} s of processor so far")
    for side in chosen.learn:
        tell_learnt(report, side, lines[side])
    for side in chosen.learn:
        seen = watched(chosen.learn, side, chosen.seeds, detector, home, folder)
        tell(report, side, seen, chosen.seeds)
    return report.write(part=True)


def cut_out(detector: ModelDetector, folder: Path) -> list[crops.Crops]:
    """Persons of all films that networks learn from, cut out once and kept."""
    listed = folder / "crops.json"
    if not listed.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        made = []
        for film in (*crops.URFD, *crops.UP_FALLS):
            made += crops.crops(film, detector, folder)
        for film in crops.OTHERS:
            made += crops.crops(film, detector, folder, until=HALF)
        told = [[str(one.path), str(one.film), one.times, one.stirs] for one in made]
        write_durably(listed, json.dumps(told).encode())
    return [
        crops.Crops(path=Path(path), film=Path(film), times=tuple(times), stirs=tuple(stirs))
        for path, film, times, stirs in json.loads(listed.read_text(encoding="utf-8"))
    ]


@dataclass(frozen=True, kw_only=True)
class Taught:
    """How a network came about."""

    learnt: str
    seed: int
    clips: int
    falls: int
    accuracy: float
    """On clips of other films of the side that it learnt from."""
    seconds: float
    """Of processor."""


def taught(people: Sequence[crops.Crops], side: str, seed: int, folder: Path, home: Home) -> Taught:
    """A network that learnt one side, as a stream in the registry; what was done once is kept."""
    name = model_of(side, seed)
    kept = folder / f"{name}.json"
    if not kept.is_file():
        films = {*SIDES[side].falls, *SIDES[side].others}
        shown = [one for one in people if one.film in films]
        clips = list(crops.labelled(shown, held=HELD, judged=SIDES[side].judged))
        settings = VideoSettings(
            data="falls", name=name, network="tsm-mobilenet", causal=True, frames=crops.FRAMES,
            side=PIXELS, framing="stretch", rate_hz=crops.RATE, epochs=EPOCHS, batch=BATCH,
            patience=0, seed=seed, rate=RATE,
            weights=str(imagenet_start(CACHE / "imagenet-mobilenet-v2.safetensors")),
        )  # fmt: skip
        work = folder / "work" / name
        began_s = cpu_s()
        made = train_video(settings, clips, work)
        seconds = cpu_s() - began_s
        learnt = [clip for clip in clips if clip.split == "train"]
        with tempfile.TemporaryDirectory(prefix="vigil-falls-") as place:
            shelf = shelf_of(made.asked.way, work)
            card = export_run(
                made.asked, learnt, shelf, Path(place), licence="not for others", stream=True
            )
            Registry(home.models).add(Path(place) / card.file, card)
        told = Taught(
            learnt=side, seed=seed, clips=len(learnt),
            falls=sum("fall" in clip.words for clip in learnt),
            accuracy=made.judged.metrics["accuracy"], seconds=seconds,
        )  # fmt: skip
        write_durably(kept, json.dumps(asdict(told)).encode())
        shutil.rmtree(work)
    return Taught(**json.loads(kept.read_text(encoding="utf-8")))


def tell_learnt(report: Report, side: str, lines: Sequence[Taught]) -> None:
    """What networks learnt from, and how right they were at home."""
    report.table(
        f"falls: networks that learnt {SIDES[side].learnt}",
        ("seed", "clips", "of falls", "accuracy on held films", "CPU s to learn"),
        [
            (each.seed, each.clips, each.falls, f"{each.accuracy:.3f}", f"{each.seconds:.0f}")
            for each in lines
        ],
    )


def model_of(side: str, seed: int) -> str:
    """Its name in the registry."""
    return f"falls-{side}-{seed}"


def rule_of(side: str, seed: int, score: float) -> str:
    """Of a network from a score on."""
    return f"{model_of(side, seed)}-{score:g}"


def watched(
    learnt: Sequence[str], asked: str, seeds: int, detector: ModelDetector, home: Home, folder: Path
) -> list[Watched]:
    """What the watch tells of the films that networks of one side are asked about.

    The rule of boxes and all networks that are asked about a film, from all scores, look at the
    same time.
    """
    place = folder / f"watched-{seeds}-{'-'.join(learnt)}"
    found = []
    for path in SIDES[asked].films:
        kept = place / f"{path.stem}.json"
        if not kept.is_file():
            kept.parent.mkdir(exist_ok=True)
            share = HALF if path in crops.OTHERS else 0.0
            sides = [side for side in learnt if path in SIDES[side].films]
            seen = _watch(path, share, rules_of(sides, seeds), detector, home)
            write_durably(kept, json.dumps(asdict(seen)).encode())
        found.append(Watched(**json.loads(kept.read_text(encoding="utf-8"))))
    return found


def rules_of(sides: Sequence[str], seeds: int) -> list[dict[str, object]]:
    """That of boxes, and one of each network and score."""
    actions: list[dict[str, object]] = [
        {
            "kind": "action", "name": rule_of(side, seed, score), "model": model_of(side, seed),
            "labels": "fall", "who": "person", "min_score": score, "longer_than_s": WAITS_S,
        }
        for side in sides
        for seed in range(seeds)
        for score in SCORES
    ]  # fmt: skip
    return [{"kind": "fall", "name": GEOMETRY, "labels": ["person"]}, *actions]


def _watch(
    path: Path, share: float, rules: Sequence[Mapping[str, object]], detector: ModelDetector,
    home: Home,
) -> Watched:  # fmt: skip
    span = Span.of(picture_times(path))
    with tempfile.TemporaryDirectory(prefix="vigil-falls-") as place:
        film = Path(place) / f"{path.stem}.mp4"
        copied(path, film, share * span.seconds)
        app = settings_for(str(film), rules=[yaml.safe_dump(list(rules))])
        (one,) = app.cameras.values()
        book = Book(str(rule["name"]) for rule in rules)
        running, looks = Opened(home, detector).camera(
            one.model_copy(update={"detector": detector})
        )
        Shard(cameras=[(running, looks)], outbox=book).run(threading.Event())
        running.check()
    return Watched(
        seconds=(1 - share) * span.seconds,
        down_s=crops.DOWN_S.get(crops.event_of(path)),
        told=book.told,
    )


def tell(report: Report, side: str, films: Sequence[Watched], seeds: int) -> None:
    """Recall and false alarms of the networks of one side, of the rule, and of both together."""
    learnt, asked = SIDES[side].learnt, SIDES[side].asked
    falls = [film for film in films if film.down_s is not None]
    minutes = sum(film.seconds for film in films) / 60

    def figures(of_seed: Callable[[int], Sequence[str]]) -> tuple[list[float], list[float]]:
        rules = [of_seed(seed) for seed in range(seeds)]
        recall = [mean(film.hit(each) for film in falls) for each in rules]
        return recall, [float(sum(film.wrong(each) for film in films)) for each in rules]

    def line(name: str, of_seed: Callable[[int], Sequence[str]]) -> tuple[object, ...]:
        recall, wrong = figures(of_seed)
        return (
            name, f"{mean(recall):.3f}", f"{spread(recall):.3f}", f"{mean(wrong):.1f}",
            f"{spread(wrong):.1f}", f"{mean(wrong) / minutes:.2f}",
        )  # fmt: skip

    rows = [line("the rule `fall`", lambda _: [GEOMETRY])]
    for score in SCORES:
        rows.append(
            line(f"stream, from {score:g}", lambda seed, at=score: [rule_of(side, seed, at)])
        )
    rows.append(
        line(f"both, stream from {SCORE:g}", lambda seed: [GEOMETRY, rule_of(side, seed, SCORE)])
    )
    report.table(
        f"falls of {asked} ({len(falls)}) by networks that learnt {learnt}, "
        f"{minutes:.1f} minutes watched",
        ("told by", "recall", "spread", "false alarms", "spread of them", "a minute"),
        rows,
    )
    ruled, ruled_wrong = (mean(each) for each in figures(lambda _: [GEOMETRY]))
    streamed, wrong = figures(lambda seed: [rule_of(side, seed, SCORE)])
    both, both_wrong = figures(lambda seed: [GEOMETRY, rule_of(side, seed, SCORE)])
    title = f"falls of {asked}, network that learnt {learnt}"
    report.claim(f"{title}: recall of the stream; goal: that of the rule", mean(streamed), ruled)
    report.claim(
        f"{title}: false alarms of the stream a minute; goal: those of the rule",
        mean(wrong) / minutes, ruled_wrong / minutes, better="lower",
    )  # fmt: skip
    report.claim(f"{title}: recall of both above that of the rule", mean(both) - ruled, 0.0)
    report.claim(
        f"{title}: false alarms of both a minute; goal: those of the rule",
        mean(both_wrong) / minutes, ruled_wrong / minutes, better="lower",
    )  # fmt: skip
