"""What was left has been brought: a person stood beside it."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from vigil.core import Box, Case, Detections, Event, Image, Look, Ruling, Rung, SystemClock
from vigil.stages.verify.evidence import evidence
from vigil.stages.verify.features import Features
from vigil.stages.verify.looking import Looker
from vigil.stages.verify.pool import Stop
from vigil.stages.verify.scoring import fitted_scores

from .conftest import START_S, Film, Painter, case_of, event

BAG = Box(150, 100, 174, 118)
RESTS_S = 7.0


def left(paint: Painter, *, by: int | None = None) -> Case:
    found: Event = event(
        rule="abandoned_object", label="object", box=BAG, start_s=START_S + RESTS_S,
        end_s=START_S + 13, path=((START_S + 13, BAG),), by=by,
    )  # fmt: skip
    return case_of(Film(paint), found)


def owner_at(time_s: float) -> Box | None:
    """Somebody comes from the left, stops at the bag's place, and goes on to the right."""
    if not 4.0 <= time_s <= 11.0:
        return None
    way = (time_s - 4.0) * 80 if time_s < 6.0 else 160 + max(0.0, time_s - 7.5) * 60
    return Box(way - 18, 40, way + 18, 118)


def paint_bag(picture: Image, time_s: float) -> None:
    if time_s >= RESTS_S - 0.3:
        picture[round(BAG.y1) : round(BAG.y2), round(BAG.x1) : round(BAG.x2)] = 20


def paint_visit(picture: Image, time_s: float) -> None:
    paint_bag(picture, time_s)
    box = owner_at(time_s)
    if box is not None:
        x1, x2 = (round(min(max(side, 0), 320)) for side in (box.x1, box.x2))
        picture[round(box.y1) : round(box.y2), x1:x2] = (190, 30, 40)


def paint_shadow(picture: Image, time_s: float) -> None:
    """It is simply there, as large as it stays."""
    if time_s >= RESTS_S - 0.3:
        part = picture[round(BAG.y1) : round(BAG.y2), round(BAG.x1) : round(BAG.x2)]
        part[:] = part // 2


@dataclass
class SeesRed:
    """Finds whatever is red, as a person."""

    needs: Rung = Rung.KEYFRAME

    def detect(self, looks: list[Look]) -> list[Detections]:
        (look,) = looks
        rgb = look.frame.rgb(look.frame.width).astype(int)
        red = (rgb[..., 0] > 170) & (rgb[..., 1] < 60) & (rgb[..., 2] < 70)
        if red.sum() < 100:  # the ground has red specks
            return [Detections.none()]
        rows, columns = np.nonzero(red)
        box = [[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]]
        return [
            Detections(
                boxes=np.array(box, np.float32),
                scores=np.array([0.8], np.float32),
                labels=("person",),
            )
        ]


def measured(case: Case, *, looks: bool = True) -> Features:
    looker = Looker(SeesRed()) if looks else None
    return dict(
        evidence(case, Stop(), looker, looks=2, picture_px=320, clock=SystemClock()).features
    )


def test_somebody_who_brought_it_and_went_speaks_for_a_thing_left() -> None:
    brought, shadow = measured(left(paint_visit, by=7)), measured(left(paint_shadow))
    assert (brought["owned"], shadow["owned"]) == (1.0, 0.0)
    assert brought["brought"] == pytest.approx(0.8)
    assert shadow["brought"] == 0.0


def test_without_a_detector_nobody_is_looked_for() -> None:
    assert "brought" not in measured(left(paint_visit), looks=False)


def test_somebody_far_away_brought_nothing() -> None:
    def paint(picture: Image, time_s: float) -> None:
        paint_shadow(picture, time_s)
        picture[20:60, 4:24] = (190, 30, 40)

    assert measured(left(paint))["brought"] == 0.0


def test_nobody_left_this_is_no_rejection_by_itself() -> None:
    """The watch may have missed who did: a thing that plainly is one stays in doubt at least."""
    score = fitted_scores()["left/model"]
    seen = measured(left(paint_visit, by=7)) | {"hits": 1.0, "best": 0.8, "missed": 0.0}
    unowned = score.likelihood(seen | {"owned": 0.0, "brought": 0.0})
    assert score.likelihood(seen) > unowned
    assert score.band.ruling(unowned) is not Ruling.REJECTED


def test_only_what_was_left_has_an_owner(walker: Case) -> None:
    owned = replace(walker, event=replace(walker.event, by=3))
    assert not {"owned", "brought"} & set(measured(owned))
