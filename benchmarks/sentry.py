"""The detector that comes with Vigil beside other small ones, on footage that none of ours taught.

Needs the folder of real footage (VIGIL_TEST_DATA), with its models. What counts as true was
reviewed picture by picture, as `benchmarks/unseen.py` tells.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import openvino

from benchmarks.footage import DATA
from benchmarks.report import Report
from benchmarks.unseen import NAMES, WORDS, Looker, Tally, tally, unseen_pictures
from vigil.infer.adding import add_model
from vigil.infer.registry import Registry

OURS = "vigil-sentry"
RIVALS = ("yolox-nano-416", "nanodet-m-320", "fastestdet-352")
TRUE = 0.9
"""Precision that a word of ours must have."""
MOST_MB, MOST_MS = 4.0, 10.0
"""Of the weights, and of a look: as a camera's default it looks only where something moves, which
leaves it twice the time of a `sentry` at 320 px."""
LOOKS = 60
"""Looks whose median is the time of one."""


def main() -> int:
    report = Report("sentry")
    models = DATA / "models" / "detect"
    if not models.is_dir():
        print(f"no real footage in {DATA}; VIGIL_TEST_DATA names its folder")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        registry = Registry(Path(folder))
        for path in (*sorted(models.glob("*.onnx")), *sorted(models.glob("*.xml"))):
            add_model(registry, str(path), fetch=lambda _address, _path: None)
        pictures = [picture for picture in unseen_pictures() if not picture.chose]
        report.say(f"{len(pictures)} pictures")
        tallies = {}
        for name in (OURS, *RIVALS):
            looker = Looker(registry, name)
            seen = [looker.look(picture.image) for picture in pictures]
            tallies[name] = {word: tally(pictures, seen, word) for word in WORDS}
            report.say(f"{name} has looked")
        compare(report, registry, tallies)
        conditions(report, registry, tallies[OURS])
        cost(report, registry)
    return report.write()


def compare(report: Report, registry: Registry, tallies: dict[str, dict[str, Tally]]) -> None:
    """All detectors against one truth, each at the score on its card."""
    rows = []
    for name, by_word in tallies.items():
        card, _ = registry.resolve(name)
        for word in sorted({NAMES[label] for label in card.labels if label in NAMES}):
            found = by_word[word]
            sure = found.score_for(TRUE)
            rows.append(
                (
                    name,
                    word,
                    found.things,
                    f"{found.average_precision():.3f}",
                    f"{card.score:.2f}",
                    f"{found.precision(card.score):.3f}",
                    f"{found.recall(card.score):.3f}",
                    f"{found.recall(sure):.3f}" if sure < 1 else "none",
                )
            )
            if name == OURS:
                precision = found.precision(card.score)
                report.claim(f"{word}: precision at the card's score", precision, TRUE)
    columns = (
        "detector", "word", "things", "AP50", "score", "precision", "recall",
        "recall where 0.9 is true",
    )  # fmt: skip
    report.table(
        "Unseen footage; truth reviewed picture by picture, once, by one reviewer", columns, rows
    )
    ours_card, _ = registry.resolve(OURS)
    report.claim("words that earn it, of person and vehicle", len(ours_card.labels), len(WORDS))
    for word in ours_card.labels:
        ours = tallies[OURS][word].average_precision()
        least = tallies["fastestdet-352"][word].average_precision()
        report.claim(f"{word}: AP50 against FastestDet's", ours / max(least, 1e-6), 1.0, "times")


def conditions(report: Report, registry: Registry, ours: dict[str, Tally]) -> None:
    """Recall of our detector by footage, light, size and crowding, at the card's score."""
    card, _ = registry.resolve(OURS)
    rows = []
    for word in card.labels:
        for name, (scores, things) in sorted(ours[word].found_at.items()):
            rows.append((word, name, things, f"{(scores >= card.score).sum() / things:.2f}"))
    columns = ("word", "where", "things", "recall")
    title = f"{OURS} at {card.score:.2f} (small: lower than 15 % of the picture)"
    report.table(title, columns, rows)


def cost(report: Report, registry: Registry) -> None:
    """Processor time of one picture through the network alone, and the file's size."""
    rows = []
    for name in (OURS, *RIVALS):
        card, folder = registry.resolve(name)
        path = folder / card.file
        size_mb = path.stat().st_size / 1e6
        plain, other = onnx_ms(path), openvino_ms(path)
        rows.append(
            (name, f"{card.input.width}x{card.input.height}", f"{plain:.2f}", f"{other:.2f}",
             f"{size_mb:.2f}")
        )  # fmt: skip
        if name == OURS:
            report.claim("size of the weights", size_mb, MOST_MB, "MB", better="lower")
            report.claim("one look, ONNX Runtime, one thread", plain, MOST_MS, "ms", better="lower")
    columns = ("detector", "input", "ONNX Runtime ms", "OpenVINO ms", "MB")
    report.table("One look, one thread, processor time, network alone", columns, rows)


def onnx_ms(path: Path) -> float:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    (port, *_) = session.get_inputs()
    picture = np.random.default_rng(0).uniform(0, 255, port.shape).astype(np.float32)
    return median_ms(lambda: session.run(None, {port.name: picture}))


def openvino_ms(path: Path) -> float:
    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    compiled = core.compile_model(core.read_model(path), "CPU", settings)
    port = compiled.input(0)
    picture = np.random.default_rng(0).uniform(0, 255, list(port.shape)).astype(np.float32)
    request = compiled.create_infer_request()
    return median_ms(lambda: request.infer({port: picture}))


def median_ms(look: Callable[[], object]) -> float:
    """Of the process: what others do on the machine does not count."""
    for _ in range(5):
        look()
    times = []
    for _ in range(LOOKS):
        began_s = time.process_time()
        look()
        times.append(time.process_time() - began_s)
    return float(np.median(times)) * 1e3
