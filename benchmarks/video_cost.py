"""What networks of clips cost: milliseconds of one processor core, in torch and as files.

    python -m benchmarks video --only cost [--networks tsm-mobilenet …] [--sizes small published]
        [--forms torch ONNX …] [--runs 5] [--no-thin]

Processor time of one thread, batch of one: torch and all files take turns, and each figure is the
median of its turns. Weights are random: they cost as much as any. `small`: sizes that a processor
trains, 112 pixels; `published`: those of the papers. ONNX is run by ONNX Runtime, the same graph
as IR by OpenVINO; eight bits are those of `vigil video export --int8`, and what they change is the
largest difference of a probability from the file in full. A stream is shown one picture; a network
of clips is shown a whole clip for each new picture, or, as the watch does it, whenever a quarter of
the clip is news. A picture alone, of which nothing is held, tells what is the price of a stream and
what that of batches of one. Last, channels are taken out, and the thinned file is timed.
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
from vigil.train.video import for_openvino
from vigil.train.video.compressing import answer_ms, in_eight_bits, megabytes
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
RUNS = 5
"""Turns, after one that warms up."""
TORCH, FULL = "torch", "ONNX"
MADE: Mapping[str, Callable[[ModelCard, Path, Sequence[list[Image]]], ModelCard]] = {
    f"{FULL}, 8 bits": in_eight_bits,
    "OpenVINO": for_openvino.in_full,
    "OpenVINO, 8 bits": for_openvino.in_eight_bits,
}
"""What is made of the ONNX file."""
FORMS = (TORCH, FULL, *MADE)


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
    parser.add_argument("--forms", nargs="*", choices=FORMS, default=FORMS)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--thin", action=argparse.BooleanOptionalAction, default=True)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    report = Report("video")
    for size in chosen.sizes:
        for name in chosen.networks:
            if size in NETWORKS[name]:
                one(report, name, size, chosen)
                report.write(part=True)
    return 0


def one(report: Report, name: str, size: str, chosen: argparse.Namespace) -> None:
    """One network at one size, in all its forms."""
    sized = NETWORKS[name][size]
    torch.manual_seed(0)
    network = settled(sized)
    card = card_of(name, sized)
    clips = [drawn(sized, seed) for seed in range(2 if size == "small" else 1)]
    title = f"{name}, {size}"
    with tempfile.TemporaryDirectory(prefix="vigil-video-") as place:
        folder = Path(place)
        export_clips(network, card, folder, clips[:1])
        cards = forms_of(report, title, card, folder, clips, chosen.forms)
        asked = {
            form: partial(judged_by, clip_session(each, folder / each.file), clips[0])
            for form, each in cards.items()
        }
        if TORCH in chosen.forms:
            asked = {TORCH: partial(judged_by_torch, network, card, clips[0])} | asked
        took = medians(in_turns(asked, chosen.runs))
        rows = [
            row(
                form,
                sized,
                took[form],
                took[form],
                took[FULL],
                measured(cards, form, folder, clips),
            )
            for form in took
        ]
        ratios(report, f"{title}, clip", took)
        if isinstance(network, TSM):
            rows += stream(report, title, network, card, folder, clips, sized, chosen)
        if chosen.thin and size == "small" and not isinstance(network, VideoTransformer):
            thinned(report, name, network, card, folder, clips, chosen.runs, took[FULL])
    columns = list(rows[0])
    report.table(
        f"cost of {title}: {sized.frames} pictures of {sized.side} px",
        columns,
        [[each[column] for column in columns] for each in rows],
    )


def forms_of(
    report: Report, title: str, card: ModelCard, folder: Path, clips: Sequence[list[Image]],
    wanted: Sequence[str],
) -> dict[str, ModelCard]:  # fmt: skip
    """The ONNX file, and what can be made of it."""
    found = {FULL: card}
    for form, make in MADE.items():
        if form not in wanted:
            continue
        try:
            made = make(card, folder, clips)
            said_by_file(made, folder, clips[:1])
        except (VigilError, RuntimeError, ValueError) as error:
            report.say(f"{title}: no {form}: {' '.join(str(error).split())[:120]}")
        else:
            found[form] = made
    return found


def stream(
    report: Report, title: str, network: TSM, card: ModelCard, folder: Path,
    clips: Sequence[list[Image]], sized: Sized, chosen: argparse.Namespace,
) -> list[dict[str, object]]:  # fmt: skip
    """Rows of the streams; claims what a new picture costs."""
    frames, clip = len(clips[0]), clips[0]
    named = replace(card, name=f"{card.name}-stream", file=f"{card.name}-stream.onnx")
    streaming = export_stream(network, named, folder, clips[:1])
    alone = replace(
        card, name=f"{card.name}-alone", file=f"{card.name}-alone.onnx",
        clip=replace(clip_of(card), frames=1),
    )  # fmt: skip
    export_clips(network, alone, folder, [clip[:1]])
    cards = forms_of(report, f"{title}, stream", streaming, folder, clips, chosen.forms)
    sessions = {form: clip_session(each, folder / each.file) for form, each in cards.items()}
    whole, single = (clip_session(each, folder / each.file) for each in (card, alone))
    controls = {
        "a share of its clip": partial(judged_by, whole, clip),
        "alone, nothing held": lambda: [judged_by(single, [picture]) for picture in clip],
    }
    streams = {form: partial(judged_by, each, clip) for form, each in sessions.items()}
    took = in_turns(controls | streams, chosen.runs)
    tell_where(report, title, {each: took[each] for each in (*controls, FULL)}, frames)
    middle = medians(took)
    ratios(report, f"{title}, a picture of a stream", middle)
    report.claim(
        f"{title}: a new picture to a stream, times cheaper than judging its clip anew",
        frames * middle["a share of its clip"] / middle[FULL], frames,
    )  # fmt: skip
    held = sessions[FULL]
    assert isinstance(held, StreamSession)
    report.claim(f"{title}: kept of each stream", held.held_bytes / 1e6, 1.0, "MB", better="lower")
    return [
        row(
            f"stream, {form}", sized, middle[form], middle[form] / frames, middle[FULL],
            measured(cards, form, folder, clips),
        )
        for form in cards
    ]  # fmt: skip


def tell_where(
    report: Report, title: str, asked: Mapping[str, Sequence[float]], frames: int
) -> None:
    """What a picture costs within a clip, alone, and in a stream: where the gain goes."""
    report.table(
        f"a new picture to {title}",
        ("how it is asked", "CPU ms", "lower quarter", "upper quarter"),
        [
            (
                "of a stream" if how == FULL else how,
                *(f"{value / frames:.2f}" for value in np.quantile(took, (0.5, 0.25, 0.75))),
            )
            for how, took in asked.items()
        ],
    )


def ratios(report: Report, title: str, took: Mapping[str, float]) -> None:
    """Claim how OpenVINO compares, in full with ONNX Runtime in full, in bytes with its bytes."""
    for words, one, other, goal in (
        ("OpenVINO", FULL, "OpenVINO", 1.5),
        ("OpenVINO in eight bits", f"{FULL}, 8 bits", "OpenVINO, 8 bits", 1.0),
    ):
        if one in took and other in took:
            report.claim(
                f"{title}: {words}, times as fast as ONNX Runtime", took[one] / took[other], goal
            )


def in_turns(asked: Mapping[str, Callable[[], object]], runs: int) -> dict[str, list[float]]:
    """Milliseconds of each, by turns: what else the machine does slows all of them."""
    took: dict[str, list[float]] = {how: [] for how in asked}
    for turn in range(runs + 1):
        for how, ask in asked.items():
            began_s = process_time()
            ask()
            if turn:  # the first warms up
                took[how].append(1000 * (process_time() - began_s))
    return took


def medians(took: Mapping[str, Sequence[float]]) -> dict[str, float]:
    return {how: float(np.median(each)) for how, each in took.items()}


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
def judged_by_torch(network: nn.Module, card: ModelCard, clip: Sequence[Image]) -> object:
    return network(laid_out(card, clip))


def measured(
    cards: Mapping[str, ModelCard], form: str, folder: Path, clips: Sequence[list[Image]]
) -> tuple[float, float]:
    """Megabytes of a file, and the largest difference of a probability from the one in full."""
    if form not in cards:
        return 0.0, 0.0
    pairs = zip(*(said_by_file(cards[each], folder, clips) for each in (FULL, form)), strict=True)
    off = max(float(np.abs(one - two).max()) for one, two in pairs)
    return megabytes(cards[form], folder), off


def row(
    form: str, sized: Sized, clip_ms: float, new_ms: float, full_ms: float,
    file: tuple[float, float],
) -> dict[str, object]:  # fmt: skip
    """`new_ms`: of a new picture; `full_ms`: what the same costs in ONNX, in full."""
    asked_hz = RATE if form.startswith("stream") else RATE / max(1, sized.frames // JUDGED)
    size_mb, off = file
    return {
        "as": form,
        "clips/s": round(1000 / clip_ms, 2),
        "ms a clip": round(clip_ms, 1),
        "ms a picture": round(clip_ms / sized.frames, 2),
        "ms a new picture": round(new_ms, 2),
        "times as fast as ONNX": round(full_ms / clip_ms, 2),
        f"% of a core at {RATE:g} Hz": round(new_ms * asked_hz / 10, 1),
        "MB": round(size_mb, 1),
        "8 bits differ by": round(off, 3),
    }
