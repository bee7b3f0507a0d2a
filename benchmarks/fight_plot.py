"""Draws how right each way is about fights: accuracy over scenes never seen, and its spread."""

from collections.abc import Sequence
from pathlib import Path

FILE = Path(__file__).parent.parent / "docs" / "images" / "fights.svg"
WIDTH, LEFT, TOP, LINE = 820, 390, 16, 22
ACROSS = WIDTH - LEFT - 60
LEAST, MOST = 0.3, 1.0


def drawn(rows: Sequence[Sequence[object]], goal: float) -> str:
    """An SVG picture: a line of each row (name, accuracy, spread, …), and the goal."""
    high = TOP + LINE * len(rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{high + 46}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{high + 46}" fill="white"/>',
    ]
    for share in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        parts.append(_line(_x(share), TOP, _x(share), high, "#dddddd"))
        parts.append(_text(_x(share), high + 16, f"{share:.0%}", "middle"))
    parts.append(_line(_x(goal), TOP, _x(goal), high, "#c4421a"))
    for at, (name, accuracy, spread, *_) in enumerate(rows):
        y = TOP + LINE * (at + 0.5)
        share, reach = float(str(accuracy)), float(str(spread))
        parts.append(_text(LEFT - 10, y + 4, str(name), "end"))
        parts.append(_line(_x(share - reach), y, _x(share + reach), y, "#1f6fb2"))
        parts.append(f'<circle cx="{_x(share):.1f}" cy="{y:.1f}" r="3.5" fill="#1f6fb2"/>')
    said = "accuracy; red: goal; bars: spread over seeds · 准确率；红线：目标；横线：离散程度"
    parts.append(_text(WIDTH / 2, high + 38, said, "middle"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _x(share: float) -> float:
    return LEFT + (min(max(share, LEAST), MOST) - LEAST) / (MOST - LEAST) * ACROSS


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        'stroke-width="1.5"/>'
    )


def _text(x: float, y: float, said: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="#333333" text-anchor="{anchor}">{said}</text>'
