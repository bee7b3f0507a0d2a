"""Events of users' own algorithms, from what their heads say of stills."""

import pytest
from pydantic import TypeAdapter, ValidationError

from vigil.core import Box, Likeness, Scene, Severity, Signals
from vigil.stages.rules.algorithm import AlgorithmRule

from .films import NOON_S, check_lives, events, play, raised_s

CORNER = Box(10, 10, 100, 100)


def still(
    time_s: float,
    likelihood: float,
    *,
    word: str = "flame",
    algorithm: str = "flame",
    box: Box | None = None,
) -> Scene:
    likeness = Likeness(
        algorithm=algorithm,
        version=3,
        word=word,
        likelihood=likelihood,
        least=0.6,
        unsure_from=0.3,
        box=box,
    )
    return scene(time_s, likeness)


def scene(time_s: float, *likenesses: Likeness) -> Scene:
    return Scene(
        source="yard",
        time_s=NOON_S + time_s,
        width=640,
        height=360,
        signals=Signals(likenesses=likenesses),
    )


def stills(*likelihoods: float, every_s: float = 2.0, **more: object) -> list[Scene]:
    """One still in so many seconds, and scenes without any between them."""
    found = []
    for number, likelihood in enumerate(likelihoods):
        found.append(still(number * every_s, likelihood, **more))  # type: ignore[arg-type]
        found += [scene(number * every_s + 0.2 * part) for part in range(1, int(every_s * 5))]
    return found


def flame(**settings: object) -> AlgorithmRule:
    return AlgorithmRule(name="flame", algorithm="flame", **settings)  # type: ignore[arg-type]


def test_three_stills_that_agree_are_one_event_with_the_algorithms_claim():
    rule = flame(claim="There is an open flame.", claim_zh="画面中有明火。", severity="high")
    scenes = stills(0.1, 0.7, 0.9, 0.8, 0.9, *[0.1] * 8)
    (event,) = events(rule, scenes)
    assert (event.claim, event.claim_zh) == ("There is an open flame.", "画面中有明火。")
    assert (event.algorithm, event.rule, event.label) == ("flame", "flame", "flame")
    assert event.severity == Severity.HIGH
    assert event.cards == ("flame@3",)
    assert event.start_s == pytest.approx(NOON_S + 2)
    assert event.end_s == pytest.approx(NOON_S + 8)
    check_lives(play(rule, scenes))
    assert raised_s(rule, scenes) == [pytest.approx(6)]


def test_a_still_that_disagrees_makes_it_begin_anew_and_does_not_end_what_was_told():
    assert events(flame(), stills(0.9, 0.9, 0.1, 0.9, 0.9, 0.1)) == []
    (event,) = events(flame(), stills(0.9, 0.9, 0.9, 0.1, 0.1, 0.9, 0.9))
    assert event.end_s == pytest.approx(NOON_S + 12)


def test_while_nobody_looks_it_neither_begins_nor_ends():
    scenes = [*stills(0.9, 0.9, 0.9), *(scene(6 + 0.2 * part) for part in range(300))]
    (event,) = events(flame(), [*scenes, *(still(70 + 2 * part, 0.9) for part in range(3))])
    assert event.end_s == pytest.approx(NOON_S + 74)


def test_what_counts_is_what_the_head_was_made_with_or_what_the_rule_asks_for():
    weak = stills(0.55, 0.55, 0.55)
    assert events(flame(), weak) == []
    assert len(events(flame(min_score=0.5), weak)) == 1
    assert events(flame(min_score=0.95), stills(0.9, 0.9, 0.9)) == []


def test_others_algorithms_and_words_that_are_not_meant_do_not_count():
    assert events(flame(), stills(0.9, 0.9, 0.9, algorithm="smoke")) == []
    glass = stills(0.9, 0.9, 0.9, word="glass")
    assert events(flame(labels=("metal",)), glass) == []
    assert [event.label for event in events(flame(labels=("glass", "metal")), glass)] == ["glass"]


def test_in_a_zone_only_what_stands_there_counts():
    zone = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
    assert events(flame(zone=zone), stills(0.9, 0.9, 0.9)) == []
    assert events(flame(zone=zone), stills(0.9, 0.9, 0.9, box=CORNER)) == []
    inside = stills(0.9, 0.9, 0.9, box=Box(500, 100, 600, 200))
    assert len(events(flame(zone=zone), inside)) == 1


def test_a_dismissed_event_ends_and_stays_away_until_it_is_over():
    rule = flame()
    (new,) = [step for one in stills(0.9, 0.9, 0.9) for step in rule.update(one)]
    (end,) = rule.dismiss(new.event.id)
    assert end.event.ending == "dismissed"
    assert [step for one in stills(0.9, 0.9) for step in rule.update(one)] == []


def test_what_its_head_is_unsure_of_is_suspected_only_where_the_rule_says_so():
    weak = stills(0.4, 0.5, 0.4, *[0.1] * 8)
    assert events(flame(critical=True), weak) == []
    rule = flame(critical=True, suspicions=True)
    (event,) = events(rule, weak)
    assert (event.suspected, event.critical, event.cards) == (True, False, ("flame@3",))
    check_lives(play(rule, weak))
    assert all(step.event.suspected for step in play(rule, weak))
    assert events(rule, stills(0.2, 0.25, 0.2, 0.28)) == []


def test_what_is_told_is_not_suspected_besides():
    rule = flame(critical=True, suspicions=True, cool_down_s=60)
    (event,) = events(rule, stills(0.9, 0.9, 0.9, *[0.1] * 8))
    assert (event.suspected, event.critical) == (False, True)
    growing = stills(0.4, 0.4, 0.4, 0.9, 0.9, 0.9, *[0.1] * 8)
    first, second = events(rule, growing)
    assert (first.suspected, second.suspected) == (True, False)
    check_lives(play(rule, growing))
    # Neither waits for the other's cool-down.
    assert raised_s(rule, growing) == [pytest.approx(4), pytest.approx(10)]


def test_a_dismissed_suspicion_stays_away_until_it_is_over():
    rule = flame(suspicions=True)
    (new,) = [step for one in stills(0.4, 0.4, 0.4) for step in rule.update(one)]
    (end,) = rule.dismiss(new.event.id)
    assert (end.event.ending, end.event.suspected) == ("dismissed", True)
    assert [step for one in stills(0.4, 0.4) for step in rule.update(one)] == []


def test_an_algorithm_must_be_named():
    with pytest.raises(ValidationError, match="vigil algorithm list"):
        TypeAdapter(AlgorithmRule).validate_python({})
