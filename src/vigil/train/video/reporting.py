"""What a network reached, as a folder that a browser opens: figures, a picture, clips to look at.

index.html, confusion.png, report.json, clips/WORD/right-NAME.mp4, clips/WORD/wrong-NAME.mp4
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Int64

from vigil.core import Image
from vigil.core.durable import write_durably
from vigil.media.encode import VideoWriter
from vigil.train.video.asking import Asked
from vigil.train.video.clips import VideoClip
from vigil.train.video.judging import JudgedClips, Shares
from vigil.train.video.shelf import Kept, Shelf

SHOWN = 3
"""Clips of each word that are shown, right ones and wrong ones each."""
CELL, MARGIN = 48, 150
"""Pixels of the confusion matrix."""
DARKEST = (79, 125, 10)
"""Blue, green, red of a full cell."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A clip to look at."""

    clip: VideoClip
    word: str
    told: str
    share: float
    film: str
    """Where it was written, below the folder."""

    @property
    def right(self) -> bool:
        return self.word == self.told


def write_report(
    folder: Path, asked: Asked, clips: Sequence[VideoClip], judged: JudgedClips, shelf: Shelf
) -> Path:  # fmt: skip
    """Write everything; the page. Of each word the surest right and the surest wrong clips."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = asked.truths.labels
    rows: dict[str, object] = {
        "metrics": dict(judged.metrics),
        "report": judged.report,
        "labels": list(labels),
    }
    shown: list[Shown] = []
    if judged.confusion is not None:
        rows["confusion"] = judged.confusion.tolist()
        _, data = cv2.imencode(".png", confusion_picture(judged.confusion, labels))
        (folder / "confusion.png").write_bytes(data.tobytes())
        assert judged.said is not None
        shown = _chosen(clips, judged.said, labels)
        for each in shown:
            write_film(folder / each.film, shelf.kept(each.clip))
    write_durably(folder / "report.json", (json.dumps(rows, indent=1) + "\n").encode())
    page = folder / "index.html"
    write_durably(page, _page(asked, judged, shown).encode())
    return page


def confusion_picture(confusion: Int64[np.ndarray, "k k"], words: Sequence[str]) -> Image:
    """Rows are what is true, columns what was said; colour by share of the row. Blue first."""
    count = len(words)
    side = MARGIN + CELL * count
    picture = np.full((side, side, 3), 255, np.uint8)
    shares = confusion / np.maximum(confusion.sum(1, keepdims=True), 1)
    for row in range(count):
        for column in range(count):
            left, top = MARGIN + CELL * column, MARGIN + CELL * row
            share = float(shares[row, column])
            colour = [round(255 + share * (dark - 255)) for dark in DARKEST]
            cv2.rectangle(picture, (left, top), (left + CELL - 2, top + CELL - 2), colour, -1)
            ink = (255, 255, 255) if share > 0.5 else (40, 40, 40)
            _write(picture, str(confusion[row, column]), (left + 8, top + CELL // 2 + 5), ink)
        _write(picture, words[row][:18], (4, MARGIN + CELL * row + CELL // 2 + 5))
    # Words of columns stand upright: turned, written, turned back.
    turned = np.ascontiguousarray(np.rot90(picture, -1))
    for column in range(count):
        _write(turned, words[column][:18], (side - MARGIN + 8, MARGIN + CELL * column + 28))
    return np.ascontiguousarray(np.rot90(turned))


def write_film(path: Path, kept: Kept) -> None:
    """A clip as it was looked at, as a short film without sound."""
    path.parent.mkdir(parents=True, exist_ok=True)
    first = kept.picture(0)
    height, width = (size - size % 2 for size in first.shape[:2])
    rate = 1 / max(float(np.median(np.diff(kept.times))), 0.02) if len(kept.times) > 1 else 10.0
    with VideoWriter(path, width, height, rate) as writer:
        for index in range(len(kept.times)):
            writer.write(np.ascontiguousarray(kept.picture(index)[:height, :width]))


def _chosen(clips: Sequence[VideoClip], said: Shares, labels: Sequence[str]) -> list[Shown]:
    found: list[Shown] = []
    order = np.argsort(-said.max(1), kind="stable")
    for word in labels:
        counts = {"right": 0, "wrong": 0}
        for at in order:
            if clips[at].words[0] != word:
                continue
            told = labels[int(said[at].argmax())]
            kind = "right" if told == word else "wrong"
            counts[kind] += 1
            if counts[kind] <= SHOWN:
                # Names come from strangers: ours are numbers.
                film = f"clips/{labels.index(word)}/{kind}-{at}.mp4"
                found.append(
                    Shown(
                        clip=clips[at], word=word, told=told, share=float(said[at].max()), film=film
                    )
                )
    return found


def _write(
    picture: Image, text: str, place: tuple[int, int], ink: tuple[int, int, int] = (40, 40, 40)
) -> None:
    plain = text.encode("ascii", "replace").decode()
    cv2.putText(picture, plain, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, ink, 1, cv2.LINE_AA)


def _page(asked: Asked, judged: JudgedClips, shown: Sequence[Shown]) -> str:
    name = escape(asked.way.settings.name)
    lines = [
        "<!doctype html><meta charset=utf-8>",
        f"<title>{name}</title>",
        "<style>body{font:15px system-ui;margin:2em;max-width:70em}td,th{padding:.2em .8em;"
        "text-align:right}figure{display:inline-block;margin:.5em}video{width:200px}</style>",
        f"<h1>{name}</h1><p>{judged.clips} clips · 片段</p>",
        _table(("figure · 指标", "value · 值"), [
            (key, f"{value:.3f}") for key, value in judged.metrics.items() if "/" not in key
        ]),
    ]  # fmt: skip
    if judged.report:
        rows = [
            (word, *(f"{row[key]:.2f}" for key in ("precision", "recall", "f1")),
             f"{row['clips']:.0f}")
            for word, row in judged.report.items()
        ]  # fmt: skip
        lines.append(_table(("word · 类别", "precision", "recall", "F1", "clips"), rows))
    if judged.confusion is not None:
        lines.append('<p><img src="confusion.png" alt="confusion matrix · 混淆矩阵"></p>')
    for title, right in (("Failures · 判错", False), ("Successes · 判对", True)):
        some = [each for each in shown if each.right is right]
        if some:
            lines += [f"<h2>{title}</h2>", *map(_figure, some)]
    return "\n".join(lines) + "\n"


def _figure(shown: Shown) -> str:
    said = f"{shown.word} → {shown.told} {shown.share:.2f}"
    return (
        f'<figure><video src="{shown.film}" controls muted loop></video>'
        f"<figcaption>{escape(said)}<br>{escape(shown.clip.name)}</figcaption></figure>"
    )


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(each)}" for each in heading)
    body = "".join("<tr>" + "".join(f"<td>{escape(x)}" for x in row) for row in rows)
    return f"<table><tr>{head}{body}</table>"
