"""Events of actions, from what networks of clips say of people and of the view."""

from collections.abc import Sequence

import pytest
from pydantic import TypeAdapter, ValidationError

from vigil.core import Action, Box, Event, Scene, Signals, StepKind
from vigil.stages.rules.action import ActionRule

from .films import NOON_S, check_lives, events, play, raised_s

LEFT, RIGHT = Box(50, 100, 110, 300), Box(400, 100, 460, 300)
CLIP_S = 2.0


def said(
    score: float,
    *,
    track: int | None = 7,
    box: Box | None = LEFT,
    word: str = "fight",
    model: str = "acts",
) -> Action:
    return Action(
        model=model, version=3, word=word, score=score, start_s=0.0, track_id=track,
        box=box if track is not None else None,
    )  # fmt: skip


def scene(time_s: float, *actions: Action) -> Scene:
    at = NOON_S + time_s
    told = tuple(
        Action(**{name: getattr(one, name) for name in one.__slots__} | {"start_s": at - CLIP_S})
        for one in actions
    )
    return Scene(source="yard", time_s=at, width=640, height=360, signals=Signals(actions=told))


def scenes(*scores: float, every_s: float = 0.25, **more: object) -> list[Scene]:
    """A score every so often, and scenes without any afterwards."""
    found = [scene(n * every_s, said(s, **more)) for n, s in enumerate(scores)]  # type: ignore[arg-type]
    end_s = len(scores) * every_s
    return found + [scene(end_s + 0.2 * part) for part in range(30)]


def fight(**settings: object) -> ActionRule:
    settings = {"name": "fights", "model": "acts", "labels": ("fight",)} | settings
    return ActionRule(**settings)  # type: ignore[arg-type]


def only(rule: ActionRule, films: Sequence[Scene]) -> Event:
    (event,) = events(rule, films)
    return event


def test_what_lasts_is_one_event_that_names_its_network_and_its_person() -> None:
    film = scenes(0.1, *[0.8] * 8, 0.1)
    event = only(fight(severity="high"), film)
    assert event.claim == "This action is to be seen in the picture: fight."
    assert event.claim_zh == "画面中出现该动作：fight。"
    assert (event.label, event.track_ids, event.box) == ("fight", (7,), LEFT)
    assert event.cards == ("acts@3",)
    # It began, at the earliest, with the clip that first showed it.
    assert event.start_s == pytest.approx(NOON_S + 0.25 - CLIP_S)
    assert event.end_s == pytest.approx(NOON_S + 2.0)
    check_lives(play(fight(), film))
    assert raised_s(fight(), film) == [pytest.approx(1.25)]


def test_it_begins_high_and_is_kept_up_lower() -> None:
    assert events(fight(), scenes(*[0.5] * 12)) == []
    assert len(events(fight(), scenes(0.7, *[0.5] * 12))) == 1
    assert events(fight(keep_score=0.6), scenes(0.7, *[0.5] * 12)) == []


def test_a_short_one_and_one_that_breaks_off_are_nothing() -> None:
    assert events(fight(), scenes(0.9, 0.9, 0.9, 0.1, 0.9, 0.9, 0.9)) == []
    assert len(events(fight(longer_than_s=0.5), scenes(0.9, 0.9, 0.9))) == 1


def test_what_was_told_goes_on_over_a_break_and_ends_after_a_long_one() -> None:
    film = scenes(*[0.9] * 6, *[0.1] * 8, *[0.9] * 4)
    assert only(fight(), film).end_s == pytest.approx(NOON_S + 17 * 0.25)
    assert len(events(fight(close_s=1.0), film)) == 1  # what came after was too short
    assert len(events(fight(close_s=1.0), scenes(*[0.9] * 6, *[0.1] * 8, *[0.9] * 6))) == 2


def test_each_person_is_an_event_of_its_own_and_the_view_is_none_of_them() -> None:
    film = [
        scene(n / 4, said(0.9), said(0.9, track=8, box=RIGHT), said(0.9, track=None))
        for n in range(8)
    ]
    assert {event.track_ids for event in events(fight(), film)} == {(7,), (8,)}
    event = only(fight(where="view"), film)
    assert (event.track_ids, event.box) == ((), None)


def test_other_models_words_and_places_do_not_count() -> None:
    assert events(fight(), scenes(*[0.9] * 8, word="walk")) == []
    assert events(fight(), scenes(*[0.9] * 8, model="others")) == []
    zone = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
    assert events(fight(zone=zone), scenes(*[0.9] * 8)) == []
    assert only(fight(zone=zone), scenes(*[0.9] * 8, box=RIGHT)).claim.count("marked zone") == 1


def test_what_is_only_suspected_alerts_nobody_and_yields_to_what_is_sure() -> None:
    rule = fight(suspect_score=0.3, critical=True)
    event = only(rule, scenes(*[0.4] * 8))
    assert (event.suspected, event.critical) == (True, False)
    sure = play(fight(suspect_score=0.3), scenes(*[0.4] * 8, *[0.9] * 8))
    kinds = [(step.event.suspected, step.kind) for step in sure]
    assert kinds.index((True, StepKind.END)) > kinds.index((False, StepKind.NEW))
    assert kinds.count((True, StepKind.NEW)) == kinds.count((False, StepKind.NEW)) == 1


def test_what_was_dismissed_is_not_told_again_until_it_is_over() -> None:
    rule, film = fight(), scenes(*[0.9] * 16)
    steps = [step for one in film[:8] for step in rule.update(one)]
    (ended,) = rule.dismiss(steps[0].event.id)
    assert ended.event.ending == "dismissed"
    assert [step for one in film[8:16] for step in rule.update(one)] == []
    assert rule.dismiss("nothing") == []


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"labels": ()}, "labels: none is named"),
        ({"where": "view", "zone": "0,0,1,0,1,1"}, "zone: the whole view stands in none"),
        ({"keep_score": 0.9}, "keep_score: found 0.9; allowed: min_score at most"),
        ({"suspect_score": 0.6}, "suspect_score: found 0.6; allowed: less than min_score"),
        ({"rate": 0}, "greater than 0"),
        ({"where": "crowd"}, "'view' or 'person'"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(
    settings: dict[str, object], problem: str
) -> None:
    given = {"model": "acts", "labels": "fight"} | settings
    with pytest.raises(ValidationError, match=problem):
        TypeAdapter(ActionRule).validate_python(given)
