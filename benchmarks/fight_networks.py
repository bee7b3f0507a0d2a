"""Runs of a network of clips that learns fights: one a way, seed and fold, each kept when done."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.fight_clips import RATE, SECONDS, WORDS, FightClip, Marks, parted, sides_of
from benchmarks.fight_heads import HEADS, HeadKind, Judged, LogOdds, row
from benchmarks.report import cpu_s
from vigil.core.durable import write_durably
from vigil.train.video import shallow
from vigil.train.video.asking import Shares
from vigil.train.video.clips import VideoClip
from vigil.train.video.learning import Made, shelf_of, train_video
from vigil.train.video.settings import Mode, Stream, VideoSettings

FRAMES, SIDE = 8, 64
LEAST = 1e-6
RATES: Mapping[Mode, float] = {"full": 3e-4, "lora": 1e-3, "frozen": 1e-3}
"""Of learning: set once, by no clip of a test."""
EPOCHS, BATCH = 8, 4
COST = 0.01
"""Of a softmax that is fitted to what a frozen network says: little, since clips are few."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """What is shown, what learns, and whether it saw unlabelled clips first."""

    stream: Stream
    mode: Mode
    pretrained: bool = True

    @property
    def name(self) -> str:
        """For people."""
        before = "pre-trained" if self.pretrained else "from nothing"
        return f"{SHOWN[self.stream]}, {self.mode}, {before}"


SHOWN: Mapping[Stream, str] = {"rgb": "RGB", "flow": "flow", "audio": "audio"}
MOVING = Way(stream="flow", mode="frozen")
"""What is joined with each network of pictures."""
WAYS = (
    Way(stream="rgb", mode="full", pretrained=False),
    Way(stream="rgb", mode="full"),
    Way(stream="rgb", mode="lora"),
    Way(stream="rgb", mode="frozen"),
    Way(stream="rgb", mode="frozen", pretrained=False),
    MOVING,
)


@dataclass(frozen=True, kw_only=True)
class Run:
    """What came of one: log-odds of a fight of each clip that was not learnt from, by head."""

    judged: list[int]
    """Numbers of these clips."""
    said: dict[HeadKind, list[float]]
    learnt: int
    """Parameters."""
    seconds: float
    """Of processor, from decoded clips to judged ones."""


class Runs:
    """All that there are, in a folder: what was done once is not done again."""

    def __init__(
        self, folder: Path, weights: Path, clips: Sequence[FightClip], marks: Marks, scenes: Marks
    ) -> None:
        self._folder, self._weights = folder, weights
        self._clips, self._marks, self._scenes = clips, marks, scenes

    def done(self, way: Way, seed: int, fold: int, folds: int) -> Run:
        """That run, now or before."""
        name = f"{way.name.replace(', ', '-').replace(' ', '_')}-{seed}-{fold}of{folds}"
        path = self._folder / f"{name}.json"
        if not path.is_file():
            made = self._made(way, name, seed, fold, folds)
            write_durably(path, json.dumps(asdict(made)).encode())
        return Run(**json.loads(path.read_text(encoding="utf-8")))

    def _made(self, way: Way, name: str, seed: int, fold: int, folds: int) -> Run:
        learnt, judged = parted(self._marks, self._scenes, folds=folds, seed=seed)[fold]
        sides = sides_of(self._marks, self._scenes, learnt, seed)
        settings = VideoSettings(
            data="fights", name=name, network="videomae", streams=(way.stream,), mode=way.mode,
            weights=str(self._weights) if way.pretrained else "", frames=FRAMES, side=SIDE,
            framing="stretch", rate_hz=RATE, epochs=EPOCHS, batch=BATCH, patience=0,
            rate=RATES[way.mode], head="svm" if way.mode == "frozen" else "linear", seed=seed,
        )  # fmt: skip
        clips = list(split_clips(self._clips, self._scenes, sides))
        work = self._folder / "work" / name
        began_s = cpu_s()
        made = train_video(settings, clips, work)
        seconds = cpu_s() - began_s
        said = by_heads(made, clips, work)
        shutil.rmtree(work)
        return Run(
            judged=judged.tolist(),
            said={head: each.tolist() for head, each in said.items()},
            learnt=made.parameters[0],
            seconds=seconds,
        )


def told(runs: Mapping[int, Sequence[Run]], head: HeadKind, marks: Marks) -> list[LogOdds]:
    """Of each seed the log-odds of all clips, each judged by the fold that did not learn it."""
    found = []
    for each in runs.values():
        said = np.full(len(marks), np.nan)
        for run in each:
            said[run.judged] = run.said[head]
        found.append(said)
    return found


def rows(
    found: Mapping[Way, Mapping[int, Sequence[Run]]], marks: Marks
) -> Iterator[tuple[object, ...]]:
    """A line of each way and head, and of each network of pictures with that of flow, late."""
    for way, runs in found.items():
        for head in HEADS:
            yield _row(f"{way.name}, {head}", told(runs, head, marks), [runs], marks)
    for way, runs in found.items():
        if way == MOVING or not way.pretrained:
            continue
        for head in HEADS:
            pairs = zip(told(runs, head, marks), told(found[MOVING], head, marks), strict=True)
            both = [(seen + moved) / 2 for seen, moved in pairs]
            yield _row(f"{way.name} + {MOVING.name}, {head}", both, [runs, found[MOVING]], marks)


def _row(
    name: str, said: Sequence[LogOdds], runs: Sequence[Mapping[int, Sequence[Run]]], marks: Marks
) -> tuple[object, ...]:
    every = [[run for each in way.values() for run in each] for way in runs]
    return row(
        name,
        [Judged.of(each, marks) for each in said],
        sum(each[0].learnt for each in every),
        sum(mean(run.seconds for run in each) for each in every),
    )


def split_clips(
    clips: Sequence[FightClip], scenes: Marks, sides: Sequence[str]
) -> Iterator[VideoClip]:
    """As the toolkit takes them."""
    for clip, scene, side in zip(clips, scenes, sides, strict=True):
        yield VideoClip(
            path=clip.path, start_s=clip.start_s, end_s=clip.start_s + SECONDS,
            words=(WORDS[clip.mark],), group=f"scene {scene}", split=side,
        )  # fmt: skip


def by_heads(made: Made, clips: Sequence[VideoClip], work: Path) -> dict[HeadKind, LogOdds]:
    """Of a fight, for each judged clip: by the head that learnt with the network, and by an SVM.

    Where the network is frozen both heads are fitted at the end.
    """
    assert made.judged.said is not None
    asked, own = made.asked, log_odds(made.judged.said, made)
    shelf = shelf_of(asked.way, work)
    learnt = [clip for clip in clips if clip.split == "train"]
    marks = np.array([WORDS.index(clip.words[0]) for clip in learnt])
    shown = asked.vectors(learnt, shelf)
    given = asked.vectors([clip for clip in clips if clip.split == "test"], shelf)
    if asked.shallow is not None:
        line = LogisticRegression(C=COST, class_weight="balanced", max_iter=500)
        machine = make_pipeline(StandardScaler(), line).fit(shown, marks)
        return {"softmax": machine.decision_function(given), "SVM": own}
    svm = shallow.fitted("svm", shown, asked.truths.marks(learnt), len(WORDS))
    return {"softmax": own, "SVM": log_odds(svm.shares(given), made)}


def log_odds(said: Shares, made: Made) -> LogOdds:
    shares = np.clip(said.astype(float), LEAST, 1)
    labels = made.asked.truths.labels
    fight, none = labels.index(WORDS[1]), labels.index(WORDS[0])
    return np.asarray(np.log(shares[:, fight] / shares[:, none]), np.float64)
