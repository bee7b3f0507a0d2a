"""The history of an algorithm as a picture: how well each version is told, and what it cost."""

from collections.abc import Mapping, Sequence
from html import escape

from vigil.flywheel.algorithms import Algorithm
from vigil.flywheel.verdict import Share
from vigil.store import Spent

LEFT, WIDTH, RIGHT, TOP, ROW = 150, 480, 120, 64, 24
INK, FAINT, SOFT = "#1c2733", "#dde2e8", "#9aa3ad"
PRECISION, RECALL, CALLS, REFUSED = "#0a7d4f", "#3b6fb5", "#b7791f", "#c0392b"

Spending = Mapping[tuple[str, str], Spent]
"""By local day and camera."""


def history_plot(history: Sequence[Algorithm], in_use: int, stage: str, spent: Spending) -> str:
    """An SVG: how well the first word is told, a row a version; below, large calls of each day.

    With intervals of 95 %; calls are stacked by camera. Names are escaped: they come from users.
    """
    versions = TOP + 2 * ROW * len(history)
    days = sorted({day for day, _ in spent})
    height = versions + (70 + ROW * len(days) if days else 50)
    title = f"{history[-1].name}: {stage}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + RIGHT} {height}"'
            f' font-family="system-ui, sans-serif" font-size="12" fill="{INK}" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="100%" height="{height}" fill="white"/>',
            f'<text x="12" y="20" font-size="14">{escape(title)}</text>',
            _legend(),
            *_scale(versions),
            *(
                line
                for number, one in enumerate(history)
                for line in _version(number, one, used=one.version == in_use)
            ),
            *_days(days, spent, versions + 44),
            "</svg>",
        ]
    )


def _legend() -> str:
    return (
        f'<circle cx="{LEFT}" cy="36" r="5" fill="{PRECISION}"/>'
        f'<text x="{LEFT + 10}" y="40">precision · 精确率</text>'
        f'<circle cx="{LEFT + 150}" cy="36" r="5" fill="{RECALL}"/>'
        f'<text x="{LEFT + 160}" y="40">recall · 召回率, 95 %</text>'
    )


def _scale(bottom: int) -> list[str]:
    return [
        f'<line x1="{_x(share)}" x2="{_x(share)}" y1="{TOP - 4}" y2="{bottom}" stroke="{FAINT}"/>'
        f'<text x="{_x(share)}" y="{TOP - 8}" text-anchor="middle" fill="{SOFT}">{share:.0%}</text>'
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]


def _version(number: int, algorithm: Algorithm, *, used: bool) -> list[str]:
    y = TOP + 2 * ROW * number + ROW
    name = f"{algorithm.version}{' (in use)' if used else ''}"
    lines = [
        f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{name}</text>',
        f'<text x="{LEFT + WIDTH + 12}" y="{y + 4}" fill="{SOFT}">'
        f"{algorithm.verdict.different} examples</text>",
    ]
    if algorithm.verdict.refused:
        why = escape(algorithm.verdict.refused[:80])
        return [*lines, f'<text x="{LEFT}" y="{y + 4}" fill="{REFUSED}">refused: {why}</text>']
    first = algorithm.verdict.words[0]
    lines += _share(first.precision, y - 6, PRECISION)
    return lines + _share(first.recall, y + 6, RECALL)


def _share(share: Share, y: int, colour: str) -> list[str]:
    return [
        f'<line x1="{_x(share.low)}" x2="{_x(share.high)}" y1="{y}" y2="{y}" stroke="{colour}" '
        'stroke-width="2"/>',
        f'<circle cx="{_x(share.value)}" cy="{y}" r="5" fill="{colour}"/>',
    ]


def _days(days: Sequence[str], spent: Spending, top: int) -> list[str]:
    if not days:
        return [f'<text x="12" y="{top - 8}" fill="{SOFT}">no large calls · 未调用大模型</text>']
    totals = {day: sum(one.calls for (at, _), one in spent.items() if at == day) for day in days}
    most = max(1, *totals.values())
    lines = [f'<text x="12" y="{top - 12}">large calls a day · 每日大模型调用</text>']
    for number, day in enumerate(days):
        y, x = top + ROW * number, float(LEFT)
        lines.append(f'<text x="{LEFT - 12}" y="{y + 14}" text-anchor="end">{day}</text>')
        for (at, camera), one in spent.items():
            if at != day or not one.calls:
                continue
            wide = WIDTH * one.calls / most
            told = escape(f"{camera}: {one.calls} calls, {one.tokens} tokens")
            lines.append(
                f'<rect x="{x:.1f}" y="{y + 2}" width="{wide:.1f}" height="{ROW - 8}" '
                f'fill="{CALLS}" stroke="white"><title>{told}</title></rect>'
            )
            x += wide
        lines.append(f'<text x="{x + 8:.1f}" y="{y + 14}">{totals[day]}</text>')
    return lines


def _x(share: float) -> float:
    return LEFT + WIDTH * share
