"""What is looked at of a clip: small pictures often, large ones now and then."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from vigil.core import Case, Image
from vigil.stages.verify.pool import Stop

SMALL_PX = 320
"""Width at which pictures are compared."""
EVERY_S = 0.2
BEFORE_S = 5.0
"""So much before the event shows what the place looks like without it."""
CLEAR_S = 0.4
"""Just before the event begins, whatever made it is often in the picture already."""
AT_REST_S = 2.6
"""What is said to rest lay there already, for up to so long before the event begins."""
WELL_BEFORE_S = 1.5
"""What stands where it stood so long before the event has not come with it."""
MOMENT_S = 0.5
"""A shorter event, such as a crossing, is looked at for some time before."""
AROUND_S = 1.5
ENOUGH_S = 3.0
"""So much is looked at where the clip shows it, though the event was told of after less."""
LONGEST_S = 12.0
"""Of an event; a longer one is judged by its beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The stretches of a clip, UTC seconds."""

    from_s: float
    """First picture read."""
    start_s: float
    """First picture that belongs to the event."""
    end_s: float
    """Last one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shot:
    """One moment, small."""

    time_s: float
    picture: Image
    """Slightly blurred, `SMALL_PX` wide."""


@dataclass(slots=True, kw_only=True, eq=False)
class Reel:
    """Pictures of one clip in order."""

    span: Span
    clear_s: float = CLEAR_S
    """Pictures so shortly before the event do not show the place without it."""
    scale: float = 1.0
    """Source pixels for each small pixel."""
    shots: list[Shot] = field(default_factory=list)
    stills: list[tuple[float, Image]] = field(default_factory=list)
    """Large pictures of the event, with their times."""
    coming: list[Image] = field(default_factory=list)
    """Large pictures from just before the event, when what rests now came."""
    earlier: Image | None = None
    """A large picture from well before the event, where the clip reaches back so far."""
    source_width: int = 0

    @property
    def clear_until_s(self) -> float:
        """Pictures from here on may show what made the event."""
        return self.span.start_s - self.clear_s

    @property
    def before(self) -> list[Shot]:
        """Those from before the event, without what made it."""
        return [shot for shot in self.shots if shot.time_s < self.clear_until_s]

    @property
    def during(self) -> list[Shot]:
        """Those of the event."""
        return [shot for shot in self.shots if shot.time_s >= self.span.start_s]


def span_of(case: Case) -> Span:
    """Which part of the clip tells most; raises `SourceError` for an unreadable clip."""
    event, footage = case.event, case.footage
    moments = [event.start_s, event.end_s, *(time_s for time_s, _ in event.path)]
    start_s, end_s = min(moments), max(moments)
    enough_s = start_s + ENOUGH_S
    if end_s - start_s < MOMENT_S:
        start_s -= AROUND_S
    end_s = max(end_s, enough_s)
    last_s = footage.end_s
    start_s = min(max(start_s, footage.start_s), last_s)
    return Span(
        from_s=max(footage.start_s, start_s - BEFORE_S),
        start_s=start_s,
        end_s=min(end_s, last_s, start_s + LONGEST_S),
    )


def read(
    case: Case,
    stop: Stop,
    *,
    still_px: int = 0,
    still_every_s: float = 0.5,
    clear_s: float = CLEAR_S,
    coming: bool = False,
) -> Reel:
    """Decode once. With `still_px`, also pictures so wide, never enlarged, of the event itself.

    `coming`: and of the `clear_s` before it. Raises `SourceError` when the clip cannot be read,
    `Abandoned` when nobody waits any more.
    """
    reel = Reel(span=span_of(case), clear_s=clear_s)
    due_s = reel.clear_until_s if coming else reel.span.start_s
    for frame in stop.frames(case.footage, reel.span.from_s, reel.span.end_s, every_s=EVERY_S):
        small = frame.rgb(SMALL_PX)
        reel.scale, reel.source_width = frame.width / SMALL_PX, frame.width
        blurred = np.asarray(cv2.blur(small, (3, 3)), np.uint8)
        reel.shots.append(Shot(time_s=frame.time_s, picture=blurred))
        if not still_px:
            continue
        if reel.earlier is None and frame.time_s < reel.span.start_s - WELL_BEFORE_S:
            reel.earlier = frame.rgb(min(still_px, frame.width))
        if frame.time_s >= due_s:
            due_s = frame.time_s + still_every_s - EVERY_S / 2
            still = frame.rgb(min(still_px, frame.width))
            if frame.time_s >= reel.span.start_s:
                reel.stills.append((frame.time_s, still))
            else:
                reel.coming.append(still)
    return reel
