"""From clips to a network that was judged: one run."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vigil.core import DataError, ModelCard, ModelInput
from vigil.models.heads import stretches
from vigil.train import fitting
from vigil.train.fitting import Fit, Lesson, Told, run_fit
from vigil.train.video import keeping, shallow
from vigil.train.video.adapting import adapt, depth_shares, learnt_parameters, settle
from vigil.train.video.asking import Asked
from vigil.train.video.batches import ClipSights, Way, together
from vigil.train.video.bodies import Body, preset_of
from vigil.train.video.clips import ClipSet, VideoClip, clip_set
from vigil.train.video.judging import GOALS, JudgedClips, judge_clips
from vigil.train.video.mixing import attacked, mixed
from vigil.train.video.network import ClipNetwork
from vigil.train.video.settings import (
    ClipSettings,
    VideoSettings,
    is_first,
    keep_settings,
    plain,
    read_settings,
)
from vigil.train.video.shelf import Shelf
from vigil.train.video.truths import Truths

MOST_REFUSED = 5
"""Clips that cannot be read and are told one by one; the others are only counted."""
GENTLE = 0.3
"""Of the rate of a run, when its network is fitted again: most of it is right already."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of a run."""

    asked: Asked
    folder: Path
    judged: JudgedClips
    judged_by: str
    """Its split."""
    goal: float
    """Of the metric that chose the best epoch, on `val`."""
    learnt: int
    """Clips."""
    refused: int
    """Clips that could not be read."""
    steps: int
    parameters: tuple[int, int]
    """Learnt, and in all."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Who wants to know how far a run is."""

    decoded: Callable[[int, int], object] = lambda done, total: None
    learnt: Told = lambda done, total, best: None
    refused: Callable[[str], object] = lambda line: None
    """A line of a clip that cannot be read."""


class Learning(nn.Module):
    """A network as a trainer wants it: a batch in, `loss` out."""

    def __init__(self, network: ClipNetwork, settings: VideoSettings) -> None:
        super().__init__()
        self.network = network
        self._settings = settings
        self._chance = np.random.default_rng(settings.seed)

    def train(self, mode: bool = True) -> "Learning":
        """As torch has it; what is frozen stays as it is."""
        super().train(mode)
        if mode:
            settle(self.network, self._settings)
        return self

    def forward(
        self,
        truth: Tensor,
        rgb: Tensor | None = None,
        flow: Tensor | None = None,
        audio: Tensor | None = None,
    ) -> dict[str, Tensor]:
        given = {"rgb": rgb, "flow": flow, "audio": audio}
        streams = {name: each for name, each in given.items() if each is not None}
        both, shares = mixed(streams, truth, self._settings, self._chance)
        harder = attacked(self.network, both, shares, self._settings)
        return {"loss": self.network.loss(harder, shares)}


def train_video(
    settings: VideoSettings,
    clips: Sequence[VideoClip],
    folder: Path,
    *,
    heard: Heard = Heard(),
) -> Made:
    """Decode, learn, judge, keep. A run that was cut short goes on; one that ended is judged again.

    Raises `ConfigError`, `DataError`, `ModelError`, in one line each.
    """
    fitting.prepare(fit_of(settings))
    check_same(settings, folder / keeping.SETTINGS)
    way = Way(settings=settings, preset=preset_of(settings))
    shelf = shelf_of(way, folder)
    found, refused = readable(settings, clips, shelf, heard)
    truths = Truths.of(found, settings.task)
    learnt = found.of("train")
    balance = truths.worth(learnt) if settings.balance else None
    network = ClipNetwork(settings, truths, balance=balance, preset=way.preset)
    adapt(network, settings)
    asked = Asked(network=network, truths=truths, way=way)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keep_settings(settings, folder / keeping.SETTINGS)
    steps = 0
    if not (settings.mode == "frozen" and settings.head in ("svm", "knn")):
        steps = _fitted(asked, found, shelf, folder, heard)
    if settings.head in ("svm", "knn"):
        vectors = asked.vectors(learnt, shelf)
        marks = truths.marks(learnt)
        head = shallow.fitted(settings.head, vectors, marks, len(truths.labels))
        asked = replace(asked, shallow=head)
    judged_by = found.judged_by()
    judged = judge(asked, found.of(judged_by), shelf)
    chosen = judged if judged_by == "val" else judge(asked, found.of("val"), shelf)
    if is_first():
        metrics = {"split": judged_by, "clips": judged.clips, **judged.metrics}
        keeping.keep(asked, folder, metrics)
    return Made(
        asked=asked, folder=folder, judged=judged, judged_by=judged_by,
        goal=chosen.metrics[GOALS[settings.task]], learnt=len(learnt),
        refused=refused, steps=steps, parameters=learnt_parameters(network),
    )  # fmt: skip


def refit(
    asked: Asked,
    found: ClipSet,
    shelf: Shelf,
    folder: Path,
    *,
    epochs: int,
    heard: Heard = Heard(),
) -> None:
    """Fit a network again after it lost channels, in place; `folder` is for checkpoints."""
    # The norms, too, which a run that began with weights left alone: what comes in is new to them.
    settings = replace(
        asked.way.settings, epochs=epochs, rate=GENTLE * asked.way.settings.rate, weights=""
    )
    if settings.balance:
        for head in asked.network.heads.values():
            head.balance = asked.truths.worth(found.of("train"))
    fitting.prepare(fit_of(settings))
    _fitted(replace(asked, way=replace(asked.way, settings=settings)), found, shelf, folder, heard)
    asked.network.cpu().eval()


def judge(asked: Asked, clips: Sequence[VideoClip], shelf: Shelf) -> JudgedClips:
    """What it says of clips against what is true; of moments, moment by moment."""
    if asked.truths.task == "when":
        rows, truth = [], []
        for clip in clips:
            times, said = asked.moments(clip, shelf)
            rows.append(said)
            truth.append(asked.truths(clip, times).numpy())
        return judge_clips(np.concatenate(rows), np.concatenate(truth), asked.truths.labels, "when")
    said = asked.shares(clips, shelf)
    return judge_clips(said, asked.truths.said(clips), asked.truths.labels, asked.truths.task)


def shelf_of(way: Way, folder: Path) -> Shelf:
    """Where the clips of a run are kept: beside the runs, since they may share them."""
    settings = way.settings
    return Shelf(
        folder.parent / "clips",
        side=way.preset.side,
        rate_hz=settings.rate_hz,
        sound=settings.sound_track if "audio" in settings.streams else None,
        room_gb=settings.keep_gb,
    )


def readable(
    settings: VideoSettings, clips: Sequence[VideoClip], shelf: Shelf, heard: Heard
) -> tuple[ClipSet, int]:
    """The clips that can be read, with their splits, and how many cannot."""
    there, refused = decodable(clips, shelf, heard)
    return clip_set(there, settings.data), refused


def decodable(
    clips: Sequence[VideoClip], shelf: Shelf, heard: Heard
) -> tuple[list[VideoClip], int]:
    """The clips that can be read, and how many cannot."""
    refused: list[str] = []

    def note(line: str) -> None:
        refused.append(line)
        if len(refused) <= MOST_REFUSED:
            heard.refused(line)

    total = len(clips)
    there = shelf.readable(clips, told=lambda done: heard.decoded(done, total), refused=note)
    if len(refused) > MOST_REFUSED:
        heard.refused(f"{len(refused)} of {total} clips cannot be read")
    return there, len(refused)


def _fitted(asked: Asked, found: ClipSet, shelf: Shelf, folder: Path, heard: Heard) -> int:
    settings, network = asked.way.settings, asked.network
    if settings.checkpointing:
        for body in network.bodies.values():
            if isinstance(body, Body):
                body.remember_less()
    judged = found.of("val")
    lesson = Lesson(
        model=Learning(network, settings),
        pictures=ClipSights(found.of("train"), asked.truths, shelf, asked.way),
        together=together,
        judged=lambda: judge(asked, judged, shelf).metrics,
        goal=GOALS[settings.task],
        share_of_rate=depth_shares(network, settings.layer_decay),
    )
    card: ModelCard = clip_card(asked, dataset=found.version)
    return run_fit(lesson, card, folder, fit=fit_of(settings), told=heard.learnt)


def clip_card(asked: Asked, *, dataset: str = "", licence: str = "") -> ModelCard:
    """What is known of a network while it learns: its words, and where they come from."""
    settings, preset = asked.way.settings, asked.way.preset
    name = settings.name.lower()
    return ModelCard(
        name=name,
        file=f"{name}.onnx",
        head="softmax",
        labels=asked.truths.labels,
        input=ModelInput(width=preset.side, height=preset.side, fit="stretch"),
        licence_code="Apache-2.0",
        licence_weights=licence,
        source=f"vigil video train {settings.network}",
        dataset=dataset,
    )


def fit_of(settings: ClipSettings) -> Fit:
    """What the loop has to know of the settings."""
    return Fit(
        side=0, epochs=settings.epochs, batch=settings.batch, steps_a_batch=settings.steps_a_batch,
        rate=settings.rate, decay=settings.decay, warm_up=settings.warm_up,
        patience=settings.patience, seed=settings.seed, threads=settings.threads,
        bf16=settings.bf16,
    )  # fmt: skip


def check_same(settings: ClipSettings, path: Path) -> None:
    """A run that goes on does so as it began: as the file at `path` says, if there is one.

    Raises `DataError`.
    """
    if not path.is_file():
        return
    before, now = read_settings(path), json.loads(json.dumps(plain(settings)))
    other = [name for name in now if before.get(name) != now[name] and name not in _FREE]
    if other:
        said = ", ".join(f"{name} {_shown(before.get(name))}, now {now[name]}" for name in other)
        raise DataError(f"{settings.name}: began with {said}; choose another --name")


_FREE = frozenset({"threads", "keep_gb"})
"""Settings that may change while a run lasts."""


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)


def tell(asked: Asked, clip: VideoClip, shelf: Shelf, *, best: int) -> dict[str, Any]:
    """What a clip shows, as JSON: words with probabilities, numbers, or stretches with a word."""
    labels = asked.truths.labels
    if asked.truths.task == "when":
        times, said = asked.moments(clip, shelf)
        parts = stretches(torch.from_numpy(said))
        return {
            "parts": [
                {"word": labels[word], "start_s": round(float(times[first]), 2),
                 "end_s": round(float(times[last]), 2), "share": round(share, 3)}
                for word, first, last, share in parts
            ]
        }  # fmt: skip
    shares = asked.shares([clip], shelf)[0]
    if asked.truths.task == "number":
        return {
            "numbers": {name: round(float(v), 4) for name, v in zip(labels, shares, strict=True)}
        }
    order = np.argsort(-shares, kind="stable")[:best]
    return {"words": {labels[at]: round(float(shares[at]), 4) for at in order}}


def in_words(told: dict[str, Any]) -> str:
    """The same for people."""
    if "parts" in told:
        parts = told["parts"]
        return ", ".join(f"{p['word']} {p['start_s']}-{p['end_s']} s" for p in parts) or "nothing"
    found = told.get("words") or told["numbers"]
    return ", ".join(f"{name} {value:g}" for name, value in found.items())
