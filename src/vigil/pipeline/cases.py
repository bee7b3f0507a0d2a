"""From a stored event to what judges see of it."""

from vigil.config.app import App, CameraConfig
from vigil.config.parts import parts_of
from vigil.core import Case, Corners, Rule, StoreError
from vigil.media.footage import ClipFootage
from vigil.store import EventStore, StoredEvent


class NoFootage(StoreError):
    """There is nothing to judge the event by, or nothing that may be shown."""


class Cases:
    """Adds to an event its footage, masked as its camera is, and what its rule speaks of."""

    def __init__(self, store: EventStore, app: App) -> None:
        self.app = app
        """May be replaced when the file changes."""
        self._store = store

    def case(self, stored: StoredEvent) -> Case:
        """Raises NoFootage for an event without a clip, or of a camera that is not there any more.

        What that camera's masks hid must stay hidden, and nobody knows them now.
        """
        event, clip = stored.event, stored.clip
        camera = self.app.cameras.get(event.source)
        if clip is None:
            raise NoFootage("no clip")
        if camera is None:
            raise NoFootage(f"no camera {event.source!r} any more, whose masks would be needed")
        path = self._store.clip_path(clip.uri)
        rule = _rule_of(camera, event.rule)
        return Case(
            event=event,
            clip=clip,
            footage=ClipFootage(path, clip.start_s, masks=camera.masks),
            zones=_zones_of(rule),
            labels=frozenset() if rule is None else rule.wants,
            kind="" if rule is None else _kind_of(rule),
        )


def _rule_of(camera: CameraConfig, name: str) -> Rule | None:
    return next((rule for rule in camera.all_rules if rule.name == name), None)


def _zones_of(rule: Rule | None) -> tuple[Corners, ...]:
    """The area, or the line, that a rule has; None when it watches the whole picture."""
    found = (getattr(rule, word, None) for word in ("zone", "line"))
    return tuple(tuple((x, y) for x, y in corners) for corners in found if corners)


def _kind_of(rule: Rule) -> str:
    """The word that stands for such a rule in the file; empty for one made in Python."""
    made_of = f"{type(rule).__module__}:{type(rule).__qualname__}"
    found = (kind for kind, point in parts_of("vigil.rules").items() if point.value == made_of)
    return next(found, "")
