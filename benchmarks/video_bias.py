"""Where errors about fights gather: in the dark, on small people, at one place, on dark clothes.

    python -m benchmarks video --only bias [--seeds 3] [--folds 5]

The clips, scenes and folds of `--only fights`, told by an SVM on each stream: a clip by the mean
over seeds of what was said of it where nobody had learnt its scene. Traits are those of
`vigil video eval --by`, from five pictures of each clip as it came, with the watch's own detector
for people. Scenes of fewer than three clips are one group.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.fight_clips import (
    SECONDS,
    WORDS,
    FightClip,
    Marks,
    fight_clips,
    marks_of,
    parted,
    scenes_of,
)
from benchmarks.fight_heads import Heads, LogOdds, Tables, Way
from benchmarks.real_people import detector_of
from benchmarks.report import Report
from benchmarks.video_fights import CLIPS, EVERYWHERE, kept_tables
from vigil.core import Detector, Image
from vigil.media.films import frames_at
from vigil.train.subgroups import TOO_FEW, clothing_of, errors_by, light_of, size_of
from vigil.train.video.bias import PICTURES, bias_plot, people_in

WAY = Way(streams=EVERYWHERE, head="SVM")
FEW = 3
"""Clips of a scene that is a group of its own."""
FILE = Path(__file__).parent.parent / "docs" / "images" / "fight-bias.svg"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks video --only bias")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folds", type=int, default=5)
    chosen = parser.parse_args()
    if not CLIPS.is_dir():
        print(f"no clips in {CLIPS}; VIGIL_TEST_DATA names the folder of real footage")
        return 2
    report = Report("video")
    clips = fight_clips(CLIPS)
    marks, scenes = marks_of(clips), scenes_of(clips)
    said = told(kept_tables(clips), marks, scenes, seeds=chosen.seeds, folds=chosen.folds)
    right = (said > 0) == (marks == 1)
    report.say(f"{WAY.name}: right {right.mean():.3f} of {len(clips)} clips")
    rows = errors_by(right, traits_of(clips, scenes, detector_of("yolox-nano-416")))
    report.table(
        f"fights: errors by group, {WAY.name}",
        ("group", "clips", "errors", "share", "95 % from", "to", "said"),
        [
            (
                f"{each.trait}: {each.value}", each.clips, each.errors, f"{each.rate:.2f}",
                f"{each.low:.2f}", f"{each.high:.2f}", each.said,
            )
            for each in rows
        ],
    )  # fmt: skip
    enough = [each for each in rows if each.said != "too few to say"]
    worse = sum(each.said == "worse" for each in enough)
    report.say(f"{len(enough)} of {len(rows)} groups have {TOO_FEW} clips on either side")
    report.claim("fights: groups in which errors gather", worse, 0, better="lower")
    FILE.write_text(bias_plot(rows), encoding="utf-8")
    return report.write(part=True)


def told(tables: Tables, marks: Marks, scenes: Marks, *, seeds: int, folds: int) -> LogOdds:
    """Log-odds of a fight, of each clip by folds that had not learnt its scene; mean of seeds."""
    said = np.zeros((seeds, len(marks)))
    for seed in range(seeds):
        for learnt, judged in parted(marks, scenes, folds=folds, seed=seed):
            said[seed, judged] = Heads(tables, marks, scenes, learnt, judged, seed).said(WAY)
    return said.mean(0)


def traits_of(
    clips: Sequence[FightClip], scenes: Marks, detector: Detector
) -> dict[str, list[str]]:
    """Of each trait the value of each clip."""
    found: dict[str, list[str]] = {
        "word": [WORDS[clip.mark] for clip in clips],
        "light": [], "size": [], "place": places(scenes), "clothing": [],
    }  # fmt: skip
    for clip in clips:
        pictures = shown(clip)
        people = people_in(detector, pictures)
        found["light"].append(light_of(pictures))
        found["size"].append(size_of(pictures, people))
        found["clothing"].append(clothing_of(pictures, people))
    return found


def places(scenes: Marks) -> list[str]:
    counts = Counter(scenes.tolist())
    return [
        f"scene {scene}" if counts[scene] >= FEW else f"scenes of fewer than {FEW} clips"
        for scene in scenes.tolist()
    ]


def shown(clip: FightClip) -> list[Image]:
    """A few pictures of the seconds that are judged, as they came."""
    moments = clip.start_s + np.linspace(0.0, SECONDS, PICTURES)
    return [frame.rgb(frame.width) for _, frame in frames_at(clip.path, moments)]
