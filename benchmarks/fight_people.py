"""What the watch's own eyes make of a clip: how people move, and how near they come to each other.

Detector, tracker and the sense of energies are those of the rule `fight`; every clip is pulled to
one size first, that of the smallest.
"""

from itertools import combinations

import cv2
import numpy as np
from jaxtyping import Float32

from benchmarks.fight_clips import PICTURES, RATE, FightClip
from vigil.core import Look, Rung, Signals, Track, iou
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


def people(clip: FightClip, detector: ModelDetector) -> Float32[np.ndarray, " d"]:
    """How many there are, how near, how fast, how violently; the mean, the most, and the spread."""
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
    table = np.log1p(np.array(rows))
    return np.concatenate([table.mean(0), table.max(0), table.std(0)]).astype(np.float32)


def _nearness(tracks: tuple[Track, ...]) -> tuple[float, float, float]:
    """How many people, how far the nearest two are apart (in heights), and how they overlap."""
    boxes = np.array([track.box for track in tracks], np.float32).reshape(-1, 4)
    apart, over = FAR, 0.0
    for one, two in combinations(boxes, 2):
        gap = float(np.hypot(*((one[:2] + one[2:] - two[:2] - two[2:]) / 2)))
        apart = min(apart, gap / max(one[3] - one[1], two[3] - two[1], 1.0))
        over = max(over, float(iou(one[None], two[None])[0, 0]))
    return float(len(boxes)), apart, over


def _speeds(tracks: tuple[Track, ...]) -> tuple[float, float]:
    """Of the fastest, and of all in the mean: heights a second."""
    found = [float(np.hypot(*each.velocity)) / max(each.box.height, 1.0) for each in tracks]
    return max(found, default=0.0), sum(found) / max(len(found), 1)
