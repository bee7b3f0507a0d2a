"""Whose an event's box is, by the exact truth of a rendered film."""

from functools import cache

from benchmarks.footage import YOLOX
from benchmarks.parades import Setting, truths_of, yolox
from vigil.core import Box, Event, Look, Rung
from vigil.media.pixels import frame_of_array
from vigil.sim.acts import PLACES
from vigil.sim.render import Renderer
from vigil.sim.truth import Truth
from vigil.sim.world import World

BODIES = {
    "person": {"person"},
    "vehicle": {"car", "truck"},
    "thing": {"suitcase", "backpack", "handbag"},
}
MEANT = {
    "presence": BODIES["person"] | BODIES["vehicle"],
    "line_crossing": BODIES["person"] | BODIES["vehicle"],
    "loitering": BODIES["person"],
    "stopped_vehicle": BODIES["vehicle"],
    "abandoned_object": BODIES["thing"],
}
"""Of whom a rule tells the truth."""
SURE, UNSURE = 0.6, 0.2
"""Share of its path on which an event must be about an actor to be true, or may be to be false."""


def is_beside(setting: Setting, event: Event) -> bool:
    """Whether it is about something else than the visitor that its box touches, say a parked car.

    What was left has but a small box of its own.
    """
    kind = event.rule
    if kind == "abandoned_object":
        return False
    return is_furniture(event, setting) or share_about(event, setting, MEANT[kind]) < UNSURE


def is_meant(setting: Setting, event: Event) -> bool:
    """Whether it is about something of the kind that its rule tells of, whatever that does."""
    return is_furniture(event, setting) or share_about(event, setting, MEANT[event.rule]) >= UNSURE


def is_furniture(event: Event, setting: Setting) -> bool:
    """Whether it is about something that stands there all the time, such as a parked car."""
    standing = _furniture(setting.place, setting.night)
    return bool(event.path) and all(
        any(_overlap(box, one) >= 0.5 for one in standing) for _, box in event.path
    )


@cache
def _furniture(place: str, night: bool) -> tuple[Box, ...]:
    if not YOLOX.exists():
        return ()
    where = PLACES[place]
    view = Renderer(world=World(site=where.site(night), seconds=1.0), camera=where.camera)
    (found,) = yolox().detect([Look.whole(frame_of_array(view.picture(0.0)[0]), Rung.DETECT)])
    return tuple(Box(*row) for row in found.boxes.tolist())


def goes_with_a_visitor(event: Event, setting: Setting) -> bool:
    """Whether it is neither true nor false: the shadow, the lights or the bag of a true visitor.

    Not so when it is about the visitor himself, taken for something else.
    """
    if event.rule != "abandoned_object" and (
        share_about(event, setting, BODIES["thing"]) >= UNSURE
    ):
        return True
    anybody = BODIES["person"] | BODIES["vehicle"]
    if share_about(event, setting, anybody) >= SURE:
        return False
    there = [bool(anybody & set(_truth_at(setting, time_s).labels)) for time_s, _ in event.path]
    return sum(there) >= 0.5 * max(1, len(there))


def _truth_at(setting: Setting, time_s: float) -> Truth:
    truths = truths_of(setting)
    return truths[min(round(time_s * setting.rate), len(truths) - 1)]


def share_about(event: Event, setting: Setting, labels: set[str]) -> float:
    """On how much of its path the event's box is that of an actor with one of the labels."""
    hits = []
    for time_s, box in event.path:
        truth = _truth_at(setting, time_s)
        about = zip(truth.boxes.tolist(), truth.labels, strict=True)
        hits.append(any(_same(box, Box(*other)) for other, label in about if label in labels))
    return sum(hits) / len(hits) if hits else 0.0


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    shared = _shared(one, other)
    return shared / max(one.area + other.area - shared, 1.0)


def _shared(one: Box, other: Box) -> float:
    wide = min(one.x2, other.x2) - max(one.x1, other.x1)
    high = min(one.y2, other.y2) - max(one.y1, other.y1)
    return max(wide, 0.0) * max(high, 0.0)


def _same(one: Box, other: Box) -> bool:
    """Whether most of the smaller lies in the larger, and they are of one order of size."""
    small, large = sorted((one.area, other.area))
    return _shared(one, other) >= 0.5 * small and large <= 6 * max(small, 1.0)
