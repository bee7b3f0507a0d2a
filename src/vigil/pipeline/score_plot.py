"""The scorecard as a picture: precision and recall of each group, before and after judging."""

from collections.abc import Mapping, Sequence
from html import escape

from vigil.pipeline.score import Score

ROW, LEFT, WIDTH, RIGHT, TOP = 26, 250, 400, 110, 44
BEFORE, AFTER, INK, FAINT = "#9aa3ad", "#0a7d4f", "#1c2733", "#dde2e8"
WORSE = "#c0392b"
MEASURES = (("precision", "precision · 精确率"), ("recall", "recall · 召回率"))


def score_plot(scores: Mapping[str, Score]) -> str:
    """An SVG with two rows a group, from a hollow dot (before) to a full one (after).

    Groups of which nothing is known are left out. Names are escaped: they come from users.
    """
    rows = [
        (f"{name}: {words}", before, after)
        for name, score in scores.items()
        for measure, words in MEASURES
        if (before := getattr(score, f"{measure}_before")) is not None
        and (after := getattr(score, f"{measure}_after")) is not None
    ]
    height = TOP + ROW * len(rows) + 14
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + RIGHT} {height}"'
            f' font-family="system-ui, sans-serif" font-size="12" fill="{INK}" role="img">',
            "<title>Before and after judging · 判定前后</title>",
            _legend(),
            *_scale(height),
            *(line for number, row in enumerate(rows) for line in _row(number, row)),
            "</svg>",
        ]
    )


def _legend() -> str:
    return (
        f'<circle cx="{LEFT}" cy="12" r="5" fill="white" stroke="{BEFORE}" stroke-width="2"/>'
        f'<text x="{LEFT + 10}" y="16">watch alone · 仅值守</text>'
        f'<circle cx="{LEFT + 150}" cy="12" r="5" fill="{AFTER}"/>'
        f'<text x="{LEFT + 160}" y="16">judged · 判定后</text>'
    )


def _scale(height: int) -> Sequence[str]:
    return [
        f'<line x1="{_x(share)}" x2="{_x(share)}" y1="{TOP - 8}" y2="{height - 10}" '
        f'stroke="{FAINT}"/><text x="{_x(share)}" y="{TOP - 12}" text-anchor="middle" '
        f'fill="{BEFORE}">{share:.0%}</text>'
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]


def _row(number: int, row: tuple[str, float, float]) -> Sequence[str]:
    name, before, after = row
    y = TOP + ROW * number + ROW / 2
    colour = AFTER if after >= before else WORSE
    return [
        f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(name)}</text>',
        f'<line x1="{_x(before)}" x2="{_x(after)}" y1="{y}" y2="{y}" stroke="{colour}" '
        'stroke-width="3"/>',
        f'<circle cx="{_x(before)}" cy="{y}" r="5" fill="white" stroke="{BEFORE}" '
        'stroke-width="2"/>',
        f'<circle cx="{_x(after)}" cy="{y}" r="5" fill="{colour}"/>',
        f'<text x="{LEFT + WIDTH + 12}" y="{y + 4}">{before:.0%} → {after:.0%}</text>',
    ]


def _x(share: float) -> float:
    return LEFT + WIDTH * share
