"""Rewrites the figures in the READMEs and in docs/figures.md from what benchmarks wrote."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import RESULTS

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
ALL = "docs/figures.md"
TOLD = ("fight or no fight", "fights: ", "falls", "shaking", "a new picture")
"""How tables of networks of clips begin that stand beside their costs."""


def main() -> int:
    for name in PAGES:
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        path.write_text(rewritten(text, name), encoding="utf-8")
        print(f"figures of {name} are up to date")
    return 0


def rewritten(text: str, name: str) -> str:
    """The text of that page with its figures made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{PAGES[name]()}{END}{after}"


def overview(benchmark: str, measured: str, reached: str) -> str:
    """A line for each benchmark: when it ran, and how many of its goals were reached."""
    lines = [f"| {benchmark} | {measured} | {reached} |", "| --- | --- | --- |"]
    for found in _results():
        held = sum(claim["holds"] for claim in found["claims"])
        link = f"[{held} / {len(found['claims'])}]({ALL}#{found['name'].replace(' ', '-')})"
        lines.append(f"| `{found['name']}` | {found['date']} | {link} |")
    return "\n".join(lines) + "\n"


def every_figure() -> str:
    """A table of claims for each benchmark, held or not."""
    parts = []
    for found in _results():
        head = [
            f"## {found['name']}",
            "",
            f"`python -m benchmarks {found['name']}`, {found['date']}",
            "",
            "| figure · 指标 | value · 实测 | goal · 目标 | holds · 达标 |",
            "| --- | ---: | ---: | --- |",
        ]
        parts.append("\n".join([*head, *(_row(claim) for claim in found["claims"]), ""]))
    return "\n".join(parts)


def of_clips() -> str:
    """What networks of clips cost, and what they find."""
    details = json.loads((RESULTS / "video.json").read_text(encoding="utf-8"))["details"]
    columns = (
        "as", "clips/s", "ms a clip", "ms a picture", "ms a new picture", "times as fast as ONNX",
        "MB", "8 bits differ by",
    )  # fmt: skip
    costs = [
        {"network": title.removeprefix("cost of ")} | {name: line[name] for name in columns}
        for title, lines in sorted(details.items())
        if title.startswith("cost of")
        for line in lines
    ]
    found = [(title, lines) for title, lines in details.items() if title.startswith(TOLD)]
    return "".join(_titled(title, lines) for title, lines in [("cost", costs), *found])


def of_enhancement() -> str:
    """What parts that make pictures easier give back, and what others would."""
    details = json.loads((RESULTS / "video.json").read_text(encoding="utf-8"))["details"]
    found = [(title, lines) for title, lines in details.items() if title.startswith("enhancement")]
    return "".join(_titled(title, lines) for title, lines in found)


PAGES: dict[str, Callable[[], str]] = {
    "README.md": lambda: overview("`python -m benchmarks …`", "measured", "goals reached"),
    "README.zh-CN.md": lambda: overview("`python -m benchmarks …`", "测量日期", "达标项"),
    "docs/video.md": of_enhancement,
    "docs/video-figures.md": of_clips,
    ALL: every_figure,
}


def _titled(title: str, lines: Sequence[Mapping[str, object]]) -> str:
    def row(cells: Iterable[object]) -> str:
        return f"| {' | '.join(map(str, cells))} |\n"

    head = row(lines[0]) + row("---:" if at else "---" for at in range(len(lines[0])))
    return f"**{title}**\n\n{head}{''.join(row(line.values()) for line in lines)}\n"


def _results() -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(RESULTS.glob("*.json"))]


def _row(claim: dict[str, Any]) -> str:
    sign = "≥" if claim["better"] == "higher" else "≤"
    unit = f" {claim['unit']}" if claim["unit"] else ""
    held = "yes · 是" if claim["holds"] else "**no · 否**"
    return (
        f"| {claim['claim']} | {claim['value']:g}{unit} | {sign} {claim['goal']:g}{unit} | {held} |"
    )
