"""The history of an algorithm as a picture."""

import xml.etree.ElementTree as ET

from vigil.flywheel.algorithms import Algorithm
from vigil.flywheel.history_plot import history_plot
from vigil.flywheel.verdict import Share, Verdict, WordVerdict
from vigil.store import Spent

TOLD = Verdict(
    words=(
        WordVerdict(
            word="flame", precision=Share(hits=9, total=10), recall=Share(hits=8, total=10)
        ),
    ),
    different=20,
)


def version(number: int, verdict: Verdict) -> Algorithm:
    return Algorithm(
        name="flame", claim="x", words=("flame", "other"), embedder="e", verdict=verdict, made_s=0,
        examples=(), version=number,
    )  # fmt: skip


def test_it_draws_a_row_a_version_and_a_bar_a_day_and_camera() -> None:
    history = [version(1, TOLD), version(2, Verdict(refused="too few <examples>"))]
    spent = {
        ("2026-11-20", "gate"): Spent(calls=3, tokens=900),
        ("2026-11-20", "<yard>"): Spent(calls=1, tokens=300),
        ("2026-11-21", "gate"): Spent(calls=2, tokens=600),
    }
    drawn = history_plot(history, 1, "trial", spent)
    texts = [element.text or "" for element in ET.fromstring(drawn).iter()]  # noqa: S314  our own
    assert "1 (in use)" in texts
    assert "refused: too few <examples>" in texts
    assert "<yard>: 1 calls, 300 tokens" in texts
    bars = [e for e in ET.fromstring(drawn).iter() if e.tag.endswith("rect") and len(e)]  # noqa: S314
    widths = [float(bar.attrib["width"]) for bar in bars]
    assert len(widths) == 3
    assert widths[0] == 3 * widths[1]


def test_without_large_calls_it_says_so() -> None:
    assert "no large calls" in history_plot([version(1, TOLD)], 1, "trial", {})
