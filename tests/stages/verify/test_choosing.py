"""Stills are chosen by change, and are cut, marked and shrunk to what a call may cost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigil.core import Box, Case
from vigil.stages.verify import choosing
from vigil.stages.verify.choosing import CONTEXT_S, NEAREST_S, moments
from vigil.stages.verify.pool import Stop
from vigil.stages.verify.stills import BOX_INK, ZONE_INK, Patches, cuttings, how_many

from .conftest import START_S, Film, block, case_of, event, path_of

PATCHES = Patches()


def times(case: Case, most: int) -> list[float]:
    return [moment.time_s - START_S for moment in moments(case, Stop(), most=most)]


def test_onset_and_end_are_always_shown(walker: Case) -> None:
    chosen = times(walker, 3)
    assert chosen[0] == pytest.approx(6.5, abs=0.21)
    assert chosen[-1] == pytest.approx(10.5, abs=0.21)


def test_moments_lie_in_the_event_and_its_context_and_apart(walker: Case) -> None:
    chosen = times(walker, 8)
    assert len(chosen) == 8
    assert chosen == sorted(chosen)
    assert chosen[0] >= 6.5 - CONTEXT_S - 0.01
    assert chosen[-1] <= 10.5 + CONTEXT_S + 0.01
    assert min(np.diff(chosen)) >= NEAREST_S - 1e-6


def test_more_is_shown_of_what_changes_than_of_what_rests() -> None:
    def flash(picture, time_s):
        if 9.0 <= time_s <= 10.0:
            picture[90:130, 100:200] = 40 if round(time_s * 5) % 2 else 220

    path = tuple((START_S + t, Box(100, 90, 200, 130)) for t in (5.0, 10.0))
    case = case_of(
        Film(flash), event(start_s=START_S + 5, end_s=START_S + 10, path=path, box=path[-1][1])
    )
    chosen = times(case, 7)
    assert sum(8.9 <= t <= 10.3 for t in chosen) >= 3


def test_an_event_without_a_box_shows_the_whole_picture() -> None:
    case = case_of(Film(), event())
    chosen = moments(case, Stop(), most=4)
    assert len(chosen) == 4
    assert all(moment.box is None and moment.near is None for moment in chosen)
    shown = cuttings(case, chosen, Stop(), budget=800, patches=PATCHES)
    shapes = [one.image.shape[1] / one.image.shape[0] for one in shown]
    assert shapes == pytest.approx([320 / 180] * 4, abs=0.03)


def test_a_clip_that_begins_late_shows_what_there_is() -> None:
    paint, at = block()
    film = Film(paint)
    film.start_s += 8.0
    path = path_of(at)
    case = case_of(film, event(path=path, box=path[-1][1]))
    chosen = times(case, 4)
    assert chosen[0] == pytest.approx(8.0)


@pytest.mark.parametrize("budget", [40, 120, 400, 800, 3000])
def test_stills_stay_within_the_budget(walker: Case, budget: int) -> None:
    chosen = moments(walker, Stop(), most=how_many(6, budget))
    shown = cuttings(walker, chosen, Stop(), budget=budget, patches=PATCHES)
    spent = sum(PATCHES.tokens(one.image.shape[1], one.image.shape[0]) for one in shown)
    assert spent <= budget
    assert spent > 0.5 * min(budget, 700)
    assert len(shown) == min(6, how_many(6, budget))


@given(st.floats(1, 9000), st.floats(1, 9000), st.integers(1, 4000), st.sampled_from([14, 28, 32]))
@settings(deadline=None)
def test_every_shape_fits_its_tokens(width: float, height: float, tokens: int, patch: int) -> None:
    patches = Patches(patch_px=patch)
    fitted = patches.fitted(width, height, tokens)
    assert min(fitted) >= 1
    assert patches.tokens(*fitted) <= tokens or 1 in fitted


def test_the_first_still_is_the_whole_picture_and_the_others_parts(walker: Case) -> None:
    chosen = moments(walker, Stop(), most=5)
    whole, *parts = cuttings(walker, chosen, Stop(), budget=800, patches=PATCHES)
    assert whole.image.shape[1] / whole.image.shape[0] == pytest.approx(320 / 180, abs=0.03)
    assert len(parts) == 4
    assert [one.after_s for one in parts] == sorted(one.after_s for one in parts)
    assert len({one.id for one in (whole, *parts)}) == 5


def marked(image: np.ndarray, ink: tuple[int, int, int]) -> int:
    return int((np.abs(image.astype(int) - ink).max(axis=2) < 40).sum())


def test_box_and_zone_are_drawn_where_they_are(walker: Case) -> None:
    zone = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.95), (0.1, 0.95))
    case = case_of(walker.footage, walker.event, zones=(zone,))
    chosen = moments(case, Stop(), most=3)
    whole, *_ = cuttings(case, chosen, Stop(), budget=800, patches=PATCHES)
    assert marked(whole.image, BOX_INK) > 20
    assert marked(whole.image, ZONE_INK) > 200
    plain, *_ = cuttings(
        case_of(walker.footage, event()), chosen, Stop(), budget=800, patches=PATCHES
    )
    assert marked(plain.image, ZONE_INK) < 20


def test_the_same_case_gives_the_same_stills(walker: Case) -> None:
    def made() -> list[tuple[str, bytes]]:
        chosen = moments(walker, Stop(), most=4)
        shown = cuttings(walker, chosen, Stop(), budget=800, patches=PATCHES)
        return [(one.id, one.image.tobytes()) for one in shown]

    assert made() == made()


def test_a_clip_is_decoded_once(walker: Case) -> None:
    chosen = moments(walker, Stop(), most=6)
    shown = walker.footage.shown  # type: ignore[attr-defined]
    cuttings(walker, chosen, Stop(), budget=800, patches=PATCHES)
    assert walker.footage.shown == shown  # type: ignore[attr-defined]


def test_what_there_is_no_room_for_is_decoded_again(
    walker: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made() -> list[tuple[str, bytes]]:
        chosen = moments(walker, Stop(), most=6)
        shown = cuttings(walker, chosen, Stop(), budget=800, patches=PATCHES)
        return [(one.id, one.image.tobytes()) for one in shown]

    kept = made()
    for pictures in (0, 30):
        monkeypatch.setattr(choosing, "KEPT_BYTES", pictures * 320 * 180 * 3 // 2)
        assert made() == kept
