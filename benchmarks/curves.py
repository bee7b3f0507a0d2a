"""Draws how accuracy grows with examples, from what `python -m benchmarks twostep` wrote.

python -m benchmarks curves
"""

import json
from pathlib import Path

from benchmarks.report import RESULTS
from benchmarks.twostep import WITH_LITE

FILE = Path(__file__).parent.parent / "docs" / "images" / "twostep.svg"
COLOURS = {"flame": "#c4421a", "kitchen": "#1f6fb2", "pothole": "#6b6b6b", "trash": "#2e8b57"}
WIDTH, HEIGHT, LEFT, TOP = 520, 320, 60, 24
ACROSS, DOWN = WIDTH - LEFT - 110, HEIGHT - TOP - 50
LEAST = 0.3
PLACES = {4: 0.0, 16: 0.5, 50: 1.0}
"""Where a number of examples stands, on nearly logarithmic steps."""


def main() -> int:
    found = json.loads((RESULTS / "twostep.json").read_text(encoding="utf-8"))
    FILE.write_text(drawn(found["details"], found["date"]), encoding="utf-8")
    print(f"written to {FILE.relative_to(FILE.parent.parent.parent)}")
    return 0


def drawn(details: dict[str, list[dict[str, object]]], date: str) -> str:
    """An SVG picture of the tables of the usual embedder: means, and spread of the draws."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
    ]
    for share in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        parts.append(_line(LEFT, _y(share), LEFT + ACROSS, _y(share), "#dddddd"))
        parts.append(_text(LEFT - 8, _y(share) + 4, f"{share:.0%}", "#333333", "end"))
    for count in PLACES:
        parts.append(_text(_x(count), TOP + DOWN + 18, str(count), "#333333", "middle"))
    said = f"examples · 示例数 ({date}; bars: five draws · 竖线：五次抽样)"
    parts.append(_text(LEFT + ACROSS / 2, HEIGHT - 8, said, "#333333", "middle"))
    for title, rows in details.items():
        name, _, models = title.partition(", ")
        if name in COLOURS and models == WITH_LITE:
            parts += _curve(name, rows)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _curve(name: str, rows: list[dict[str, object]]) -> list[str]:
    parts, points = [], []
    for row in rows:
        count = int(str(row["examples"]))
        if count not in PLACES:
            continue
        x, y = _x(count), _y(float(str(row["accuracy"])))
        points.append((x, y))
        low, high = (_y(float(end)) for end in str(row["draws"]).split(" to "))
        parts.append(_line(x, low, x, high, COLOURS[name]))
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{COLOURS[name]}"/>')
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[name]}"/>')
    x, y = points[-1]
    # The two best end at nearly the same height: one word stands above its line, one below.
    raised = {"kitchen": -4.0, "flame": 12.0}.get(name, 4.0)
    return [*parts, _text(x + 10, y + raised, f"{name} {row['accuracy']}", COLOURS[name], "start")]


def _x(count: int) -> float:
    return LEFT + 10 + PLACES[count] * (ACROSS - 20)


def _y(share: float) -> float:
    return TOP + (1 - share) / (1 - LEAST) * DOWN


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, said: str, colour: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}">{said}</text>'
