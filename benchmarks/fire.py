"""Fire and smoke on real clips: what the rules tell, and what the second look makes of it.

    python -m benchmarks fire [--sheet FOLDER]

Every bundled clip is decoded as the watch does it, the sense sees each picture, and the rules with
their defaults read five scenes a second; there is no detector. One clip burns from its first
picture on, one shows smoke from about 13 s on, the others neither; thresholds were looked at on
these same clips. With `--sheet`, pictures of what was told are left in that folder.
"""

import argparse
import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median

import cv2
import numpy as np

from benchmarks.footage import DATA
from benchmarks.report import Report
from vigil.core import Box, Case, Event, Frame, Image, Rule, Ruling, Scene, Signals, StepKind
from vigil.media.decoding import Decoder
from vigil.media.opening import open_file
from vigil.pipeline.settle import settle
from vigil.stages.rules.fire import Fire
from vigil.stages.rules.smoke import Smoke
from vigil.stages.sense.plumes import PlumeSense
from vigil.stages.verify.second_look import SecondLook

NOON_S = 1_750_000_000.0
SCENES_S = 0.19
FILMS = {".mp4", ".avi", ".mkv", ".gif"}
FIRE, SMOKE = "videos/fire_house6.mp4", "videos/smoke_tower.mp4"
SMOKE_BEGINS_S = 13.0
IN_TIME_S = 5.0
LONG_S = 6.0


@dataclass(frozen=True, kw_only=True)
class FileFootage:
    """A file as the footage of a clip."""

    path: Path
    seconds: float

    @property
    def start_s(self) -> float:
        return NOON_S

    @property
    def end_s(self) -> float:
        return NOON_S + self.seconds

    def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0) -> Iterator[Frame]:
        last_s = float("-inf")
        for frame in decoded(self.path, fast=False):
            if frame.time_s > end_s:
                return
            if frame.time_s >= start_s and frame.time_s - last_s >= every_s - 1e-3:
                last_s = frame.time_s
                yield frame


@dataclass(kw_only=True)
class Played:
    """What became of one clip."""

    name: str
    seconds: float = 0.0
    pictures: int = 0
    sense_s: float = 0.0
    told: list[tuple[float, Event]] = field(default_factory=list)
    """When, in seconds of the clip, and the event as it was at its end."""
    rulings: dict[str, Ruling] = field(default_factory=dict)

    def first(self, rule: str) -> float | None:
        """When the rule first told of something."""
        return min((at for at, event in self.told if event.rule == rule), default=None)

    def stands(self, rule: str) -> bool:
        """Whether the second look left an event of the rule unrejected."""
        return any(
            event.rule == rule and self.rulings[event.id] is not Ruling.REJECTED
            for _, event in self.told
        )

    def confirmed(self, rule: str) -> bool:
        return any(
            event.rule == rule and self.rulings[event.id] is Ruling.CONFIRMED
            for _, event in self.told
        )


def decoded(path: Path, *, fast: bool = True) -> Iterator[Frame]:
    """Every picture of a file; times count from `NOON_S`."""
    decoder: Decoder | None = None
    with open_file(path) as demuxer:
        start_s = demuxer.start_s
        for packet in demuxer.packets(lambda _, pts_s, __: NOON_S + (pts_s or 0.0) - start_s):
            if packet.encoding.kind == "video":
                decoder = decoder or Decoder(packet.encoding, fast=fast)
                yield from decoder.decode(packet)
        if decoder is not None:
            yield from decoder.flush()


def play(path: Path, rules: Sequence[Rule]) -> Played:
    """Sense every picture, let the rules read five scenes a second."""
    sense, found, due_s = PlumeSense(), Played(name=str(path.relative_to(DATA))), 0.0
    events: dict[str, tuple[float, Event]] = {}
    for frame in decoded(path):
        began_s = time.thread_time()
        sense.see(frame, None)
        found.sense_s += time.thread_time() - began_s
        found.pictures += 1
        found.seconds = frame.time_s - NOON_S
        if frame.time_s < due_s:
            continue
        due_s = frame.time_s + SCENES_S
        scene = Scene(
            source="clip", time_s=frame.time_s, width=frame.width, height=frame.height,
            signals=sense.tell(Signals()),
        )  # fmt: skip
        for rule in rules:
            for step in rule.update(scene):
                at_s = frame.time_s - NOON_S if step.kind is StepKind.NEW else None
                events[step.event.id] = (at_s or events[step.event.id][0], step.event)
    for rule in rules:
        for step in rule.close(NOON_S + found.seconds):
            events[step.event.id] = (events[step.event.id][0], step.event)
    found.told = list(events.values())
    return found


async def judge(path: Path, played: Played) -> None:
    """Let the second look rule on each event."""
    look = SecondLook()
    footage = FileFootage(path=path, seconds=played.seconds)
    for _, event in played.told:
        verdict = await look.verify(Case(event=event, clip=None, footage=footage, kind=event.rule))
        played.rulings[event.id] = verdict.ruling
        print(f"    {event.rule} {verdict.ruling} {verdict.likelihood:.2f} {verdict.reason}")
    await look.close()


def picture_of(path: Path, at_s: float, event: Event, words: str) -> Image:
    """The picture in which it was told, with its box."""
    frame = next((f for f in decoded(path) if f.time_s - NOON_S >= at_s), None)
    if frame is None:
        return np.zeros((270, 480, 3), np.uint8)
    picture = cv2.resize(frame.rgb(480), (480, round(480 * frame.height / frame.width)))[:270]
    box, scale = event.box or Box(0, 0, 0, 0), 480 / frame.width
    corners = [round(side * scale) for side in box]
    cv2.rectangle(picture, tuple(corners[:2]), tuple(corners[2:]), (0, 255, 0), 1)
    cv2.putText(picture, words, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 0), 1)
    return np.pad(picture, ((0, 270 - picture.shape[0]), (0, 0), (0, 0)))


def sheet(clips: Sequence[Played], folder: Path) -> None:
    """All that was told, in one picture."""
    tiles = [
        picture_of(DATA / one.name, at, event, f"{one.name[-30:]} {event.rule} {at:.1f} s")
        for one in clips
        for at, event in one.told
    ]
    tiles += [np.zeros((270, 480, 3), np.uint8)] * (-len(tiles) % 3)
    rows = [np.hstack(tiles[start : start + 3]) for start in range(0, len(tiles), 3)]
    if rows:
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / "told.png"), np.vstack(rows)[..., ::-1])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks fire", description=__doc__)
    parser.add_argument("--sheet", type=Path, help="folder for pictures of what was told")
    options = parser.parse_args()
    report = Report("fire")
    settle()
    folders = (DATA / "videos", DATA / "action", DATA / "tracking")
    paths = sorted(
        path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in FILMS
    )
    clips = []
    for path in paths:
        one = play(path, [Fire(), Smoke()])
        clips.append(one)
        if one.told:
            report.say(f"{one.name}: {[(at, e.rule) for at, e in one.told]}")
            asyncio.run(judge(path, one))
    tell(report, clips)
    if options.sheet:
        sheet([one for one in clips if one.told], options.sheet)
    return report.write()


def tell(report: Report, clips: Sequence[Played]) -> None:
    """Write down what was found."""
    by_name = {one.name: one for one in clips}
    burning, smoking = by_name[FIRE], by_name[SMOKE]
    rest = [one for one in clips if one not in (burning, smoking)]
    costs = [1000 * one.sense_s / one.pictures for one in clips]
    for rule, told in (("fire", burning), ("smoke", smoking)):
        wrong = [one for one in rest if one.first(rule) is not None]
        long = [one for one in rest if one.seconds >= LONG_S]
        report.table(
            f"{rule}: clips without it that were told of",
            ("clip", "at s", "after the second look"),
            [
                (
                    one.name,
                    round(one.first(rule) or 0, 1),
                    "stands" if one.stands(rule) else "rejected",
                )
                for one in wrong
            ],
        )
        report.say(f"{rule}: {len(wrong)} of {len(rest)}; {len(long)} of these last {LONG_S} s")
        begins_s = 0.0 if rule == "fire" else SMOKE_BEGINS_S
        at_s = told.first(rule)
        report.claim(
            f"{rule}: seconds from its beginning to the event, {told.name}",
            (at_s if at_s is not None else float("inf")) - begins_s,
            IN_TIME_S if rule == "fire" else 15.0, "s", better="lower",
        )  # fmt: skip
        report.claim(
            f"{rule}: clips of {len(rest)} without fire that are told of, rule alone",
            len(wrong), 3, better="lower",
        )  # fmt: skip
        report.claim(
            f"{rule}: clips of {len(rest)} that stand after the second look",
            sum(one.stands(rule) for one in rest), 0, better="lower",
        )  # fmt: skip
        report.claim(
            f"{rule}: confirmed by the second look, {told.name}", float(told.confirmed(rule)), 1
        )
    report.say(
        f"sense: {min(costs):.2f} to {max(costs):.2f} ms a picture, median {median(costs):.2f}"
    )
    a_second = [1000 * one.sense_s / one.seconds for one in clips if one.seconds > 1]
    report.say(f"sense: {median(a_second):.1f} ms a second of video, median")
    report.claim(
        "plumes: processor time of a picture, mean over the clips", mean(costs), 0.5, "ms",
        better="lower",
    )  # fmt: skip
