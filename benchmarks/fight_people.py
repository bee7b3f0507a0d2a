"""What the watch's own eyes make of a clip: how people move, how near they come, and where.

Detector, tracker and the sense of energies are those of the rule `fight`; every clip is pulled to
one size first, that of the smallest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from benchmarks.fight_clips import PICTURES, RATE, SIDE, FightClip
from vigil.core import Image, Look, Rung, Signals, Track, iou
from vigil.media.films import frames_at
from vigil.media.pixels import frame_of_array
from vigil.stages.detect.model import ModelDetector
from vigil.stages.sense.energy import EnergySense
from vigil.stages.track.two_stage import TwoStageTracker

WIDTH, HEIGHT = 320, 240
EVERY = 2
"""The energy is told every so many pictures: five times a second, as in the watch."""
FAR = 5.0
"""Heights of a person between two that count as any distance."""
LARGER = 1.2
"""Times the longer side of what holds two people: arms reach out of boxes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """What comes of one clip."""

    row: Float32[np.ndarray, " d"]
    """How many there are, how near, how fast, how violently; the mean, the most, and the spread."""
    near: UInt8[np.ndarray, "t side side 3"]
    """The square in which two are nearest, the same in all pictures; with one person that one,
    with none everything."""


def people(clip: FightClip, detector: ModelDetector) -> Seen:
    """Detect and track them, and cut out where they meet."""
    pictures: list[Image] = []
    scenes: list[tuple[Track, ...]] = []
    tracker, sense, believed = TwoStageTracker(), EnergySense(), None
    rows, violent = [], [0.0, 0.0]
    wanted = clip.start_s + np.arange(PICTURES) / RATE
    for number, (_, whole) in enumerate(frames_at(clip.path, wanted)):
        shown = cv2.resize(whole.rgb(whole.width), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        frame = frame_of_array(shown, source="clip", index=number, time_s=1 + number / RATE)
        look = Look.whole(frame, Rung.FULL)
        scene = tracker.update(look, detector.detect([look])[0])
        if number % EVERY == 0:
            sense.see(frame, believed)
            believed = scene
            energies = sorted(sense.tell(Signals()).energy.values())[-2:]
            violent = [sum(energies) / 2, max(energies, default=0.0)]
        rows.append([*violent, *_nearness(scene.tracks), *_speeds(scene.tracks)])
        pictures.append(shown)
        scenes.append(scene.tracks)
    table = np.log1p(np.array(rows))
    row = np.concatenate([table.mean(0), table.max(0), table.std(0)]).astype(np.float32)
    return Seen(row=row, near=np.stack(list(_cut(pictures, scenes))))


def _cut(pictures: Sequence[Image], scenes: Sequence[tuple[Track, ...]]) -> Iterator[Image]:
    """The same square of all: a camera that followed would hide how they move."""
    found = [each for tracks in scenes if (each := _meeting(tracks)) is not None]
    whole = (0.0, 0.0, float(WIDTH), float(HEIGHT))
    x1, y1, x2, y2 = np.median(found, axis=0) if found else whole
    side = min(LARGER * max(x2 - x1, y2 - y1), float(HEIGHT))
    left, top = (
        round(min(max((low + high - side) / 2, 0.0), most - side))
        for low, high, most in ((x1, x2, WIDTH), (y1, y2, HEIGHT))
    )
    for picture in pictures:
        piece = picture[top : top + round(side), left : left + round(side)]
        yield np.asarray(cv2.resize(piece, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _meeting(tracks: Sequence[Track]) -> tuple[float, float, float, float] | None:
    """What holds the nearest two, or the only one; None: nobody is there."""
    boxes = [track.box for track in tracks]
    if not boxes:
        return None
    pairs = list(combinations(boxes, 2)) or [(boxes[0], boxes[0])]
    one, two = min(pairs, key=lambda pair: _gap(*(np.array(tuple(box)) for box in pair)))
    return min(one.x1, two.x1), min(one.y1, two.y1), max(one.x2, two.x2), max(one.y2, two.y2)


def _gap(one: np.ndarray, two: np.ndarray) -> float:
    """Between their middles, in heights of the taller."""
    apart = float(np.hypot(*((one[:2] + one[2:] - two[:2] - two[2:]) / 2)))
    return apart / max(one[3] - one[1], two[3] - two[1], 1.0)


def _nearness(tracks: tuple[Track, ...]) -> tuple[float, float, float]:
    """How many people, how far the nearest two are apart (in heights), and how they overlap."""
    boxes = np.array([track.box for track in tracks], np.float32).reshape(-1, 4)
    apart, over = FAR, 0.0
    for one, two in combinations(boxes, 2):
        apart = min(apart, _gap(one, two))
        over = max(over, float(iou(one[None], two[None])[0, 0]))
    return float(len(boxes)), apart, over


def _speeds(tracks: tuple[Track, ...]) -> tuple[float, float]:
    """Of the fastest, and of all in the mean: heights a second."""
    found = [float(np.hypot(*each.velocity)) / max(each.box.height, 1.0) for each in tracks]
    return max(found, default=0.0), sum(found) / max(len(found), 1)
