"""From looks that are wanted to pictures on the disk, within budgets, masked."""

import json
import threading
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from vigil.config.samples import Sampling
from vigil.core import (
    Box,
    Detections,
    Event,
    Frame,
    Image,
    Labeler,
    Limits,
    Look,
    Luma,
    Rung,
    Sample,
    Scene,
    Severity,
    Signals,
    Step,
    StepKind,
    part,
)
from vigil.pipeline.sample_budget import DAY_S, SampleBudget
from vigil.pipeline.sample_desk import SampleDesk
from vigil.pipeline.sample_writer import MOST_WAITING, SampleWriter

NOON_S = 1_700_049_600.0
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


class White:
    """Pixels that count how often they are made."""

    made = 0

    def luma(self, width: int, height: int) -> Luma:
        return np.full((height, width), 255, np.uint8)

    def rgb(self, width: int, height: int, region: Box | None = None) -> Image:
        self.made += 1
        return np.full((height, width, 3), 255, np.uint8)


@part
class Wants:
    """Wants each look, at a score."""

    kind: str = "all"
    score: float = 0.5
    limits: Limits = Limits()

    def offer(
        self, look: Look, detections: Detections, scene: Scene, steps: Sequence[Step]
    ) -> float | None:
        return self.score


@part
class WantsEvents:
    kind: str = "event"
    limits: Limits = Limits()

    def offer(
        self, look: Look, detections: Detections, scene: Scene, steps: Sequence[Step]
    ) -> float | None:
        return 0.5 if steps else None


class Desk:
    """A desk with its writer and all that it told."""

    def __init__(self, folder: Path, *samplers: object, masks: tuple = (), **settings: object):
        self.told: list[Sample] = []
        self.folder = folder
        self.writer = SampleWriter(folder, self.told.append)
        self.desk = SampleDesk(
            Sampling(strategies=samplers, **{"limits": Limits(), **settings}),
            samplers=samplers,
            masks=masks,
            budget=SampleBudget(folder / "budget" / "gate.json"),
            writer=self.writer,
        )

    def see(
        self,
        time_s: float,
        *found: tuple[str, float, float],
        steps: Sequence[Step] = (),
        pixels: bool = True,
        signals: Signals | None = None,
    ) -> White:
        made = White()
        frame = Frame(source="gate", index=0, time_s=time_s, width=640, height=360, pixels=made)
        detections = Detections(
            boxes=np.array([[x, 90, x + 100, 180] for *_, x in found], np.float32).reshape(-1, 4),
            scores=np.array([score for _, score, _ in found], np.float32),
            labels=tuple(label for label, *_ in found),
            card="nano@1",
        )
        scene = Scene(source="gate", time_s=time_s, width=640, height=360, signals=signals)
        look = Look.whole(frame, Rung.DETECT)
        self.desk.see(look if pixels else None, detections if pixels else None, scene, steps)
        return made

    def close(self) -> list[Sample]:
        self.writer.close()
        return self.told


def begins(event_id: str = "e1", box: Box | None = None, label: str = "bag") -> Step:
    event = Event(
        id=event_id,
        source="gate",
        rule="left",
        claim="A bag was left.",
        label=label,
        start_s=NOON_S,
        end_s=NOON_S,
        severity=Severity.LOW,
        box=box,
    )
    return Step(kind=StepKind.NEW, event=event, time_s=NOON_S)


def picture(desk: Desk, sample: Sample) -> np.ndarray:
    return cv2.imread(str(desk.folder / sample.path))


def test_a_sample_says_what_was_seen_where_by_whom_and_how_surely(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Wants(score=0.5), Wants(kind="more", score=0.2), width=320)
    desk.see(NOON_S, ("person", 0.4, 200), signals=Signals(brightness=10))
    (sample,) = desk.close()
    assert sample.path == f"2023-11-15/{sample.id}.jpg"
    assert (sample.source, sample.time_s, sample.condition) == ("gate", NOON_S, "dark")
    assert (sample.width, sample.height) == (320, 180) == picture(desk, sample).shape[1::-1]
    assert sample.size_bytes == (tmp_path / sample.path).stat().st_size > 0
    assert sample.reasons == {"all": 0.5, "more": 0.2}
    assert sample.score == pytest.approx(0.6)
    (label,) = sample.proposals
    assert (label.word, label.shape) == ("person", Box(100, 45, 150, 90))
    assert label.origin.labeler is Labeler.MODEL
    assert (label.origin.by, label.origin.score) == ("nano@1", 0.4)
    assert desk.desk.counts.kept == 1


def test_masks_are_black_in_what_is_kept_and_nothing_is_proposed_there(tmp_path: Path) -> None:
    desk = Desk(tmp_path, Wants(), masks=(LEFT_HALF,))
    desk.see(NOON_S, ("person", 0.4, 20), ("person", 0.5, 400))
    (sample,) = desk.close()
    shown = picture(desk, sample)
    assert shown[:, :310].max() < 10
    assert shown[:, 340:].min() > 245
    assert [label.shape for label in sample.proposals] == [Box(400, 90, 500, 180)]


def test_nothing_is_done_with_pixels_that_nobody_wants_or_may_have(tmp_path: Path) -> None:
    desk = Desk(tmp_path, WantsEvents())
    assert desk.see(NOON_S, ("person", 0.4, 20)).made == 0
    refusing = Desk(tmp_path, Wants(limits=Limits(daily=0)))
    assert refusing.see(NOON_S, ("person", 0.4, 20)).made == 0
    assert refusing.desk.counts.refused == 1
    assert desk.close() == refusing.close() == []


@pytest.mark.parametrize(
    ("limits", "gap_s", "most"),
    [
        (Limits(minutely=2), 10.0, 2 * 10),
        (Limits(hourly=3), 10.0, 3),
        (Limits(daily=5), 10.0, 5),
        (Limits(minutely=1, daily=4), 60.0, 4),
        (Limits(), 10.0, 60),
    ],
)
def test_no_stretch_of_time_has_more_than_its_limit(
    tmp_path: Path, limits: Limits, gap_s: float, most: int
) -> None:
    """Sixty looks in as many steps, wanted all, by the one sampler or the camera altogether."""
    for settings, name in (({"limits": limits}, "camera"), ({}, "sampler")):
        sampler = Wants() if settings else Wants(limits=limits)
        desk = Desk(tmp_path / name, sampler, **settings)
        for step in range(60):
            desk.see(NOON_S + step * gap_s)
            desk.close()
        assert len(desk.told) == desk.desk.counts.kept == most
        assert desk.desk.counts.refused == 60 - most


def test_a_restart_does_not_give_a_new_budget(tmp_path: Path) -> None:
    kept = 0
    for restart in range(4):
        desk = Desk(tmp_path, Wants(limits=Limits(daily=3)))
        for look in range(2):
            desk.see(NOON_S + restart * 100 + look)
            desk.close()
        kept += desk.desk.counts.kept
    assert kept == 3
    later = Desk(tmp_path, Wants(limits=Limits(daily=3)))
    later.see(NOON_S + DAY_S + 200)
    assert len(later.close()) == 1


def test_a_clock_that_was_ahead_stops_nothing_and_a_film_seen_again_gives_no_more(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path, Wants(limits=Limits(daily=1)))
    desk.see(NOON_S + 30 * DAY_S)
    desk.see(NOON_S)
    desk.see(NOON_S + 10)
    desk.see(NOON_S + 1)
    assert len(desk.close()) == 2


def test_an_account_that_cannot_be_read_is_begun_anew(tmp_path: Path) -> None:
    file = tmp_path / "budget" / "gate.json"
    file.parent.mkdir()
    for text in ("", "[1]", '{"all": 3}', '{"all": ["x"]}', "\0"):
        file.write_text(text)
        assert SampleBudget(file).allows("all", Limits(daily=1), NOON_S)


def test_an_account_forgets_what_is_over(tmp_path: Path) -> None:
    budget = SampleBudget(tmp_path / "gate.json")
    for day in range(5):
        account = budget.charge(["all"], NOON_S + day * 2 * DAY_S)
    assert json.loads(account) == {"all": [NOON_S + 8 * DAY_S]}


def test_an_event_goes_with_its_picture_and_proposes_its_box(tmp_path: Path) -> None:
    desk = Desk(tmp_path, WantsEvents())
    desk.see(NOON_S, ("person", 0.9, 300), steps=[begins(box=Box(10, 20, 30, 40))])
    desk.see(NOON_S + 5, ("bag", 0.9, 300), steps=[begins("e2", box=Box(300, 90, 400, 180))])
    first, second = desk.close()
    assert (first.event_id, second.event_id) == ("e1", "e2")
    assert [(one.word, one.origin.by) for one in first.proposals] == [
        ("person", "nano@1"), ("bag", "left")
    ]  # fmt: skip
    assert [one.word for one in second.proposals] == ["bag"]


def test_an_event_between_two_looks_is_shown_by_the_one_before(tmp_path: Path) -> None:
    desk = Desk(tmp_path, WantsEvents())
    desk.see(NOON_S, ("person", 0.9, 300))
    desk.see(NOON_S + 0.5, pixels=False)
    desk.see(NOON_S + 0.8, pixels=False, steps=[begins()])
    (sample,) = desk.close()
    assert (sample.time_s, sample.event_id) == (NOON_S, "e1")
    late = Desk(tmp_path, WantsEvents())
    late.see(NOON_S, ("person", 0.9, 300))
    late.see(NOON_S + 20, pixels=False, steps=[begins()])
    assert late.close() == []


def test_a_slow_disk_costs_samples_and_never_holds_up_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, free = threading.Event(), threading.Event()

    def slow(self: SampleWriter, taken: object) -> int:
        stuck.set()
        free.wait(10)
        return 1

    monkeypatch.setattr(SampleWriter, "_write", slow)
    desk = Desk(tmp_path, Wants())
    desk.see(NOON_S)
    assert stuck.wait(5)
    for number in range(MOST_WAITING + 3):
        desk.see(NOON_S + number)
    assert desk.desk.counts.missed == 3
    free.set()
    desk.close()
    assert desk.desk.counts.kept == MOST_WAITING + 1


def test_a_disk_that_takes_nothing_costs_samples_only(tmp_path: Path) -> None:
    (tmp_path / "2023-11-15").write_text("a file where a folder ought to be")
    desk = Desk(tmp_path, Wants())
    desk.see(NOON_S)
    assert desk.close() == []
    assert (desk.desk.counts.kept, desk.desk.counts.missed) == (0, 1)
