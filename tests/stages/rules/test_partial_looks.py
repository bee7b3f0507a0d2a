"""A look may show a part of the picture: what it left out is believed to be where it was."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from vigil.core import Rule, Scene
from vigil.stages.rules.absence import Absence
from vigil.stages.rules.count import Count
from vigil.stages.rules.crowd import Crowd
from vigil.stages.rules.jam import Jam
from vigil.stages.rules.loitering import Loitering
from vigil.stages.rules.presence import Presence

from .films import Actor, film, spans, stands, walks

RULES: dict[str, tuple[Callable[[], Rule], int]] = {
    "presence": (Presence, 1),
    "presence per track": (lambda: Presence(per="track"), 1),
    "loitering": (lambda: Loitering(longer_than_s=20.0, grace_s=2.0), 1),
    "count": (lambda: Count(longer_than_s=20.0), 1),
    "crowd": (lambda: Crowd(number=1, longer_than_s=20.0), 1),
    "absence": (lambda: Absence(longer_than_s=20.0, close_s=0.0), 0),
    "jam": (lambda: Jam(labels=("person",), parked=True, number=1, longer_than_s=20.0), 1),
}


def partly_looked(scenes: list[Scene], *, from_s: float, to_s: float) -> list[Scene]:
    """From second to second the looks show other places only."""
    start_s = scenes[0].time_s
    told, last_s = [], start_s
    for scene in scenes:
        out = from_s <= scene.time_s - start_s < to_s
        last_s = last_s if out else scene.time_s
        tracks = tuple(track._replace(last_seen_s=last_s) for track in scene.tracks)
        told.append(replace(scene, tracks=tracks, looked=True))
    return told


@pytest.mark.parametrize("name", RULES)
def test_who_was_left_out_of_the_looks_is_still_there(name):
    make, number = RULES[name]
    whole = film(Actor(where=stands((0.5, 0.8), end_s=60.0)), until_s=70, hz=5)
    part = partly_looked(whole, from_s=3.0, to_s=55.0)
    found = [span for span in spans(make(), part) if span[0] < 58.0]
    assert len(found) == number
    assert found == [span for span in spans(make(), whole) if span[0] < 58.0]


def test_who_is_looked_for_and_not_found_is_gone():
    gone = film(Actor(where=walks((0, (0.5, 0.8)), (10, (0.5, 0.8)))), until_s=40, hz=5)
    ((_, end_s),) = spans(Presence(), gone)
    assert end_s == 10.0
