"""Networks of clips by two engines: ONNX Runtime, which the watch runs them with, and OpenVINO.

    python -m benchmarks video --only engines [--networks tsm-mobilenet vivit …]

The same exported file, 32-bit floats, one thread, batch of one; the engines take turns in one run,
and each figure is the median of its turns, processor time. A ratio above 1: OpenVINO is faster.
"""

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import openvino
import torch

from benchmarks.report import Report
from benchmarks.video_cost import NETWORKS, card_of, drawn, settled
from vigil.infer.onnx_session import opened
from vigil.models.tsm import TSM
from vigil.train.video.shipping import export_clips, export_stream

ALIKE = 1e-4
"""Largest difference of a probability between two engines."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks video --only engines")
    small = [name for name, sizes in NETWORKS.items() if "small" in sizes]
    parser.add_argument("--networks", nargs="*", choices=small, default=small)
    parser.add_argument("--turns", type=int, default=7)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    report = Report("video")
    rows = []
    for name in chosen.networks:
        for form, (onnx_ms, openvino_ms, off) in raced(name, chosen.turns).items():
            ratio = onnx_ms / openvino_ms
            rows.append([name, form, f"{onnx_ms:.1f}", f"{openvino_ms:.1f}", f"{ratio:.2f}"])
            assert off < ALIKE, f"{name}, {form}: engines differ by {off}"
            report.say(f"{name}, {form}: {ratio:.2f}")
            report.claim(
                f"{name}, small, {form}: OpenVINO, times as fast as ONNX Runtime", ratio, 1.5
            )
    report.table(
        "engines: an answer, CPU ms", ["network", "form", "ONNX Runtime", "OpenVINO", "ratio"], rows
    )
    return report.write(part=True)


def raced(name: str, turns: int) -> dict[str, tuple[float, float, float]]:
    """By form: milliseconds of both, and how far their answers are apart."""
    sized = NETWORKS[name]["small"]
    torch.manual_seed(0)
    network, card = settled(sized), card_of(name, sized)
    clip = drawn(sized, 0)
    with tempfile.TemporaryDirectory(prefix="vigil-engines-") as place:
        folder = Path(place)
        export_clips(network, card, folder, [clip])
        files = {"clip": folder / card.file}
        if isinstance(network, TSM):
            named = replace(card, name=f"{name}-stream", file=f"{name}-stream.onnx")
            files["a picture of a stream"] = (
                folder / export_stream(network, named, folder, [clip]).file
            )
        return {form: race(path, turns) for form, path in files.items()}


def race(path: Path, turns: int) -> tuple[float, float, float]:
    session = opened(path, ("CPUExecutionProvider",))
    chance = np.random.default_rng(0)
    feed = {
        each.name: chance.normal(0, 1, each.shape).astype(np.float32)
        for each in session.get_inputs()
    }
    core = openvino.Core()
    settings = {
        "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
    }  # fmt: skip
    compiled = core.compile_model(core.read_model(path), "CPU", settings)
    request = compiled.create_infer_request()
    given = [feed[each.get_any_name()] for each in compiled.inputs]
    ways: tuple[Callable[[], Any], ...] = (
        lambda: session.run(None, feed),
        lambda: request.infer(given, share_inputs=True),
    )
    took: tuple[list[float], list[float]] = ([], [])
    for turn in range(turns + 1):
        for way, times in zip(ways, took, strict=True):
            began_s = process_time()
            way()
            if turn:  # the first one warms up
                times.append(1000 * (process_time() - began_s))
    off = np.abs(request.get_output_tensor(0).data - session.run(None, feed)[0]).max()
    return float(np.median(took[0])), float(np.median(took[1])), float(off)
