"""What a network gets wrong, by light, size of the people, place and clothing."""

from collections.abc import Sequence
from html import escape
from typing import get_args

import numpy as np

from vigil.core import Boxes, ConfigError, Detector, Image, Look, Rung
from vigil.media.pixels import frame_of_array
from vigil.train.subgroups import Subgroup, Trait, clothing_of, errors_by, light_of, size_of
from vigil.train.video.asking import Asked
from vigil.train.video.clips import VideoClip
from vigil.train.video.judging import JudgedClips, judge_clips
from vigil.train.video.shelf import Shelf

PICTURES = 5
"""Of a clip, evenly spread: enough for its light and its people."""
PERSON = "person"
LEFT, WIDTH, TOP, ROW = 230, 420, 44, 22
INK, SOFT, WORSE, BETTER = "#1c2733", "#9aa3ad", "#c0392b", "#0a7d4f"


def traits_from(text: str) -> tuple[Trait, ...]:
    """`light,size` as traits; raises `ConfigError` for others."""
    allowed: tuple[Trait, ...] = get_args(Trait)
    wanted = [word.strip() for word in text.split(",")]
    strange = [word for word in wanted if word not in allowed]
    if strange:
        raise ConfigError(f"--by: found {strange[0]!r}; allowed: {', '.join(allowed)}")
    return tuple(each for each in allowed if each in wanted)


def judge_by(
    asked: Asked, clips: Sequence[VideoClip], shelf: Shelf, by: Sequence[Trait], *,
    people: Detector | None = None,
) -> tuple[JudgedClips, list[Subgroup]]:  # fmt: skip
    """How good it is, and where its errors are.

    `people`: who finds them; None: sizes are of what moves, and clothing is unknown. Raises
    `ConfigError` for a run that does not say one word of a clip.
    """
    task = asked.truths.task
    if task != "one":
        raise ConfigError(f"--by: a run of the task {task!r} has no right or wrong; allowed: one")
    said = asked.shares(clips, shelf)
    truth = asked.truths.said(clips)
    judged = judge_clips(said, truth, asked.truths.labels, task)
    found: dict[str, list[str]] = {trait: [] for trait in by}
    for clip in clips:
        kept = shelf.kept(clip)
        chosen = np.unique(np.linspace(0, len(kept.times) - 1, PICTURES).round().astype(int))
        pictures = [kept.picture(int(index)) for index in chosen]
        boxes = None if people is None else people_in(people, pictures)
        for trait, values in found.items():
            values.append(_value(trait, clip, pictures, boxes))
    return judged, errors_by(said.argmax(1) == truth.argmax(1), found)


def bias_plot(rows: Sequence[Subgroup]) -> str:
    """An SVG: the share of errors of each group with its interval of 95 %, red where worse."""
    height = TOP + ROW * len(rows) + 12
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 150} {height}" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="{INK}" role="img">',
        "<title>errors by subgroup</title>",
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{LEFT}" y="20">share of errors, 95 % · 错误率</text>',
    ]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = LEFT + WIDTH * share
        lines.append(
            f'<line x1="{x}" x2="{x}" y1="{TOP - 8}" y2="{height - 8}" stroke="#dde2e8"/>'
            f'<text x="{x}" y="{TOP - 10}" text-anchor="middle" fill="{SOFT}">{share:.0%}</text>'
        )
    for number, row in enumerate(rows):
        y = TOP + ROW * number + 12
        colour = {"worse": WORSE, "better": BETTER, "too few to say": SOFT}.get(row.said, INK)
        low, high, at = (LEFT + WIDTH * each for each in (row.low, row.high, row.rate))
        lines += [
            f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">'
            f"{escape(f'{row.trait}: {row.value}'[-36:])}</text>",
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}" stroke="{colour}" '
            'stroke-width="2"/>',
            f'<circle cx="{at:.1f}" cy="{y}" r="4" fill="{colour}"/>',
            f'<text x="{LEFT + WIDTH + 12}" y="{y + 4}" fill="{colour}">{row.clips} clips'
            f"{f', {row.said}' if row.said else ''}</text>",
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def people_in(detector: Detector, pictures: Sequence[Image]) -> list[Boxes]:
    """Boxes of the people in each picture."""
    looks = [
        Look.whole(frame_of_array(each, time_s=float(at)), Rung.FULL, frozenset({PERSON}))
        for at, each in enumerate(pictures)
    ]
    return [found.boxes for found in detector.detect(looks)]


def _value(
    trait: str, clip: VideoClip, pictures: Sequence[Image], people: Sequence[Boxes] | None
) -> str:
    match trait:
        case "light":
            return light_of(pictures)
        case "size":
            return size_of(pictures, people)
        case "place":
            return clip.group or clip.path.parent.name
        case _:
            return clothing_of(pictures, people)
