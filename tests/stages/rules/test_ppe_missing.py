from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from vigil.core import Box, Scene, Signals, Track
from vigil.stages.rules.ppe_missing import PpeMissing

from .films import HEIGHT, NOON_S, WIDTH, events, raised_s

Wears = Callable[[float], bool]
Place = tuple[float, float, float]
"""Left, top and height of a person, pixels."""


def at_work(
    *people: tuple[Callable[[float], Place | None], dict[str, Wears]],
    until_s: float = 20.0,
    hz: float = 5.0,
) -> list[Scene]:
    """Scenes of people and what they wear: `helmet`, `vest`, or `no_helmet` by its own word."""
    scenes = []
    for look in range(round(until_s * hz)):
        t = look / hz
        tracks = []
        for number, (where, wears) in enumerate(people, start=1):
            place = where(t)
            if place is None:
                continue
            x, y, high = place
            person = Box(x, y, x + 0.4 * high, y + high)
            tracks.append(track(number, "person", person, t))
            for kind, word in enumerate(wears):
                if wears[word](t):
                    tracks.append(track(100 * number + kind, word, on(person, word), t))
        scenes.append(
            Scene(
                source="site", time_s=NOON_S + t, width=WIDTH, height=HEIGHT, tracks=tuple(tracks),
                signals=Signals(), looked=True,
            )
        )  # fmt: skip
    return scenes


def track(id: int, label: str, box: Box, t: float) -> Track:
    return Track(
        id=id, label=label, box=box, score=0.8, first_seen_s=NOON_S, last_seen_s=NOON_S + t, hits=3
    )


def on(person: Box, word: str) -> Box:
    x, y, wide, high = person.x1, person.y1, person.width, person.height
    if "vest" in word:
        return Box(x + 0.1 * wide, y + 0.22 * high, x + 0.9 * wide, y + 0.58 * high)
    return Box(x + 0.3 * wide, y - 0.01 * high, x + 0.7 * wide, y + 0.12 * high)


def always(_: float) -> bool:
    return True


def never(_: float) -> bool:
    return False


def stays(x: float = 400, y: float = 200, high: float = 300) -> Callable[[float], Place]:
    return lambda _: (x, y, high)


COLLEAGUE = (stays(900), {"helmet": always, "vest": always})


def test_who_wears_no_helmet_among_those_who_do_is_told_in_time():
    scenes = at_work((stays(), {}), COLLEAGUE)
    (event,) = events(PpeMissing(), scenes)
    assert event.track_ids == (1,)
    assert event.claim == "A person in the picture wears no helmet."
    assert event.claim_zh == "画面中有人未佩戴安全帽。"
    assert raised_s(PpeMissing(), scenes) == pytest.approx([4.0], abs=0.25)
    assert raised_s(PpeMissing(longer_than_s=9), scenes) == pytest.approx([9.0], abs=0.25)


def test_each_kind_of_gear_is_an_event_of_its_own():
    rule = PpeMissing(gear=("helmet", "vest"))
    scenes = at_work((stays(), {"vest": always}), (stays(900), {"helmet": always}))
    told = {(event.track_ids[0], event.claim) for event in events(rule, scenes)}
    assert told == {
        (1, "A person in the picture wears no helmet."),
        (2, "A person in the picture wears no vest."),
    }


def test_a_detector_that_finds_helmets_now_and_then_is_believed():
    chance = Random(3)
    for seed in range(20):
        chance.seed(seed)
        found = [chance.random() < 0.6 for _ in range(200)]
        worn = {"helmet": lambda t, found=found: found[round(t * 5)]}
        assert events(PpeMissing(), at_work((stays(), worn), until_s=40)) == []


def test_a_false_helmet_now_and_then_does_not_hide_who_has_none():
    chance = Random(4)
    found = [chance.random() < 0.08 for _ in range(200)]
    worn = {"helmet": lambda t: found[round(t * 5)]}
    assert len(events(PpeMissing(), at_work((stays(), worn), COLLEAGUE, until_s=40))) == 1


def test_a_helmet_in_the_hand_is_not_on_the_head():
    held = (stays(), {})
    scenes = at_work(held, COLLEAGUE)
    in_hand = Box(400 + 90, 200 + 150, 400 + 130, 200 + 185)
    scenes = [
        Scene(
            source=s.source, time_s=s.time_s, width=s.width, height=s.height, looked=True,
            signals=s.signals,
            tracks=(*s.tracks, track(77, "helmet", in_hand, s.time_s - NOON_S)),
        )
        for s in scenes
    ]  # fmt: skip
    assert len(events(PpeMissing(), scenes)) == 1


def test_the_helmet_of_who_stands_close_is_theirs():
    beside = (stays(400 + 90, 210, 290), {"helmet": always})
    (event,) = events(PpeMissing(), at_work((stays(), {}), beside))
    assert event.track_ids == (1,)


def test_putting_it_on_ends_the_event():
    late = (stays(), {"helmet": lambda t: t >= 10})
    (event,) = events(PpeMissing(), at_work(late, COLLEAGUE, until_s=30))
    assert event.end_s - NOON_S == pytest.approx(10, abs=0.3)


def test_taking_it_off_begins_one():
    careless = (stays(), {"helmet": lambda t: t < 10})
    (moment_s,) = raised_s(PpeMissing(), at_work(careless, until_s=30))
    assert 12.5 < moment_s < 14.5


def test_what_is_never_found_anywhere_proves_nothing():
    alone = at_work((stays(), {}), until_s=30)
    assert events(PpeMissing(), alone) == []
    assert len(events(PpeMissing(sure=True), alone)) == 1


def test_a_word_for_what_is_lacking_is_enough():
    bare = at_work((stays(), {"no_helmet": always}))
    assert len(events(PpeMissing(), bare)) == 1
    own = PpeMissing(bare={"helmet": ("head",)})
    assert len(events(own, at_work((stays(), {"head": always})))) == 1
    assert events(PpeMissing(), at_work((stays(), {"head": always}))) == []


def test_a_head_beyond_the_edge_of_the_picture_is_not_judged():
    assert events(PpeMissing(), at_work((stays(y=0), {}), COLLEAGUE)) == []


def test_a_head_behind_somebody_is_not_judged():
    before = (stays(380, 180, 400), {"helmet": always})
    assert events(PpeMissing(), at_work((stays(420, 220, 300), {}), before)) == []


def test_who_is_far_away_is_not_judged():
    assert events(PpeMissing(), at_work((stays(high=40), {}), COLLEAGUE)) == []


def test_only_in_the_zone_it_must_be_worn():
    site = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
    enters = (lambda t: (100 + 60 * t, 200, 300), {})
    (event,) = events(PpeMissing(zone=site), at_work(enters, COLLEAGUE, until_s=18))
    assert event.start_s - NOON_S == pytest.approx((640 - 160) / 60, abs=0.5)


@pytest.mark.data
def test_boxes_of_real_frames_are_matched_to_their_wearers(data: Callable[[str], Path]):
    """Each labelled frame is held for some seconds; labels stand for a perfect detector."""
    names = ("glasses", "gloves", "helmet", "shoes", "worker")
    labels = sorted(data("images/ppe").rglob("labels/*.txt"))
    assert len(labels) > 30
    wrong = {"worn": 0, "taken off": 0}
    judged = cut = 0
    for file in labels:
        rows = [line.split() for line in file.read_text().splitlines()]
        boxes = [(names[int(row[0])], *map(float, row[1:5])) for row in rows]
        words = [word for word, *_ in boxes]
        if words.count("worker") != 1 or "helmet" not in words:
            continue
        judged += 1
        worn = [(word, pixels(*place)) for word, *place in boxes]
        bare = [(word, box) for word, box in worn if word != "helmet"]
        wrong["worn"] += len(events(PpeMissing(sure=True), held(worn)))
        cut_off = min(box.y1 for word, box in worn if word == "worker") <= 0.01 * HEIGHT
        # Whose head may be beyond the edge is not judged.
        wanted = 0 if cut_off else 1
        wrong["taken off"] += abs(wanted - len(events(PpeMissing(sure=True), held(bare))))
        cut += cut_off
    assert judged - cut > 20
    assert wrong == {"worn": 0, "taken off": 0}


def pixels(x: float, y: float, wide: float, high: float) -> Box:
    size = (WIDTH, HEIGHT, WIDTH, HEIGHT)
    sides = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
    return Box(*(side * scale for side, scale in zip(sides, size, strict=True)))


def held(boxes: list[tuple[str, Box]], *, seconds: float = 8.0) -> list[Scene]:
    return [
        Scene(
            source="site", time_s=NOON_S + t, width=WIDTH, height=HEIGHT, looked=True,
            signals=Signals(),
            tracks=tuple(track(n, word, box, t) for n, (word, box) in enumerate(boxes)),
        )
        for t in (look / 4 for look in range(round(seconds * 4)))
    ]  # fmt: skip
