"""One page that shows what was found, how it was judged, and whether that was right.

It is opened from the file system: no server, no script, nothing fetched from elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from vigil.core import Outcome, Ruling, Verdict, VigilError
from vigil.pipeline.score import JudgedEvent, Score, Scorecard
from vigil.pipeline.score_plot import score_plot

WORDS = {
    Outcome.PENDING: "pending · 待判定",
    Outcome.CONFIRMED: "confirmed · 属实",
    Outcome.REJECTED: "rejected · 误报",
    Outcome.UNVERIFIED: "unverified · 未核实",
}
RULINGS = {
    Ruling.CONFIRMED: "confirmed · 属实",
    Ruling.REJECTED: "rejected · 误报",
    Ruling.UNSURE: "unsure · 不确定",
}
UNKNOWN = "–"


@dataclass(frozen=True, kw_only=True)
class ShownEvent:
    """An event and what can be seen of it."""

    judged: JudgedEvent
    clip: Path | None = None
    poster: Path | None = None
    """A still with its box drawn."""
    happened: bool | None = None
    """Whether it is true; None where nobody knows."""


def write_page(
    path: Path,
    shown: Sequence[ShownEvent],
    *,
    title: str,
    card: Scorecard | None = None,
    missed: int = 0,
    hint: str = "",
) -> None:
    """Write the page; clips and stills are linked relative to it, so that the folder can move.

    `missed`: how many things happened of which no event tells. `hint`: a line at the end, plain
    text. Raises `VigilError` when the file cannot be written.
    """
    folder = path.parent
    style = files("vigil.pipeline").joinpath("page.css").read_text(encoding="utf-8")
    text = "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            # Names and reasons come from outside: even if one slipped through, nothing would run.
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
            "img-src 'self' file: data:; media-src 'self' file:; style-src 'unsafe-inline'\">",
            f"<title>{escape(title)}</title><style>{style}</style></head><body>",
            f"<header><h1>{escape(title)}</h1>{_figures(shown, card, missed)}</header>",
            "<main>",
            *(_event(each, folder) for each in shown),
            "</main>",
            _score(card),
            f'<footer class="hint">{escape(hint)}</footer>' if hint else "",
            "</body></html>",
        ]
    )
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise VigilError(f"{path}: cannot be written: {error.strerror}") from error


def _figures(shown: Sequence[ShownEvent], card: Scorecard | None, missed: int) -> str:
    rejected = [each for each in shown if not each.judged.kept]
    figures = [
        (str(len(shown)), "suspicions · 疑似事件"),
        (str(len(shown) - len(rejected)), "told · 告警"),
        (str(len(rejected)), "rejected · 判为误报"),
    ]
    if card is not None:
        whole = card.whole
        figures += [
            (f"{whole.false_removed} / {whole.false}", "false alarms removed · 去除的误报"),
            (f"{whole.true_rejected} / {whole.true}", "true ones lost · 误删的真警"),
            (str(missed), "missed by the watch · 漏报"),
        ]
    cells = (f"<li><b>{escape(value)}</b><span>{label}</span></li>" for value, label in figures)
    return f'<ul class="figures">{"".join(cells)}</ul>'


def _event(shown: ShownEvent, folder: Path) -> str:
    event, decision = shown.judged.event, shown.judged.decision
    outcome = decision.outcome if decision else Outcome.PENDING
    direction = f" · {escape(event.direction)}" if event.direction else ""
    why = f" ({decision.reason.value})" if decision and decision.reason else ""
    return (
        f'<article class="{outcome.value}">{_pictures(shown, folder)}'
        f'<div class="told"><p class="chips"><span class="chip">{WORDS[outcome]}{why}</span>'
        f"{_truth(shown.happened)}</p>"
        f"<h2>{escape(event.claim)}</h2>"
        f'<p lang="zh">{escape(event.claim_zh)}</p>'
        f'<p class="faint">{event.start_s:.1f} – {event.end_s:.1f} s · {escape(event.rule)}'
        f"{direction} · {event.severity.value}</p>"
        f"{''.join(_verdict(each) for each in shown.judged.verdicts)}</div></article>"
    )


def _pictures(shown: ShownEvent, folder: Path) -> str:
    poster = f' poster="{_link(shown.poster, folder)}"' if shown.poster else ""
    if shown.clip is not None:
        # Muted, or browsers refuse to play what was not asked for by a click.
        return (
            f'<video controls muted playsinline preload="metadata"{poster} '
            f'src="{_link(shown.clip, folder)}"></video>'
        )
    if shown.poster is not None:
        return f'<img alt="" src="{_link(shown.poster, folder)}">'
    return '<div class="nothing">no clip · 无录像</div>'


def _truth(happened: bool | None) -> str:
    if happened is None:
        return ""
    words = "it happened · 确有其事" if happened else "it did not happen · 并无其事"
    return f'<span class="truth">{words}</span>'


def _verdict(verdict: Verdict) -> str:
    total_s = verdict.seconds.get("total")
    took = "" if total_s is None else f" · {total_s:.2f} s"
    cost = f" · {verdict.tokens_in + verdict.tokens_out} tokens" if verdict.calls else ""
    zh = f'<span lang="zh">{escape(verdict.reason_zh)}</span>' if verdict.reason_zh else ""
    return (
        f'<blockquote class="{verdict.ruling.value}"><p>{escape(verdict.reason)} {zh}</p>'
        f"<footer>{escape(verdict.judge)}: {RULINGS[verdict.ruling]}, "
        f"{verdict.likelihood:.0%} likely true · 为真可能 {verdict.likelihood:.0%}{took}{cost}"
        "</footer></blockquote>"
    )


def _score(card: Scorecard | None) -> str:
    if card is None:
        return ""
    heads = (
        *("rule · 规则", "suspicions · 疑似", "told · 告警", "false removed · 去误报"),
        *("true lost · 误删", "precision · 精确率", "recall · 召回率"),
    )
    rows = [("all · 全部", card.whole), *card.by_rule.items()]
    head = "".join(f"<th>{word}</th>" for word in heads)
    body = "".join(_row(name, score) for name, score in rows)
    return (
        '<section class="score"><h2>The score, against what truly happened · 与真实情况对照</h2>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"{score_plot(dict(rows))}</section>"
    )


def _row(name: str, score: Score) -> str:
    cells = (
        name,
        str(score.events),
        str(score.kept),
        f"{score.false_removed} / {score.false}",
        f"{score.true_rejected} / {score.true}",
        f"{_share(score.precision_before)} → {_share(score.precision_after)}",
        f"{_share(score.recall_before)} → {_share(score.recall_after)}",
    )
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _share(share: float | None) -> str:
    return UNKNOWN if share is None else f"{share:.0%}"


def _link(path: Path, folder: Path) -> str:
    """A relative address: names may hold what means something in an address."""
    return escape(quote(str(path.relative_to(folder))))
