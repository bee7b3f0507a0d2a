"""From clips without labels to weights that `vigil video train --weights FOLDER` begins with.

pretraining.yaml     the constructor call, in full
pretrained.json      of which network and sizes the weights are, and how they came about
model.safetensors    the network without what was only needed to learn
run.json, log.csv, checkpoint-N/    see `vigil.train.fitting`
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.data import Dataset

from vigil.core import DataError, ModelCard, ModelInput
from vigil.core.durable import put_in_place, write_durably
from vigil.train import fitting
from vigil.train.fitting import Lesson, Metrics, run_fit
from vigil.train.video import keeping
from vigil.train.video.batches import Seen, Way, streams_of
from vigil.train.video.bodies import Body, body_of, preset_of
from vigil.train.video.clips import SHARES, ClipSet, VideoClip, check_groups, drawn, split_up
from vigil.train.video.learning import Heard, check_same, decodable, fit_of, shelf_of
from vigil.train.video.presets import PRETRAINED, Preset
from vigil.train.video.pretexts import pretext_of
from vigil.train.video.settings import PretrainSettings, is_first, keep_settings
from vigil.train.video.shelf import Shelf

SETTINGS = "pretraining.yaml"
Sights = tuple[Seen, ...]
"""Of one clip."""


@dataclass(frozen=True, kw_only=True)
class Pretrained:
    """What came of a run."""

    folder: Path
    metrics: Metrics
    """`loss` on clips that it did not learn from, and `right` where there is a right."""
    learnt: int
    """Clips."""
    judged: int
    """Clips."""
    refused: int
    """Clips that could not be read."""
    steps: int


class ClipViews(Dataset[Sights]):
    """Clips, each seen so many times at once: at other moments, cut otherwise, in other light."""

    def __init__(self, clips: Sequence[VideoClip], shelf: Shelf, way: Way, *, views: int) -> None:
        self._clips, self._shelf, self._way, self._views = clips, shelf, way, views
        self._chance = np.random.default_rng(way.settings.seed)

    def __len__(self) -> int:
        return len(self._clips)

    def __getitem__(self, number: int) -> Sights:
        kept = self._shelf.kept(self._clips[number])
        return tuple(self._way.learnt(kept, self._chance) for _ in range(self._views))


def pretrain(
    settings: PretrainSettings,
    clips: Sequence[VideoClip],
    folder: Path,
    *,
    heard: Heard | None = None,
) -> Pretrained:
    """Decode, learn, keep. A run that was cut short goes on where it was.

    Raises `ConfigError`, `DataError`, `ModelError`, in one line each.
    """
    run, heard = settings.as_run(), heard or Heard()
    fitting.prepare(fit_of(run))
    check_same(settings, folder / SETTINGS)
    preset = preset_of(run)
    way, views = Way(settings=run, preset=preset), 2 if settings.by == "contrastive" else 1
    shelf = shelf_of(way, folder)
    readable, refused = decodable(clips, shelf, heard)
    found = sides(readable, settings)
    body = body_of(run, preset)
    pretext = pretext_of(settings, body, preset)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    keep_settings(settings, folder / SETTINGS)
    learnt, judged = found.of("train"), found.of("val")

    def judge() -> Metrics:
        # The same sights and the same chance each time, and none of that of the learning.
        sights = ClipViews(judged, shelf, way, views=views)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            figures: Metrics = judge_views(pretext, sights, settings.batch)
        return figures

    lesson = Lesson(
        model=pretext,
        pictures=ClipViews(learnt, shelf, way, views=views),
        together=together,
        judged=judge,
        goal="minus_loss",
    )
    card = _card(settings, preset, found)
    steps = run_fit(lesson, card, folder, fit=fit_of(run), told=heard.learnt)
    metrics = {name: value for name, value in judge().items() if name != "minus_loss"}
    if is_first():
        about = {"clips": len(learnt), "judged": len(judged), "dataset": found.version, **metrics}
        keep(body, preset, settings, folder, about)
    return Pretrained(
        folder=folder, metrics=metrics, learnt=len(learnt), judged=len(judged),
        refused=refused, steps=steps,
    )  # fmt: skip


def sides(clips: Sequence[VideoClip], settings: PretrainSettings) -> ClipSet:
    """Clips to learn from (`train`), to judge by (`val`), and to leave alone (`test`).

    Where there are words or splits, they part clips as `vigil video train` parts them, so that
    what it tests by stays unseen here, too; otherwise nothing is kept for a test. Raises
    `DataError`.
    """
    labelled = any(clip.words or clip.parts or clip.split for clip in clips)
    few = {"val": SHARES["val"]}
    split = split_up(clips, settings.data) if labelled else drawn(clips, few)
    check_groups(split, settings.data)
    found = ClipSet(clips=tuple(split), labels=(), source=settings.data)
    least = 2 if settings.by == "contrastive" else 1
    for name in ("train", "val"):
        count = len(found.of(name))
        if count < least:
            raise DataError(
                f"{settings.data}: {count} clips in the split {name!r}; allowed: {least} or more"
            )
    return found


def together(sights: Sequence[Sights]) -> dict[str, Tensor]:
    """A batch: `rgb` (b, t, 3, h, w), and `other` where each clip was seen twice."""
    names = ("rgb", "other")[: len(sights[0])]
    views = zip(*sights, strict=True)
    return {name: streams_of(view)["rgb"] for name, view in zip(names, views, strict=True)}


@torch.no_grad()
def judge_views(pretext: nn.Module, sights: ClipViews, batch: int) -> Metrics:
    """The means over clips of what it finds; `minus_loss` rises as it gets better."""
    pretext.eval()
    device = next(pretext.parameters()).device
    # Even batches: a clip that is left over could not be told from others.
    sums: dict[str, float] = {}
    for few in np.array_split(np.arange(len(sights)), max(1, len(sights) // batch)):
        given = together([sights[int(number)] for number in few])
        found = pretext(**{name: each.to(device) for name, each in given.items()})
        for name, value in found.items():
            sums[name] = sums.get(name, 0.0) + float(value) * len(few)
    means = {name: value / len(sights) for name, value in sums.items()}
    return means | {"minus_loss": -means["loss"]}


def keep(
    body: Body, preset: Preset, settings: PretrainSettings, folder: Path,
    about: Mapping[str, object],
) -> None:  # fmt: skip
    """Write what a run that learns words begins with; the weights last."""
    told = {"network": settings.network, "preset": asdict(preset), "by": settings.by, **about}
    write_durably(folder / PRETRAINED, (json.dumps(told, indent=1) + "\n").encode())
    beside = folder / f".{keeping.WEIGHTS}"
    save_file({name: each.contiguous() for name, each in body.state_dict().items()}, beside)
    put_in_place(beside, folder / keeping.WEIGHTS)


def _card(settings: PretrainSettings, preset: Preset, found: ClipSet) -> ModelCard:
    """Of the run's book only: without words there is nothing for the watch."""
    return ModelCard(
        name=settings.name.lower(),
        file=keeping.WEIGHTS,
        head="",
        labels=(),
        input=ModelInput(width=preset.side, height=preset.side, fit="stretch"),
        dataset=found.version,
    )
