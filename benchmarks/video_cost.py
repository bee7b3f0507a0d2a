"""What networks of clips cost: milliseconds of one processor core, in torch and as files.

    python -m benchmarks video --only cost [--networks tsm-mobilenet …] [--sizes small published]

Processor time of one thread, batch of one, the median of a few runs. Weights are random: they
cost as much as any. `small`: sizes that a processor trains, 112 pixels; `published`: those of the
papers. What eight bits change is the largest difference of a probability from the file in full. A
stream is shown one picture; a network of clips is shown a whole clip for each new picture, or,
as the watch does it, whenever a quarter of the clip is news. A picture alone, of which nothing is
held, tells what is the price of a stream and what that of batches of one. Last, channels are taken
out, and the thinned file is timed beside the whole one.
"""

import argparse
import copy
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import process_time

import numpy as np
import torch
from torch import nn

from benchmarks.report import Report
from vigil.core import Image, ModelCard, ModelClip, ModelInput, VigilError
from vigil.infer.clip_session import StreamSession, clip_of, clip_session
from vigil.models.i3d import I3D
from vigil.models.i3d_r50 import I3DR50
from vigil.models.mobilenet_v2 import MobileNetV2
from vigil.models.resnet import ResNet
from vigil.models.tsm import TSM
from vigil.models.video_transformer import VideoTransformer
from vigil.stages.sense.clip_memory import JUDGED
from vigil.train.video.compressing import answer_ms, in_eight_bits
from vigil.train.video.pruning import prune
from vigil.train.video.shipping import (
    export_clips,
    export_stream,
    judged_by,
    laid_out,
    said_by_file,
)

CLASSES = 10
RATE = 4.0
"""Pictures a second that a camera shows a network."""
THINNED = (0.25, 0.5)
"""Shares of the channels that are taken out."""
RUNS = 3
TURNS = 9
"""In which a clip, its pictures one by one, and a stream of them are asked."""
FULL, BYTES = "ONNX", "ONNX, 8 bits"


@dataclass(frozen=True, kw_only=True)
class Sized:
    """A network at one size."""

    make: Callable[[], nn.Module]
    frames: int
    side: int
    cthw: bool = False


def transformer(name: str, **settings: object) -> Callable[[], nn.Module]:
    return lambda: VideoTransformer.small(name, CLASSES, **settings)


BASE = {
    "image_size": 224, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
    "intermediate_size": 3072,
}  # fmt: skip
NETWORKS: dict[str, dict[str, Sized]] = {
    "i3d": {"published": Sized(make=lambda: I3D(CLASSES), frames=64, side=224, cthw=True)},
    "i3d-r50": {
        "small": Sized(make=lambda: I3DR50(CLASSES), frames=8, side=112, cthw=True),
        "published": Sized(make=lambda: I3DR50(CLASSES), frames=32, side=224, cthw=True),
    },
    "tsm-r50": {
        "small": Sized(make=lambda: TSM(ResNet(CLASSES), causal=True), frames=8, side=112),
        "published": Sized(make=lambda: TSM(ResNet(CLASSES), causal=True), frames=8, side=224),
    },
    "tsm-mobilenet": {
        "small": Sized(make=lambda: TSM(MobileNetV2(CLASSES), causal=True), frames=8, side=112),
        "published": Sized(make=lambda: TSM(MobileNetV2(CLASSES), causal=True), frames=8, side=224),
    },
    "timesformer": {
        "small": Sized(make=transformer("timesformer"), frames=8, side=112),
        "published": Sized(make=transformer("timesformer", **BASE), frames=8, side=224),
    },
    "vivit": {
        "small": Sized(make=transformer("vivit"), frames=16, side=112),
        "published": Sized(
            make=transformer("vivit", **BASE, num_frames=32), frames=32, side=224
        ),
    },
    "videomae": {
        "small": Sized(make=transformer("videomae"), frames=16, side=112),
        "published": Sized(make=transformer("videomae", **BASE), frames=16, side=224),
    },
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks video --only cost")
    parser.add_argument("--networks", nargs="*", choices=sorted(NETWORKS), default=list(NETWORKS))
    parser.add_argument("--sizes", nargs="*", choices=["small", "published"], default=["small"])
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--thin", action=argparse.BooleanOptionalAction, default=True)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    report = Report("video")
    for name in chosen.networks:
        for size in chosen.sizes:
            if size in NETWORKS[name]:
                one(report, name, size, NETWORKS[name][size], chosen.runs, thin=chosen.thin)
                report.write(part=True)
    return 0


def one(report: Report, name: str, size: str, sized: Sized, runs: int, *, thin: bool) -> None:
    """One network at one size, in all its forms."""
    torch.manual_seed(0)
    network = settled(sized)
    card = card_of(name, sized)
    clips = [drawn(sized, seed) for seed in range(2)]
    rows = [row("torch", sized, torch_ms(network, card, clips[0], runs), 0.0, 0.0)]
    report.say(f"{name}, {size}: torch {rows[0]['ms a clip']} ms")
    with tempfile.TemporaryDirectory(prefix="vigil-video-") as place:
        folder = Path(place)
        whole_ms = files(rows, network, card, folder, clips, runs, sized)
        if isinstance(network, TSM):
            stream(report, rows, f"{name}, {size}", network, card, folder, clips)
        if thin and size == "small" and not isinstance(network, VideoTransformer):
            thinned(report, name, network, card, folder, clips, runs, whole_ms)
    columns = list(rows[0])
    report.table(
        f"cost of {name}, {size}: {sized.frames} pictures of {sized.side} px",
        columns,
        [[each[column] for column in columns] for each in rows],
    )


def files(
    rows: list[dict[str, object]], network: nn.Module, card: ModelCard, folder: Path,
    clips: Sequence[list[Image]], runs: int, sized: Sized,
) -> float:  # fmt: skip
    """Add the files of whole clips; milliseconds of the one in full."""
    export_clips(network, card, folder, clips[:1])
    whole_ms = answer_ms(card, folder, clips[0], times=runs)
    rows.append(row(FULL, sized, whole_ms, megabytes(card, folder), 0.0))
    try:
        small = in_eight_bits(card, folder, clips)
        byte_ms = answer_ms(small, folder, clips[0], times=runs)
    except (VigilError, RuntimeError, ValueError) as error:
        rows.append(row(f"{BYTES}: {str(error)[:40]}", sized, float("nan"), 0.0, 0.0))
        return whole_ms
    off = difference(card, small, folder, clips)
    rows.append(row(BYTES, sized, byte_ms, megabytes(small, folder), off))
    (folder / small.file).unlink()
    return whole_ms


def stream(
    report: Report, rows: list[dict[str, object]], title: str, network: TSM, card: ModelCard,
    folder: Path, clips: Sequence[list[Image]],
) -> None:  # fmt: skip
    """Add the streams, and claim what a new picture costs."""
    frames = len(clips[0])
    named = replace(card, name=f"{card.name}-stream", file=f"{card.name}-stream.onnx")
    streaming = export_stream(network, named, folder, clips[:1])
    alone = replace(
        card, name=f"{card.name}-alone", file=f"{card.name}-alone.onnx",
        clip=replace(clip_of(card), frames=1),
    )  # fmt: skip
    export_clips(network, alone, folder, [clips[0][:1]])
    session = clip_session(streaming, folder / streaming.file)
    assert isinstance(session, StreamSession)
    forms = [(f"stream, {FULL}", streaming)]
    try:
        forms.append((f"stream, {BYTES}", in_eight_bits(streaming, folder, clips)))
    except (VigilError, RuntimeError, ValueError) as error:
        report.say(f"{title}: no stream in eight bits: {str(error)[:80]}")
    for word, made in forms:
        asked = in_turns(card, alone, made, folder, clips[0])
        clip_ms, _, step_ms = (float(np.median(each)) for each in asked.values())
        rows.append(
            {
                "as": word,
                "ms a clip": round(frames * step_ms, 1),
                "clips/s": round(1000 / (frames * step_ms), 2),
                "ms a new picture": round(step_ms, 2),
                f"% of a core at {RATE:g} Hz": round(step_ms * RATE / 10, 1),
                "MB": round(megabytes(made, folder), 1),
                "8 bits differ by": round(difference(streaming, made, folder, clips), 3),
            }
        )
        if made is streaming:
            tell_where(report, title, asked)
            report.claim(
                f"{title}: a new picture to a stream, times cheaper than judging its clip anew",
                frames * clip_ms / step_ms, frames,
            )  # fmt: skip
    report.claim(
        f"{title}: kept of each stream", session.held_bytes / 1e6, 1.0, "MB", better="lower"
    )


def tell_where(report: Report, title: str, asked: Mapping[str, Sequence[float]]) -> None:
    """What a picture costs within a clip, alone, and in a stream: where the gain goes."""
    report.table(
        f"a new picture to {title}",
        ("how it is asked", "CPU ms", "lower quarter", "upper quarter"),
        [
            (how, *(f"{value:.2f}" for value in np.quantile(took, (0.5, 0.25, 0.75))))
            for how, took in asked.items()
        ],
    )


def in_turns(
    whole: ModelCard, alone: ModelCard, streaming: ModelCard, folder: Path, clip: Sequence[Image]
) -> dict[str, list[float]]:
    """Milliseconds of a picture by turns: what else the machine does slows all three.

    Within its clip; alone, when it is the whole clip and nothing is held; and in a stream.
    """
    clips, ones, stream = (
        clip_session(card, folder / card.file) for card in (whole, alone, streaming)
    )
    asked = {
        "a share of its clip": partial(judged_by, clips, clip),
        "alone, nothing held": lambda: [judged_by(ones, [picture]) for picture in clip],
        "of a stream": partial(judged_by, stream, clip),
    }
    took: dict[str, list[float]] = {how: [] for how in asked}
    for turn in range(TURNS + 1):
        for how, ask in asked.items():
            began_s = process_time()
            ask()
            if turn:  # the first warms up
                took[how].append(1000 * (process_time() - began_s) / len(clip))
    return took


def thinned(
    report: Report, name: str, network: nn.Module, card: ModelCard, folder: Path,
    clips: Sequence[list[Image]], runs: int, whole_ms: float,
) -> None:  # fmt: skip
    """What taking channels out gains, by the exported file."""
    rows = []
    for share in THINNED:
        thin = copy.deepcopy(network)
        try:
            before, after = prune(thin, share)
        except VigilError as error:
            report.say(f"{name}: {error}")
            return
        export_clips(thin, card, folder, clips[:1])
        thin_ms = answer_ms(card, folder, clips[0], times=runs)
        gain = whole_ms / thin_ms
        rows.append([f"{share:.0%}", f"{after / before:.2f}", round(thin_ms, 1), round(gain, 2)])
    report.table(
        f"channels taken out of {name}", ["share", "parameters left", "ms a clip", "times as fast"],
        rows,
    )  # fmt: skip
    report.claim(f"{name}, small: half of the inner channels gone, times as fast", gain, 1.5)


def settled(sized: Sized) -> nn.Module:
    """A network whose norms know what comes in, as a trained one's do."""
    network = sized.make()
    norms = [
        each for each in network.modules() if isinstance(each, nn.modules.batchnorm._BatchNorm)
    ]
    if norms:
        for norm in norms:
            norm.momentum = 1.0
        few = replace(card_of("norms", sized), clip=ModelClip(frames=16, rate=RATE))
        batch = laid_out(few, drawn(replace(sized, frames=16), 5))
        with torch.no_grad():
            network.train()(batch.transpose(1, 2) if sized.cthw else batch)
    return network.eval()


def card_of(name: str, sized: Sized) -> ModelCard:
    return ModelCard(
        name=name,
        file=f"{name}.onnx",
        head="softmax",
        labels=tuple(f"word-{number}" for number in range(CLASSES)),
        input=ModelInput(
            width=sized.side, height=sized.side, fit="stretch", mean=(127.5,), scale=(1 / 63.75,)
        ),
        clip=ModelClip(frames=sized.frames, rate=RATE, layout="cthw" if sized.cthw else "tchw"),
        licence_code="Apache-2.0",
        licence_weights="random",
    )


def drawn(sized: Sized, seed: int) -> list[Image]:
    """A clip in which a bright square wanders over coarse noise."""
    chance, side = np.random.default_rng(seed), sized.side
    coarse = chance.integers(40, 180, (side // 16, side // 16, 3)).astype(np.uint8)
    ground = np.kron(coarse, np.ones((16, 16, 1), np.uint8))
    clip = []
    for number in range(sized.frames):
        picture = ground.copy()
        at = number * side // (2 * sized.frames)
        picture[at : at + side // 4, at : at + side // 4] = 240
        clip.append(picture)
    return clip


@torch.no_grad()
def torch_ms(network: nn.Module, card: ModelCard, clip: Sequence[Image], runs: int) -> float:
    took = []
    for _ in range(runs + 1):
        began_s = process_time()
        network(laid_out(card, clip))
        took.append(1000 * (process_time() - began_s))
    return float(np.median(took[1:]))


def difference(
    card: ModelCard, other: ModelCard, folder: Path, clips: Sequence[list[Image]]
) -> float:
    """The largest between the probabilities of two files."""
    if other is card:
        return 0.0
    pairs = zip(said_by_file(card, folder, clips), said_by_file(other, folder, clips), strict=True)
    return max(float(np.abs(one - two).max()) for one, two in pairs)


def megabytes(card: ModelCard, folder: Path) -> float:
    return (folder / card.file).stat().st_size / 1e6


def row(form: str, sized: Sized, clip_ms: float, size_mb: float, off: float) -> dict[str, object]:
    asked_hz = RATE / max(1, sized.frames // JUDGED)
    return {
        "as": form,
        "ms a clip": round(clip_ms, 1),
        "clips/s": round(1000 / clip_ms, 2),
        "ms a new picture": round(clip_ms, 2),
        f"% of a core at {RATE:g} Hz": round(clip_ms * asked_hz / 10, 1),
        "MB": round(size_mb, 1),
        "8 bits differ by": round(off, 3),
    }
