"""What a thing did before it counts: that it moved, and where it came from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from vigil.core import Box, Scene, Track
from vigil.stages.rules.geometry import Area, Zone, distance, stand
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.trails import Trail, Trails

REMEMBERED_S = 5.0
"""A track lost for longer, even when something comes up in its place, is somebody else."""


@dataclass(slots=True, kw_only=True)
class _Past(Trail):
    origin: tuple[float, float] | None = None
    """Foot point, pixels, where it was first seen."""
    moved: bool = False
    was_there_lived_s: float = -inf
    """When it last stood in the zone of before."""
    came_by: bool = False
    """Whether it has stood there and left within the time allowed."""


class Before:
    """Remembers of each track whether it moved, and when it was last in the zone of before."""

    def __init__(self, *, moved: float, after: Zone | None, after_s: float) -> None:
        self._moved = moved
        self._area = None if after is None else Area(after)
        self._after_s = after_s
        self._pasts = Trails(_Past, grace_s=REMEMBERED_S)
        self._fitting: set[int] = set()
        self.asks = moved > 0 or after is not None
        """Whether anything is asked of the past."""

    def note(
        self, moment: Moment, tracks: Sequence[Track], inside: Callable[[Box, Scene], bool]
    ) -> None:
        """Take in where everything is; `inside`: whether a box stands where it is awaited."""
        for past, track in self._pasts.follow(moment, tracks):
            foot = track.box.foot
            past.origin = past.origin or foot
            size = max(track.box.area**0.5, 1.0)
            past.moved = past.moved or distance(foot, past.origin) >= self._moved * size
            if self._area is None:
                continue
            if self._area.holds(stand(track.box, moment.scene)):
                past.was_there_lived_s, past.came_by = moment.lived_s, True
            elif not inside(track.box, moment.scene):
                # Who has arrived goes on to fit, however long they stay.
                past.came_by = not moment.passed(past.was_there_lived_s, self._after_s)
        self._pasts.lost(moment)
        self._fitting = {past.ids[-1] for past in self._pasts if self._fits(past)}

    def fits(self, track_id: int) -> bool:
        """Whether a track did all that is asked."""
        return not self.asks or track_id in self._fitting

    def _fits(self, past: _Past) -> bool:
        moved = past.moved or self._moved <= 0
        return moved and (self._area is None or past.came_by)
