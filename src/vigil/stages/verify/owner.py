"""Who brought what was left: nobody leaves a shadow behind."""

import numpy as np

from vigil.core import Box, Detections, Event
from vigil.stages.verify.features import Features
from vigil.stages.verify.looking import Looker, window_around
from vigil.stages.verify.meaning import PEOPLE
from vigil.stages.verify.paths import Path, scaled
from vigil.stages.verify.reel import Reel

STILLS = 4
"""Pictures of its coming in which a person is looked for, at most."""
BESIDE = 1.0
"""Somebody nearer than this, in their own heights, may have brought it."""
BROUGHT_S = 1.5
"""So long after it came to rest whoever brought it may still be beside it."""


def of_the_owner(event: Event, reel: Reel, path: Path, looker: Looker | None) -> Features:
    """What speaks for somebody who brought the thing, as far as it could be measured.

    `owned`: whether the watch followed somebody who was with it as it came to rest. `brought`: the
    best score of a person whom the detector sees beside its place about then, 0 to 1.
    """
    found = {"owned": float(event.by is not None)}
    if path and looker is not None and reel.coming:
        found["brought"] = _brought(looker, reel, path[0][1])
    return found


def nobody_brought(features: Features) -> bool:
    """Whether both the watch and a detector looked for who brought it, and found nobody."""
    return features.get("owned") == 0.0 and features.get("brought") == 0.0


def _brought(looker: Looker, reel: Reel, box: Box) -> float:
    until_s = reel.span.start_s + BROUGHT_S
    pictures = reel.coming + [still for time_s, still in reel.stills if time_s <= until_s]
    chosen = np.unique(np.linspace(0, len(pictures) - 1, STILLS).round().astype(int))
    best = 0.0
    for picture in (pictures[index] for index in chosen):
        place = scaled(box, picture.shape[1] / reel.source_width)
        seen = looker.look(picture, window_around(place, *picture.shape[1::-1]))
        best = max(best, _best_person(seen, place))
    return best


def _best_person(seen: Detections, place: Box) -> float:
    """The best score of a person beside the place."""
    people = [
        score
        for score, label, row in zip(
            seen.scores.tolist(), seen.labels, seen.boxes.tolist(), strict=True
        )
        if label in PEOPLE and _is_beside(Box(*row), place)
    ]
    return max(people, default=0.0)


def _is_beside(person: Box, place: Box) -> bool:
    wide = max(person.x1 - place.x2, place.x1 - person.x2, 0.0)
    high = max(person.y1 - place.y2, place.y1 - person.y2, 0.0)
    return bool(np.hypot(wide, high) <= BESIDE * person.height)
