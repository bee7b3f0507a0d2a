"""Fight or no fight by networks that learn: all, a few, or none of their parameters.

    python -m benchmarks video --only networks [--seeds 3] [--folds 3]

The clips and their scenes are those of `--only fights`, the folds fewer; what frozen features of
that benchmark reach with as few stands beside the networks. A small VideoMAE first paints what
is hidden in clips of other films that nobody labelled, and then learns fights: in full, by LoRA, or
with a head alone; the same from random weights shows what that was worth. An SVM is fitted to what
each network says at the end. The epoch is chosen by clips that are neither learnt nor judged. Runs
are kept in the cache, so that a benchmark that was cut short goes on.
"""

import argparse
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean

import numpy as np
import torch

from benchmarks import fight_heads
from benchmarks.fight_clips import RATE, SECONDS, Marks, fight_clips, marks_of, parted, scenes_of
from benchmarks.fight_heads import COLUMNS, HEADS, HeadKind, Heads, Judged, Tables, row, spread
from benchmarks.fight_networks import FRAMES, SIDE, WAYS, Run, Runs, Way, rows, told
from benchmarks.fight_plot import drawn
from benchmarks.footage import CACHE
from benchmarks.report import Report
from benchmarks.unlabelled import pretrained
from benchmarks.video_fights import CLIPS, GOAL, kept_tables
from vigil.train.video.settings import PretrainSettings

RECIPE = 1
"""Goes up when runs are made in another way, so that old ones are not used."""
FILE = Path(__file__).parent.parent / "docs" / "images" / "fight-networks.svg"
BEFORE = PretrainSettings(
    data="unlabelled films", name="seen", network="videomae", by="masked", masked=0.75,
    frames=FRAMES, side=SIDE, sampling="segments", framing="stretch", rate_hz=RATE, epochs=30,
    batch=16,
)  # fmt: skip
FULL, LORA, FROZEN = (Way(stream="rgb", mode=mode) for mode in ("full", "lora", "frozen"))
Found = Mapping[Way, Mapping[int, Sequence[Run]]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks video --only networks")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folds", type=int, default=3)
    chosen = parser.parse_args()
    if not CLIPS.is_dir():
        print(f"no clips in {CLIPS}; VIGIL_TEST_DATA names the folder of real footage")
        return 2
    torch.set_num_threads(1)
    report = Report("video")
    clips = fight_clips(CLIPS)
    marks, scenes = marks_of(clips), scenes_of(clips)
    state = [(clip.path.name, clip.told, clip.start_s) for clip in clips]
    digest = hashlib.sha256(f"{RECIPE} {BEFORE} {state}".encode()).hexdigest()[:10]
    folder = CACHE / f"fight-networks-{digest}"
    weights = pretrained(report, BEFORE, folder / "seen", SECONDS)
    runs = Runs(folder, weights, clips, marks, scenes)
    found: dict[Way, dict[int, list[Run]]] = {way: {} for way in WAYS}
    for seed in range(chosen.seeds):
        for way in WAYS:
            folds = range(chosen.folds)
            made = found[way][seed] = [runs.done(way, seed, fold, chosen.folds) for fold in folds]
            report.say(f"seed {seed}, {way.name}: {mean(run.seconds for run in made):.0f} s a run")
    draws = [parted(marks, scenes, folds=chosen.folds, seed=seed) for seed in range(chosen.seeds)]
    table = [*fixed_rows(kept_tables(clips), marks, scenes, draws), *rows(found, marks)]
    report.table("fight or no fight, by networks", COLUMNS, table)
    before_labels(report, found, marks)
    claims(report, found, marks)
    FILE.write_text(drawn(table, GOAL), encoding="utf-8")
    return report.write(part=True)


def fixed_rows(
    tables: Tables, marks: Marks, scenes: Marks, draws: Sequence[Sequence[tuple[Marks, Marks]]]
) -> Iterator[tuple[object, ...]]:
    """What heads on frozen features of single pictures reach by these folds."""
    folds = [
        [(judged, Heads(tables, marks, scenes, learnt, judged, seed)) for learnt, judged in draw]
        for seed, draw in enumerate(draws)
    ]
    for streams in (("RGB",), ("RGB", "flow")):
        for head in HEADS:
            way = fight_heads.Way(streams=streams, head=head)
            reached = []
            for draw in folds:
                said = np.zeros(len(marks))
                for judged, heads in draw:
                    said[judged] = heads.said(way)
                reached.append(Judged.of(said, marks))
            every = [heads for draw in folds for _, heads in draw]
            yield row(
                f"features of pictures: {way.name}", reached, every[0].learnt(way),
                mean(heads.cost_s([way]) for heads in every),
            )  # fmt: skip


def before_labels(report: Report, found: Found, marks: Marks) -> None:
    """What learning without labels first is worth, seed by seed."""
    lines = []
    for mode in ("full", "frozen"):
        first, without = (
            Way(stream="rgb", mode=mode, pretrained=before) for before in (True, False)
        )
        for head in ("softmax", "SVM"):
            pairs = zip(
                judged(found, first, head, marks), judged(found, without, head, marks), strict=True
            )
            gains = [(one.accuracy - two.accuracy, one.auc - two.auc) for one, two in pairs]
            accuracy, auc = ([each[at] for each in gains] for at in (0, 1))
            lines.append(
                (
                    f"{mode}, {head}", f"{mean(accuracy):+.3f}", f"{spread(accuracy):.3f}",
                    f"{mean(auc):+.3f}", f"{spread(auc):.3f}",
                )
            )  # fmt: skip
            if (mode, head) == ("full", "softmax"):
                report.claim(
                    "fights, masked pre-training first: accuracy above that from random weights",
                    mean(accuracy), 0.0,
                )  # fmt: skip
    columns = ("learnt", "accuracy gained", "spread", "AUC gained", "AUC spread")
    report.table("fights: what pre-training without labels gains", columns, lines)


def claims(report: Report, found: Found, marks: Marks) -> None:
    """What was to be shown."""
    accuracy = {
        way: mean(each.accuracy for each in judged(found, way, "softmax", marks))
        for way in (FULL, LORA, FROZEN)
    }
    for way, value in accuracy.items():
        report.claim(f"fights, network {way.mode}: accuracy on scenes never seen", value, GOAL)
    report.claim(
        "fights, LoRA: accuracy above that of full", accuracy[LORA] - accuracy[FULL], -0.01
    )
    full, few = found[FULL][0][0].learnt, found[LORA][0][0].learnt
    report.claim("fights, LoRA: share of the parameters", few / full, 0.08, better="lower")


def judged(found: Found, way: Way, head: HeadKind, marks: Marks) -> list[Judged]:
    """Seed by seed."""
    return [Judged.of(said, marks) for said in told(found[way], head, marks)]
