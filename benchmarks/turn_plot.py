"""Draws recall over time by camera, and what happened when."""

from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 400, 56, 150, 74, 48
ACROSS, DOWN = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
NIGHTS = ("#1f6fb2", "#2e8b57", "#8e44ad")
DAY, MARK, INK = "#8a8a8a", "#c4421a", "#333333"
STEPS = 4
"""Heights at which marks are named, one after the other."""

Points = Sequence[tuple[float, float]]
"""Seconds since the watch began, and recall."""


def drawn(
    recalls: Mapping[str, Points], happened: Sequence[tuple[float, str]], night: Sequence[str]
) -> str:
    """An SVG picture. `happened`: seconds, and what; `night`: which of the cameras."""
    last_s = max(time_s for points in recalls.values() for time_s, _ in points)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(_line(LEFT, _y(share), LEFT + ACROSS, _y(share), "#dddddd"))
        parts.append(_text(LEFT - 8, _y(share) + 4, f"{share:.0%}", INK, "end"))
    said = "seconds since the watch began; recall of people · 值守开始后的秒数；人员召回率"
    parts.append(_text(LEFT + ACROSS / 2, HEIGHT - 12, said, INK, "middle"))
    for number, (time_s, what) in enumerate(happened):
        x, height = _x(time_s, last_s), 16 + 14 * (number % STEPS)
        parts.append(_line(x, height + 4, x, TOP + DOWN, MARK))
        parts.append(_text(x + 3, height, f"{what}, {time_s:.0f}", MARK, "start"))
    colours = dict(zip(night, NIGHTS, strict=False))
    for row, (name, points) in enumerate(recalls.items()):
        colour = colours.get(name, DAY)
        places = [(_x(time_s, last_s), _y(share)) for time_s, share in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"/>'
        )
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in places]
        parts.append(_text(LEFT + ACROSS + 12, TOP + 18 * row + 8, name, colour, "start"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(time_s: float, last_s: float) -> float:
    return LEFT + ACROSS * time_s / last_s


def _y(share: float) -> float:
    return TOP + DOWN * (1 - share)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, said: str, colour: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{said}</text>'
