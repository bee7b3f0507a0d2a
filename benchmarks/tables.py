"""Rewrites the measured figures in the READMEs from what benchmarks wrote."""

import json
from pathlib import Path
from typing import Any

from benchmarks.report import RESULTS

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
HEADINGS = {
    "README.md": ("figure", "value", "goal", "holds", "yes", "**no**"),
    "README.zh-CN.md": ("指标", "实测", "目标", "达标", "是", "**否**"),
}


def main() -> int:
    for name in HEADINGS:
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        path.write_text(rewritten(text, name), encoding="utf-8")
        print(f"figures of {name} are up to date")
    return 0


def rewritten(text: str, name: str) -> str:
    """The text of that README with its figures made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{figures(name)}{END}{after}"


def figures(name: str) -> str:
    """One table of all claims, held or not, in the words of that README."""
    figure, value, goal, holds, yes, no = HEADINGS[name]
    lines = [f"| {figure} | {value} | {goal} | {holds} |", "| --- | ---: | ---: | --- |"]
    for path in sorted(RESULTS.glob("*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        lines.append(f"| `python -m benchmarks {found['name']}`, {found['date']} | | | |")
        lines += [_row(claim, yes, no) for claim in found["claims"]]
    return "\n".join(lines) + "\n"


def _row(claim: dict[str, Any], yes: str, no: str) -> str:
    sign = "≥" if claim["better"] == "higher" else "≤"
    unit = f" {claim['unit']}" if claim["unit"] else ""
    held = yes if claim["holds"] else no
    return (
        f"| {claim['claim']} | {claim['value']:g}{unit} | {sign} {claim['goal']:g}{unit} | {held} |"
    )
