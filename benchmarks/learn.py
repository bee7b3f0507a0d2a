"""What is learnt from a teacher: a student of an algorithm, and three other parts.

    python -m benchmarks learn [flame kitchen] [--only student] [--seeds N] [--first SEED]
                               [--views N] [--begin MODEL] [--side PX]
    python -m benchmarks learn --only turn|above|boxes

Each part says what it does: `student`, `turn`, `above`, `boxes` in this folder.
"""

import argparse
from collections.abc import Callable

from benchmarks.above import above
from benchmarks.boxes import boxes
from benchmarks.footage import CACHE, DATA
from benchmarks.report import Report
from benchmarks.student import LEARNT, student
from benchmarks.turn import turn
from benchmarks.twostep import LITE, WITH_LITE
from benchmarks.unlabelled_pictures import VIEWS
from vigil.infer import Registry, add_model
from vigil.infer.embedders import embedder_for
from vigil.train.beginning import Begin
from vigil.train.converting import convert
from vigil.train.fitting import Fit

OTHERS: dict[str, Callable[[Report], None]] = {"turn": turn, "above": above, "boxes": boxes}
"""Parts besides `student` that need no settings."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks learn", description=__doc__)
    parser.add_argument("tasks", nargs="*", choices=[*LEARNT, []])
    parser.add_argument("--only", choices=["student", *OTHERS], help="the part to run")
    parser.add_argument("--seeds", type=int, default=5, help="draws")
    parser.add_argument("--first", type=int, default=0, help="the first draw; settings: from 100")
    parser.add_argument("--views", type=int, default=VIEWS, help="rendered, ten pictures of each")
    parser.add_argument("--begin", default=LITE, help="the body of students")
    parser.add_argument("--side", type=int, default=224)
    options = parser.parse_args()
    chosen = options.tasks or LEARNT
    report = Report("learn")
    if options.only in OTHERS:
        OTHERS[options.only](report)
        return report.write(part=True)
    registry = Registry(CACHE / "student" / "models")
    if not any(entry.name == LITE for entry in registry.entries()):
        for file in sorted((DATA / "models" / "embed").glob("*.tflite")):
            add_model(registry, str(file), fetch=lambda address, path: None)
        convert(LITE, registry)
    card, folder = registry.resolve(options.begin)
    begin = Begin(card=card, folder=folder, keep="body", maps=CACHE / "student" / "maps")
    fit = Fit(side=options.side)
    seeds = range(options.first, options.first + options.seeds)
    for name in chosen:
        student(report, name, embedder_for(WITH_LITE, registry), seeds, begin, fit, options.views)
        # Draws on which settings are chosen are not reported.
        if not options.first:
            report.write(part=True)
    return 0
