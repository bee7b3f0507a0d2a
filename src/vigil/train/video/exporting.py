"""From a run to the file that the watch opens: ONNX, checked on real clips.

A network that only looks back can be exported as a stream, too: one picture at a time.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from vigil.core import ConfigError, Image, ModelCard, ModelClip, ModelInput
from vigil.models.mobilenet_v2 import MobileNetV2
from vigil.models.tsm import TSM
from vigil.train.video.asking import Asked
from vigil.train.video.bodies import PIXELS, Shifted
from vigil.train.video.clips import VideoClip
from vigil.train.video.learning import clip_card
from vigil.train.video.shelf import Shelf
from vigil.train.video.shipping import export_clips, export_stream

COMPARED = 4
"""Clips on which a file must answer as its network."""


class OfPixels(nn.Module):
    """A network of one run as files take it: RGB (b, t, 3, h, w) from 0 to 255 to logits (b, k)."""

    def __init__(self, asked: Asked) -> None:
        super().__init__()
        self.network = asked.network

    def forward(self, clips: Tensor) -> Tensor:
        return self.network({"rgb": clips})


def export_run(
    asked: Asked,
    clips: Sequence[VideoClip],
    shelf: Shelf,
    folder: Path,
    *,
    licence: str,
    stream: bool = False,
) -> ModelCard:
    """Write the file into a folder, and compare it with the network on `clips`; its card.

    Raises `ConfigError` for what one file cannot say (several streams, numbers, moments, an SVM or
    neighbours), and `ModelError` when the file answers otherwise than the network.
    """
    need_one_file(asked)
    compared = [pictures_of(asked, clip, shelf) for clip in clips[:COMPARED]]
    card = watch_card(asked, clips, shelf, licence=licence)
    if not stream:
        export_clips(OfPixels(asked), card, folder, compared)
        return card
    preset = asked.way.preset
    normalised = replace(
        card.input,
        mean=tuple(PIXELS * each for each in preset.mean),
        scale=tuple(1 / (PIXELS * each) for each in preset.spread),
    )
    return export_stream(one_by_one(asked), replace(card, input=normalised), folder, compared)


def watch_card(
    asked: Asked, clips: Sequence[VideoClip], shelf: Shelf, *, licence: str
) -> ModelCard:
    """What the watch has to know; pictures a second are those of the median clip."""
    settings, preset = asked.way.settings, asked.way.preset
    seconds = float(np.median([shelf.kept(clip).span.seconds for clip in clips[:COMPARED]]))
    if settings.sampling == "dense":
        seconds = settings.step_s * preset.frames
    return replace(
        clip_card(asked, licence=licence),
        input=ModelInput(width=preset.side, height=preset.side, fit="stretch"),
        clip=ModelClip(frames=preset.frames, rate=round(preset.frames / max(seconds, 0.1), 3)),
    )


def pictures_of(asked: Asked, clip: VideoClip, shelf: Shelf) -> list[Image]:
    """The first sight of a clip, as a file takes it."""
    seen = asked.way.judged(shelf.kept(clip))[0]
    assert seen.rgb is not None
    return list(seen.rgb)


def one_by_one(asked: Asked) -> TSM:
    """The TSM of a run with its head inside, as streams want it; takes normalised pictures.

    Raises `ConfigError` where there is none, or it looks at the next picture.
    """
    body = asked.network.bodies["rgb"]
    if not isinstance(body, Shifted) or not asked.way.settings.causal:
        raise ConfigError("--stream: needs a run of tsm-r50 or tsm-mobilenet with --causal")
    if asked.way.settings.head != "linear":
        raise ConfigError("--stream: needs a run with the head: linear")
    network, line = body.network, asked.network.heads["all"].line
    if isinstance(network.base, MobileNetV2):
        network.base.classifier = line
    else:
        network.base.fc = line
    return network


def need_one_file(asked: Asked) -> None:
    """Raises `ConfigError` for what one file cannot say, with every reason."""
    settings = asked.way.settings
    found = [
        f"{name}: {value}; a file of the watch needs: {needed}"
        for name, value, needed in (
            ("streams", ", ".join(settings.streams), "rgb"),
            ("task", settings.task, "one"),
        )
        if value != needed
    ]
    if settings.head in ("svm", "knn"):
        found.append(f"head: {settings.head}; a file of the watch needs: linear, probe")
    if found:
        raise ConfigError(found)
