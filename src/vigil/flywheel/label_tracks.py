"""What a teacher saw frame by frame, made consistent: one word a thing, no flicker, no holes.

A label of one frame is a guess; the same thing seen in twenty frames is twenty guesses about one
word, and what is between two sure boxes is known without any.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from vigil.core import Box, Detections, Place, TrackPath, as_array, iou

LINK_IOU = 0.2
"""From which overlap on with where it was going a box continues a thing."""
STRAY_IOU = 0.5
"""Neighbours that agree with each other outvote a box that overlaps the way between by less."""
FEWEST = 3
"""Frames in which a thing must be seen; in fewer it is an outlier."""
REMEMBERED = 0.5
"""Weight of the newest step in a thing's speed."""


class Sight(NamedTuple):
    """A thing in one frame."""

    frame: int
    box: Box
    score: float
    word: str
    proposal: int = 0
    """Which of the frame's proposals it is."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """A thing through a video: what it is, how sure that is, and where."""

    word: str
    score: float
    """Mean score of the frames that say so, lowered by the share of those that say otherwise."""
    sights: tuple[Sight, ...]
    removed: int = 0
    """Sights that were outliers."""

    def path(self, track: int, *, frames: int, most_gap: int) -> TrackPath:
        """Keys where it was seen; it is gone in gaps of more than `most_gap` frames.

        `frames`: length of the video.
        """
        places: list[Place] = []
        for sight in self.sights:
            if places and sight.frame - places[-1].frame > most_gap:
                places.append(places[-1]._replace(frame=places[-1].frame + 1, seen=False))
            places.append(Place(sight.frame, sight.box))
        end = places[-1]
        if end.frame + 1 < frames:
            places.append(end._replace(frame=end.frame + 1, seen=False))
        return TrackPath(track=track, places=tuple(places))


def courses_of(looks: Sequence[tuple[int, Detections]], *, most_gap: int) -> list[Course]:
    """Link proposals of frames (numbers rising) to things, whatever word each frame has for it.

    A thing that is missed for more than `most_gap` frames is another one when it comes back.
    """
    open_: list[list[Sight]] = []
    done: list[list[Sight]] = []
    for frame, found in looks:
        ended = [line for line in open_ if frame - line[-1].frame > most_gap]
        done += ended
        open_ = [line for line in open_ if line not in ended]
        open_ += _linked(open_, frame, found)
    courses = [_course(line) for line in done + open_]
    return sorted((one for one in courses if one), key=lambda one: one.sights[0].frame)


def trimmed(course: Course, *, accept: float, reject: float) -> Course | None:
    """The stretch in which it is not merely guessed; None without `FEWEST` sure sights.

    Sure sights (from `accept` on) vouch for unsure ones (from `reject` on) of the same thing, also
    before the first and after the last of them; what is below is no place to begin or to end.
    """
    if sum(sight.score >= accept for sight in course.sights) < FEWEST:
        return None
    seen = [at for at, sight in enumerate(course.sights) if sight.score >= reject]
    return replace(course, sights=course.sights[seen[0] : seen[-1] + 1])


def _linked(open_: list[list[Sight]], frame: int, found: Detections) -> list[list[Sight]]:
    """Continue the open lines in place; returns lines that begin in this frame."""
    sights = [
        Sight(frame, Box(*map(float, box)), float(score), word, index)
        for index, (box, score, word) in enumerate(
            zip(found.boxes, found.scores, found.labels, strict=True)
        )
    ]
    if not open_ or not sights:
        return [[sight] for sight in sights]
    there = as_array([_expected(line, frame) for line in open_])
    near = iou(there, found.boxes)
    # A sure box and one of the same word go first where several are near.
    words = np.array([line[-1].word for line in open_], object)
    same = words[:, None] == np.array(found.labels, object)[None, :]
    gain = near + 0.1 * same + 0.1 * found.scores[None, :]
    rows, columns = linear_sum_assignment(-np.where(near >= LINK_IOU, gain, 0.0))
    taken = set()
    for row, column in zip(rows, columns, strict=True):
        if near[row, column] >= LINK_IOU:
            open_[row].append(sights[column])
            taken.add(int(column))
    return [[sight] for sight in sights if sight.proposal not in taken]


def _expected(line: Sequence[Sight], frame: int) -> Box:
    """Where it will be if it goes on as it went."""
    last = np.array(line[-1].box)
    if len(line) == 1:
        return line[-1].box
    speed = np.zeros(4)
    for before, after in pairwise(line[-4:]):
        step = (np.array(after.box) - np.array(before.box)) / (after.frame - before.frame)
        speed += REMEMBERED * (step - speed) if speed.any() else step
    moved = speed * (frame - line[-1].frame)
    # Its middle moves on; its size stays, for a size that grows soon swallows its neighbours.
    shift = np.tile((moved[:2] + moved[2:]) / 2, 2)
    return Box(*(last + shift))


def _course(line: Sequence[Sight]) -> Course | None:
    kept = _without_strays(line)
    if len(kept) < FEWEST:
        return None
    votes: defaultdict[str, float] = defaultdict(float)
    for sight in kept:
        votes[sight.word] += sight.score
    word = max(votes, key=lambda each: votes[each])
    mean = float(np.mean([sight.score for sight in kept if sight.word == word]))
    return Course(
        word=word,
        score=mean * votes[word] / max(sum(votes.values()), 1e-9),
        sights=tuple(kept),
        removed=len(line) - len(kept),
    )


def _without_strays(line: Sequence[Sight]) -> list[Sight]:
    """Sights that do not lie on the way between neighbours that agree are left out."""
    kept = list(line[:1])
    for sight, after in pairwise(line[1:]):
        before = kept[-1]
        share = (sight.frame - before.frame) / (after.frame - before.frame)
        way = np.array(before.box) + share * (np.array(after.box) - np.array(before.box))
        boxes = as_array([before.box, after.box, Box(*map(float, way)), sight.box])
        overlaps = iou(boxes, boxes)
        if overlaps[0, 1] < STRAY_IOU or overlaps[2, 3] >= STRAY_IOU:
            kept.append(sight)
    return kept + list(line[1:][-1:])
