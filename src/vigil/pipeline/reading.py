"""Which crop of which track a reader is to see next, and what the crops of a track say together.

At most one crop a look: a picture full of people costs no more than one person, it only takes
longer until all are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from vigil.core import Box, Crop, Frame, Image, Reader, Reading, Scene, Track
from vigil.core.boxes import areas, as_array, intersections

VOTES = 3
"""Crops of a track that vote on what does not change."""
TRIES = 8
"""Crops that did not tell, after which a track is given up."""
BETTER = 1.15
"""A crop votes when it is so much better than the last one, or …"""
ANOTHER_S = 0.7
"""… so much later and nearly as good: the next picture shows the same once more."""
NEARLY = 0.8
GOOD = 0.35
"""A track is waited for until it shows so well …"""
PATIENCE_S = 2.0
"""… but no longer than this; it may never show better."""
LEAST = 0.08
"""Nothing is to be made of less."""
CUT = 0.3
"""Worth of a thing that the edge of the picture cuts."""
LARGE_PX = 96.0
"""Height from which more pixels tell no more."""
LEAST_PX = 8.0
RESHAPED = 0.1
"""Change of a box's shape or height after which what may change is read again."""
RESTING_S, RESTING_MOST_S = 2.0, 30.0
"""Without such a change it is read again after so long, then after twice as long, and so on."""
FORGOTTEN_S = 10.0
"""What was not believed for so long has gone."""
SHARP = 60.0
"""Variance of the Laplacian of a crop that is sharp enough for anything."""


@dataclass(slots=True, kw_only=True)
class ReadingCounts:
    """Where tracks that a reader wants went: `wanted == read + gone + waiting`, always."""

    crops: int = 0
    """Crops given to readers."""
    told: int = 0
    """Of these, crops that told something."""
    wanted: int = 0
    """Tracks that a reader wanted, once for each reader."""
    read: int = 0
    """Of these, given to it at least once."""
    gone: int = 0
    """Gone before they were."""
    waiting: int = 0


@dataclass(slots=True, kw_only=True)
class _Note:
    """What one reader knows of one track."""

    reader: Reader
    votes: dict[str, float] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    told: int = 0
    tried: int = 0
    best: float = 0.0
    """Quality of the best crop until now."""
    last_s: float = float("-inf")
    shape: tuple[float, float] = (0.0, 0.0)
    """Width over height, and height, when last read."""
    rest_s: float = RESTING_S
    reading: Reading | None = None


@dataclass(slots=True, kw_only=True)
class _Known:
    """All notes on one track."""

    notes: tuple[_Note, ...]
    seen_s: float
    readings: tuple[Reading, ...] = ()


class ReadingDesk:
    """Reads the tracks of one camera, the most urgent first."""

    def __init__(self, readers: Sequence[Reader]) -> None:
        self.counts = ReadingCounts()
        self._readers = tuple(readers)
        self._known: dict[int, _Known] = {}

    def read(self, frame: Frame | None, scene: Scene) -> Scene:
        """The scene with what is known of its tracks, after one more crop at most.

        None: there are no pixels at this moment.
        """
        for track in scene.tracks:
            self._meet(track, scene.time_s)
        self._forget(scene.time_s)
        if frame is not None:
            chosen = self._most_urgent(scene)
            if chosen is not None:
                self._ask(frame, *chosen)
        return self._with_readings(scene)

    def close(self) -> None:
        """The stream has ended: nobody waits any more."""
        self._forget(float("inf"))

    def _meet(self, track: Track, time_s: float) -> None:
        known = self._known.get(track.id)
        if known is None:
            notes = tuple(
                _Note(reader=reader)
                for reader in self._readers
                if not reader.wants or track.label in reader.wants
            )
            self._known[track.id] = _Known(notes=notes, seen_s=time_s)
            self.counts.wanted += len(notes)
            self.counts.waiting += len(notes)
        else:
            known.seen_s = time_s

    def _forget(self, time_s: float) -> None:
        gone = [id_ for id_, known in self._known.items() if time_s - known.seen_s > FORGOTTEN_S]
        for id_ in gone:
            unread = sum(not note.tried for note in self._known.pop(id_).notes)
            self.counts.gone += unread
            self.counts.waiting -= unread

    def _most_urgent(self, scene: Scene) -> tuple[_Known, _Note, Track, float] | None:
        best: tuple[float, _Known, _Note, Track, float] | None = None
        worths: dict[int, float] | None = None
        for track in scene.tracks:
            if track.last_seen_s < scene.time_s:
                continue  # its box is a guess
            known = self._known[track.id]
            for note in known.notes:
                if not _may_be_due(note, scene.time_s):
                    continue
                worths = _worths(scene) if worths is None else worths
                worth = worths[track.id]
                urgency = _urgency(note, track, worth, scene.time_s)
                if urgency > 0 and (best is None or urgency > best[0]):
                    best = (urgency, known, note, track, worth)
        return None if best is None else best[1:]

    def _ask(self, frame: Frame, known: _Known, note: _Note, track: Track, worth: float) -> None:
        image = _cut_out(frame, track.box, note.reader)
        first = not note.tried
        note.tried += 1
        note.last_s = frame.time_s
        note.shape = _shape(track.box)
        note.best = max(note.best, worth)
        self.counts.waiting -= first
        self.counts.read += first
        if image is None:
            return
        self.counts.crops += 1
        (reading,) = note.reader.read([Crop(image, track.label)])
        if reading is None:
            return
        self.counts.told += 1
        note.told += 1
        _enter(note, reading, worth * _sharpness(image))
        known.readings = tuple(each.reading for each in known.notes if each.reading is not None)

    def _with_readings(self, scene: Scene) -> Scene:
        known = self._known
        if not any(known[track.id].readings for track in scene.tracks):
            return scene
        tracks = tuple(
            track._replace(readings=readings) if (readings := known[track.id].readings) else track
            for track in scene.tracks
        )
        return replace(scene, tracks=tracks)


def _may_be_due(note: _Note, time_s: float) -> bool:
    """What can be said without looking at the boxes, which costs more."""
    again_s = note.reader.again_s
    if again_s is not None:
        return time_s - note.last_s >= again_s
    return note.told < VOTES and note.tried < TRIES


def _urgency(note: _Note, track: Track, worth: float, time_s: float) -> float:
    """0: not now. Who was never read comes first, the longest known first among them."""
    if worth < LEAST:
        return 0.0
    if not note.tried:
        age_s = time_s - track.first_seen_s
        return 2.0 + age_s if worth >= GOOD or age_s >= PATIENCE_S else 0.0
    if note.reader.again_s is not None:
        changed = _changed(note.shape, _shape(track.box))
        rested = time_s - note.last_s >= note.rest_s
        return 1.0 + worth if changed else float(rested) * worth
    better = worth >= BETTER * note.best
    later = time_s - note.last_s >= ANOTHER_S and worth >= NEARLY * note.best
    return worth if better or later else 0.0


def _enter(note: _Note, reading: Reading, weight: float) -> None:
    """Count a vote; of what may change, the last word holds."""
    if note.reader.again_s is not None:
        same = note.reading is not None and note.reading.word == reading.word
        note.rest_s = min(2 * note.rest_s, RESTING_MOST_S) if same else RESTING_S
        note.reading = reading
        return
    votes, scores, word = note.votes, note.scores, reading.word
    votes[word] = votes.get(word, 0.0) + weight * reading.score
    scores[word] = max(scores.get(word, 0.0), reading.score)
    best = max(votes, key=lambda each: votes[each])
    agreed = votes[best] / max(sum(votes.values()), 1e-9)
    note.reading = Reading(reading.kind, best, round(agreed * scores[best], 3))


def _worths(scene: Scene) -> dict[int, float]:
    """How well each track shows now, 0 to 1: large, whole, and behind nobody."""
    tracks = scene.tracks
    boxes = as_array([track.box for track in tracks])
    feet = boxes[:, 3]
    shared = intersections(boxes, boxes) * (feet[None, :] > feet[:, None])
    hidden = shared.max(axis=1, initial=0.0) / np.maximum(areas(boxes), 1e-6)
    margin_x, margin_y = 0.005 * scene.width, 0.005 * scene.height
    edge = (
        (boxes[:, 0] <= margin_x)
        | (boxes[:, 1] <= margin_y)
        | (boxes[:, 2] >= scene.width - margin_x)
        | (boxes[:, 3] >= scene.height - margin_y)
    )
    size = np.clip((boxes[:, 3] - boxes[:, 1]) / LARGE_PX, 0.0, 1.0)
    worth = size * np.where(edge, CUT, 1.0) * np.clip(1.0 - hidden, 0.0, 1.0)
    return {track.id: float(each) for track, each in zip(tracks, worth, strict=True)}


def _shape(box: Box) -> tuple[float, float]:
    return box.width / max(box.height, 1e-6), box.height


def _changed(before: tuple[float, float], now: tuple[float, float]) -> bool:
    return any(abs(b - a) > RESHAPED * max(a, 1e-6) for a, b in zip(before, now, strict=True))


def _cut_out(frame: Frame, box: Box, reader: Reader) -> Image | None:
    """The reader's part of a box, full size up to what it can use; None where nothing is left."""
    area = reader.area
    cut = Box(
        box.x1 + area.x1 * box.width,
        box.y1 + area.y1 * box.height,
        box.x1 + area.x2 * box.width,
        box.y1 + area.y2 * box.height,
    ).clipped(frame.width, frame.height)
    cut = Box(*map(float, map(round, cut)))
    if cut.width < LEAST_PX or cut.height < LEAST_PX:
        return None
    return frame.rgb(min(reader.width, round(cut.width)), region=cut)


def _sharpness(image: Image) -> float:
    """0.2 for what is all blur, to 1."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    detail = float(cv2.Laplacian(grey, cv2.CV_32F).var())
    return 0.2 + 0.8 * min(1.0, detail / SHARP)
