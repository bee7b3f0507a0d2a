"""From a stored event to what judges see of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from vigil.config.app import App, CameraConfig
from vigil.config.home import open_home
from vigil.config.parts import parts_of
from vigil.core import (
    Box,
    Case,
    Clip,
    Corners,
    Event,
    Footage,
    Frame,
    Rule,
    SourceLost,
    StoreError,
    Subject,
)
from vigil.media.footage import ClipFootage
from vigil.pipeline.stills import SIGNAL, AsksHead
from vigil.store import EventStore, StoredEvent

AREAS = ("zone",)
WAYS = ("line", "lane", "over")
SEVERAL_WAYS = ("lines",)
"""What rules call the places that they speak of."""


class NoFootage(StoreError):
    """There is nothing that may be shown to judges."""


class Cases:
    """Adds to an event its footage, masked as its camera is, and what its rule speaks of."""

    def __init__(self, store: EventStore, app: App) -> None:
        self.app = app
        """May be replaced when the file changes."""
        self._store = store

    def case(self, stored: StoredEvent) -> Case:
        """Raises NoFootage for an event of a camera that is not there any more.

        What its masks hid must stay hidden, and nobody knows them now.
        """
        event, clip = stored.event, stored.clip
        camera = self.app.cameras.get(event.source)
        if camera is None:
            raise NoFootage(f"no camera {event.source!r} any more, whose masks would be needed")
        rule = _rule_of(camera, event.rule)
        return Case(
            event=event if clip is None else in_clip(event, clip),
            clip=clip,
            footage=NoPictures(event.start_s) if clip is None else self._footage(clip, camera),
            zones=_zones_of(rule),
            labels=frozenset() if rule is None else rule.wants,
            kind="" if rule is None else _kind_of(rule),
            subject=None if rule is None else self._subject_of(rule, event),
        )

    def _subject_of(self, rule: Rule, event: Event) -> Subject | None:
        """What the algorithm behind a rule means by its claim, as the file says it now."""
        if SIGNAL not in rule.signals or not isinstance(rule, AsksHead):
            return None
        said = self.app.algorithms.get(rule.algorithm)
        return Subject(
            algorithm=rule.algorithm,
            version=rule.version,
            home=open_home(self.app.home).path,
            claim=(event.claim, event.claim_zh),
            questions=tuple((one.both, one.expects) for one in said.questions) if said else (),
            prompts=tuple(one.both for one in said.prompts) if said else (),
            negative_prompts=tuple(one.both for one in said.negative_prompts) if said else (),
        )

    def _footage(self, clip: Clip, camera: CameraConfig) -> Footage:
        return ClipFootage(self._store.clip_path(clip.uri), clip.start_s, masks=camera.masks)


@dataclass(frozen=True)
class NoPictures:
    """The footage of an event without a clip."""

    start_s: float

    @property
    def end_s(self) -> float:
        raise SourceLost("the event has no clip")

    def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0) -> Iterator[Frame]:
        """Raises SourceLost."""
        raise SourceLost("the event has no clip")


def in_clip(event: Event, clip: Clip) -> Event:
    """The event with its boxes in the clip's pixels, which may be those of a finer stream."""
    if clip.scale == 1.0:
        return event
    box = None if event.box is None else _larger(event.box, clip.scale)
    path = tuple((time_s, _larger(at, clip.scale)) for time_s, at in event.path)
    return replace(event, box=box, path=path)


def _larger(box: Box, factor: float) -> Box:
    return Box(*(side * factor for side in box))


def _rule_of(camera: CameraConfig, name: str) -> Rule | None:
    return next((rule for rule in camera.all_rules if rule.name == name), None)


def _zones_of(rule: Rule | None) -> tuple[Corners, ...]:
    """Areas and lines that a rule has; none when it watches the whole picture.

    Three corners or more are an area, so that a way of several points comes as its stretches.
    """
    areas = [corners for word in AREAS if (corners := getattr(rule, word, None))]
    ways = [points for word in WAYS if (points := getattr(rule, word, None))]
    ways += [points for word in SEVERAL_WAYS for points in getattr(rule, word, None) or ()]
    stretches = [pair for points in ways for pair in pairwise(points)]
    return tuple(tuple((x, y) for x, y in corners) for corners in (*areas, *stretches))


def _kind_of(rule: Rule) -> str:
    """The word that stands for such a rule in the file; empty for one made in Python."""
    made_of = f"{type(rule).__module__}:{type(rule).__qualname__}"
    found = (kind for kind, point in parts_of("vigil.rules").items() if point.value == made_of)
    return next(found, "")
