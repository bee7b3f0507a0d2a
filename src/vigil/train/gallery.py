"""What a model gets wrong, as a page of pictures: opened from the file system, without a script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np

from vigil.core import Box, DataError, Image
from vigil.train.failures import Failure, Kind
from vigil.train.stills import rgb_of

PAGE, PICTURES = "index.html", "pictures"
MOST = 48
"""Pictures of one word and kind: the rest is counted, and not drawn."""
AROUND = 1.2
"""So many of a box's sides are shown on each side of it."""
LEAST_PX, SIDE_PX = 96, 260
"""Of what is cut out, and of its picture on the page."""
TRUTH, FOUND = (30, 160, 70), (210, 50, 45)
"""Red, green, blue of a box that is there, and of one that the model sees."""
KINDS = {
    Kind.MISSED: ("missed", "漏检"),
    Kind.FALSE: ("false", "误检"),
    Kind.DOUBTFUL: ("doubtful", "存疑"),
}
WORDS = {
    "light/day": "by day · 白天",
    "light/dark": "in the dark · 夜间",
    "size/small": "small · 小",
    "size/large": "large · 大",
    "crowd/few": "few things · 稀疏",
    "crowd/many": "many things · 拥挤",
}
"""What slices are called on the page; cameras have names of their own."""


@dataclass(frozen=True, kw_only=True)
class Headline:
    """What the page says before it shows pictures."""

    title: str
    about: str
    """The data set and what of it, and the score."""
    figures: Mapping[str, float]
    """By name: shares of one."""
    shares: Mapping[str, float]
    """Recall, or accuracy, slice by slice."""
    counts: Mapping[str, int]
    """How many things, or pictures, that is a share of."""
    share: str
    """What `shares` are: `recall · 召回率`."""


def write_gallery(folder: Path, headline: Headline, failures: Sequence[Failure]) -> Path:
    """Write the page and its pictures; the page. What was there of an earlier one is replaced.

    By word and kind, and within them by camera and condition. Raises `DataError` for a picture
    that cannot be read, and for a folder that cannot be written.
    """
    pictures = folder / PICTURES
    try:
        pictures.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in pictures.glob("*.jpg"):
            old.unlink()
        sections = [
            _section(folder, word, kind, of_both)
            for word in sorted({each.word for each in failures})
            for kind in Kind
            if (of_both := [e for e in failures if (e.word, e.kind) == (word, kind)])
        ]
        (folder / PAGE).write_text(_page(headline, failures, sections), encoding="utf-8")
    except OSError as error:
        raise DataError(f"{folder}: {error.strerror or 'cannot be written'}") from error
    return folder / PAGE


def _page(headline: Headline, failures: Sequence[Failure], sections: Sequence[str]) -> str:
    style = files("vigil.train").joinpath("gallery.css").read_text(encoding="utf-8")
    title = escape(headline.title)
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            # Names come from outside: even if one slipped through, nothing would run.
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
            "img-src 'self' file:; style-src 'unsafe-inline'\">",
            f"<title>{title}</title><style>{style}</style></head><body>",
            f"<header><h1>{title}</h1><p>{escape(headline.about)}</p>",
            f"<p>{_figures(headline.figures)}</p>",
            '<p><span class="there">there · 真实</span> '
            '<span class="seen">what the model sees · 模型所见</span></p></header>',
            "<main>",
            _contents(failures),
            _slices(headline, failures),
            *sections,
            "" if failures else "<p>Nothing went wrong here. · 没有错误。</p>",
            "</main></body></html>",
        ]
    )


def _figures(figures: Mapping[str, float]) -> str:
    return " ".join(
        f"<b>{value:.3f}</b> {escape(name)}" for name, value in figures.items()
    )  # fmt: skip


def _contents(failures: Sequence[Failure]) -> str:
    """How many of each word and kind, with links to their pictures."""
    rows = []
    for word in sorted({each.word for each in failures}):
        cells = []
        for kind in Kind:
            count = sum((each.word, each.kind) == (word, kind) for each in failures)
            link = f'<a href="#{_anchor(word, kind)}">{count}</a>' if count else "0"
            cells.append(f"<td>{link}</td>")
        rows.append(f"<tr><th>{escape(word)}</th>{''.join(cells)}</tr>")
    heads = "".join(f"<th>{' · '.join(KINDS[kind])}</th>" for kind in Kind)
    return f"<table><tr><th></th>{heads}</tr>{''.join(rows)}</table>"


def _slices(headline: Headline, failures: Sequence[Failure]) -> str:
    """Each camera and condition, with its share and what went wrong there."""
    rows = []
    for name, share in headline.shares.items():
        of_it = [each for each in failures if name in each.slices]
        counts = "".join(f"<td>{sum(e.kind is kind for e in of_it)}</td>" for kind in Kind)
        rows.append(
            f"<tr><th>{escape(_called(name))}</th><td>{headline.counts[name]}</td>"
            f"<td>{share:.3f}</td>{counts}</tr>"
        )
    heads = "".join(f"<th>{' · '.join(KINDS[kind])}</th>" for kind in Kind)
    return (
        f"<table><tr><th></th><th>n</th><th>{escape(headline.share)}</th>{heads}</tr>"
        f"{''.join(rows)}</table>"
    )


def _section(folder: Path, word: str, kind: Kind, failures: Sequence[Failure]) -> str:
    # What the model is surest of, and sees nothing of, is most worth a look.
    shown = sorted(failures, key=lambda each: -each.score)[:MOST]
    shown.sort(key=lambda each: each.slices)
    figures, group = [], ""
    for number, each in enumerate(shown):
        heading = ", ".join(map(_called, each.slices))
        if heading != group:
            group = heading
            figures.append(f"<h3>{escape(heading)}</h3>")
        name = f"{PICTURES}/{_anchor(word, kind)}-{number}.jpg"
        _draw(folder / name, each)
        said = escape(each.told) or "nothing · 无"
        figures.append(
            f'<figure><img src="{name}" alt="" loading="lazy">'
            f"<figcaption>{said}<small>{escape(each.path.name)}</small></figcaption></figure>"
        )
    more = "" if len(failures) <= MOST else f" ({MOST} of {len(failures)} are shown · 仅显示部分)"
    return (
        f'<section id="{_anchor(word, kind)}"><h2>{escape(word)}: {" · ".join(KINDS[kind])}, '
        f"{len(failures)}{more}</h2>{''.join(figures)}</section>"
    )


def _anchor(word: str, kind: Kind) -> str:
    """A name for a link and a file: words may hold anything."""
    return f"{word.encode().hex()}-{kind.value}"


def _called(name: str) -> str:
    return WORDS.get(name, name.removeprefix("camera/"))


def _draw(path: Path, failure: Failure) -> None:
    image = rgb_of(failure.path)
    boxes = [(failure.truth, TRUTH), (failure.found, FOUND)]
    left, top, right, low = _cut(image, [box for box, _ in boxes if box is not None])
    scale = SIDE_PX / max(right - left, low - top)
    size = (max(1, round((right - left) * scale)), max(1, round((low - top) * scale)))
    part = np.asarray(cv2.resize(image[top:low, left:right], size), np.uint8)
    for box, colour in boxes:
        if box is not None:
            x1, y1, x2, y2 = (
                round((side - start) * scale)
                for side, start in zip(box, (left, top, left, top), strict=True)
            )
            cv2.rectangle(part, (x1, y1), (x2, y2), colour, 2)
    if not cv2.imwrite(str(path), cv2.cvtColor(part, cv2.COLOR_RGB2BGR)):
        raise DataError(f"{path}: cannot be written")


def _cut(image: Image, boxes: Sequence[Box]) -> tuple[int, int, int, int]:
    """The boxes with what is around them: left, top, right, bottom; the whole without any."""
    height, width = image.shape[:2]
    if not boxes:
        return 0, 0, width, height
    left, top = min(box.x1 for box in boxes), min(box.y1 for box in boxes)
    right, low = max(box.x2 for box in boxes), max(box.y2 for box in boxes)
    side = max(LEAST_PX, (right - left) * (1 + 2 * AROUND), (low - top) * (1 + 2 * AROUND))
    x, y = (left + right) / 2, (top + low) / 2
    corners = (x - side / 2, y - side / 2, x + side / 2, y + side / 2)
    limits = (width - 1, height - 1, width, height)
    x1, y1, x2, y2 = (
        round(min(max(corner, 0), limit)) for corner, limit in zip(corners, limits, strict=True)
    )
    return x1, y1, max(x2, x1 + 1), max(y2, y1 + 1)
