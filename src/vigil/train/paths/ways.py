"""The ways of tracks in recorded scenes, at even steps of time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from vigil.core.scene_record import Chunk

RATE_HZ = 5.0
"""Faster than people turn, slower than boxes tremble."""
LONGEST_GAP_S = 2.0
"""Over a longer one nobody knows how a thing went: a new way begins."""

Points = Float64[np.ndarray, "n 2"]
"""x right and y down, source pixels."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Way:
    """How one thing went."""

    source: str
    track: int
    label: str
    start_s: float
    """UTC seconds of its first point."""
    rate_hz: float
    feet: Points
    """The middle of the lower edge of its box, at `rate_hz`."""
    height: float
    """Of its box, median, source pixels: the measure of what is far."""
    size: tuple[int, int]
    """Of the picture, width and height."""

    @property
    def seconds(self) -> float:
        """From its first point to its last."""
        return (len(self.feet) - 1) / self.rate_hz

    def time_s(self, point: int) -> float:
        """UTC seconds of a point."""
        return self.start_s + point / self.rate_hz


@dataclass(frozen=True, slots=True)
class _Seen:
    time_s: float
    x: float
    y: float
    height: float


def ways_of(
    chunks: Iterable[Chunk], *, source: str | None = None, label: str | None = None,
    rate_hz: float = RATE_HZ,
) -> list[Way]:  # fmt: skip
    """Of each track, in the order in which they begin; a long gap parts a way in two."""
    seen: dict[tuple[str, str, int], list[_Seen]] = defaultdict(list)
    known: dict[tuple[str, str, int], tuple[str, tuple[int, int]]] = {}
    for chunk in chunks:
        if source is not None and chunk.source != source:
            continue
        for scene in chunk.scenes:
            for track in scene.tracks:
                if label is not None and track.label != label:
                    continue
                key = (chunk.source, chunk.session, track.id)
                x1, _, x2, y2 = track.box
                seen[key].append(_Seen(scene.time_s, (x1 + x2) / 2, y2, track.box.height))
                known[key] = (track.label, (scene.width, scene.height))
    ways = [
        _way(stretch, key[0], key[2], *known[key], rate_hz)
        for key, points in seen.items()
        for stretch in _stretches(points)
    ]
    return sorted(ways, key=lambda way: way.start_s)


def _stretches(points: Sequence[_Seen]) -> list[list[_Seen]]:
    found: list[list[_Seen]] = []
    for point in points:
        if found and point.time_s <= found[-1][-1].time_s:
            continue  # a scene without a new picture repeats the moment
        if not found or point.time_s - found[-1][-1].time_s > LONGEST_GAP_S:
            found.append([])
        found[-1].append(point)
    return found


def _way(
    points: Sequence[_Seen], source: str, track: int, label: str, size: tuple[int, int],
    rate_hz: float,
) -> Way:  # fmt: skip
    times = np.array([point.time_s for point in points])
    # A little more than the last step, so that rounding does not lose it.
    even = np.arange(times[0], times[-1] + 0.01 / rate_hz, 1 / rate_hz)
    x, y = (np.interp(even, times, [getattr(each, axis) for each in points]) for axis in "xy")
    return Way(
        source=source,
        track=track,
        label=label,
        start_s=float(times[0]),
        rate_hz=rate_hz,
        feet=np.stack([x, y], 1),
        height=float(np.median([point.height for point in points])),
        size=size,
    )
