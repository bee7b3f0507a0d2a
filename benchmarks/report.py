"""What a benchmark says: a table for people, and a JSON file with its claims."""

import json
import platform
import resource
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One figure and the goal it was measured against."""

    claim: str
    value: float
    goal: float
    unit: str
    better: Literal["higher", "lower"]

    @property
    def holds(self) -> bool:
        return self.value >= self.goal if self.better == "higher" else self.value <= self.goal


class Report:
    """Collects the claims of one benchmark and writes them when it ends."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.console = Console()
        self.claims: list[Claim] = []
        self.details: dict[str, object] = {}
        self._began_s = time.monotonic()

    def say(self, text: str) -> None:
        """A line of progress."""
        self.console.print(f"[dim]{time.monotonic() - self._began_s:6.0f} s[/dim] {text}")

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Show rows, and keep them for the file."""
        table = Table(title=title, title_justify="left")
        for number, column in enumerate(columns):
            table.add_column(column, justify="right" if number else "left")
        for row in rows:
            table.add_row(*map(str, row))
        self.console.print(table)
        self.details[title] = [dict(zip(columns, row, strict=True)) for row in rows]

    def claim(
        self,
        claim: str,
        value: float,
        goal: float,
        unit: str = "",
        *,
        better: Literal["higher", "lower"] = "higher",
    ) -> None:
        """Write down a figure and its goal, held or not."""
        self.claims.append(
            Claim(claim=claim, value=round(value, 4), goal=goal, unit=unit, better=better)
        )

    def write(self, *, part: bool = False) -> int:
        """Print the claims and write the file; returns 0.

        After a `part` of a benchmark, the other parts' claims stay as they were measured, each
        with the commit and date of its own run.
        """
        table = Table(title=f"{self.name}: claims", title_justify="left")
        for column in ("claim", "value", "goal", "holds"):
            table.add_column(column)
        for each in self.claims:
            sign = "≥" if each.better == "higher" else "≤"
            table.add_row(
                each.claim,
                f"{each.value:g} {each.unit}",
                f"{sign} {each.goal:g}",
                "yes" if each.holds else "[red]no[/red]",
            )
        self.console.print(table)
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{self.name}.json"
        run = {"commit": _commit(), "date": time.strftime("%Y-%m-%d")}
        claims = [asdict(each) | {"holds": each.holds} | run for each in self.claims]
        if part and path.exists():
            before = json.loads(path.read_text(encoding="utf-8"))
            again = {each["claim"] for each in claims}
            kept = {"commit": before["commit"], "date": before["date"]}
            claims = [kept | old for old in before["claims"] if old["claim"] not in again] + claims
            self.details = before["details"] | self.details
        answer = {
            "name": self.name,
            "commit": run["commit"],
            "machine": _machine(),
            "date": run["date"],
            "seconds": round(time.monotonic() - self._began_s, 1),
            "claims": claims,
            "details": self.details,
        }
        path.write_text(json.dumps(answer, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        self.console.print(f"written to {path.relative_to(RESULTS.parent.parent)}")
        return 0


def cpu_s() -> float:
    """Processor seconds of this process so far, all threads, user and system."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _commit() -> str:
    asked = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip()


def _machine() -> str:
    model = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].split(":", 1)[1].strip() if names else model
    return f"{model}, {platform.system()}, Python {platform.python_version()}"
