"""How good a model is on a data set, and a page with what it gets wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from vigil.core import DataError, ModelCard, ModelError
from vigil.data.freezing import Frozen
from vigil.infer.session import Session
from vigil.train.failures import Failure, failures_of, word_failures
from vigil.train.gallery import Headline, write_gallery
from vigil.train.judging import judged, looked
from vigil.train.judging_maps import LookedAt, judged_maps, look
from vigil.train.judging_words import Exam, judged_words
from vigil.train.map_failures import map_failures
from vigil.train.regions import mapped_of
from vigil.train.shown import NOBODY, shown_in
from vigil.train.stills import stills_of

SEGMENTERS = ("class_map", "class_scores")
"""Heads that say what every pixel shows."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What was found."""

    pictures: int
    split: str
    figures: Mapping[str, float]
    shares: Mapping[str, float]
    """Recall (of a classifier accuracy, of a segmenter mIoU) by camera and condition."""
    counts: Mapping[str, int]
    share: str
    """What `shares` are, in English and Chinese."""
    page: Path


def evaluate(
    card: ModelCard, session: Session, frozen: Frozen, root: Path, *, split: str, folder: Path
) -> Evaluation:
    """Judge a model by one split of a data set whose files are below `root`.

    The page is written to `folder`. Detectors tell boxes from their card's score on. Raises
    `DataError` where nothing of the card's words is labelled there, and `ModelError` for an
    embedder.
    """
    if card.head == "embedding":
        raise ModelError(f"{card.id}: head {card.head!r} names nothing that could be right")
    about = f"{root.name}@{frozen.version[:16]}, {split}"
    if card.head == "softmax":
        return _classifier(card, session, frozen, root, split=split, folder=folder, about=about)
    if card.head in SEGMENTERS:
        return _segmenter(card, session, frozen, root, split=split, folder=folder, about=about)
    numbers = {word: number for number, word in enumerate(card.labels)}
    stills = list(stills_of(frozen.things(split), root, numbers, frames=root / "frames"))
    if not any(len(still.boxes) for still in stills):
        raise DataError(f"{about}: no box of {', '.join(card.labels[:8])}")
    found = looked(stills, session.run, card)
    result = judged(found, card, score=card.score)
    figures = {
        "AP50": result.average_precision_50,
        "precision · 精确率": result.precision,
        "recall · 召回率": result.recall,
    }
    headline = Headline(
        title=f"{card.id}: what it gets wrong · 错误图集",
        about=f"{about}: {result.pictures} pictures, {result.boxes} things, score {card.score:.2f}",
        figures=figures,
        shares=result.recall_by,
        counts=result.things_by,
        share="recall · 召回率",
    )
    page = write_gallery(folder, headline, failures_of(found, card, card.score))
    return _evaluation(headline, result.pictures, split, page)


def _classifier(
    card: ModelCard,
    session: Session,
    frozen: Frozen,
    root: Path,
    *,
    split: str,
    folder: Path,
    about: str,
) -> Evaluation:
    numbers = {word: number for number, word in enumerate(card.labels)}
    shown = shown_in(frozen.things(split), root, numbers, frames=root / "frames")
    exam = Exam.of([each for each in shown if each.word != NOBODY], card)
    shares = exam.asked(session.run)
    result = judged_words(exam, shares, card.labels)
    headline = Headline(
        title=f"{card.id}: what it gets wrong · 错误图集",
        about=f"{about}: {result.pictures} pictures",
        figures={"accuracy · 准确率": result.accuracy, "F1": result.f1, "ECE": result.calibration},
        shares=result.accuracy_by,
        counts=result.pictures_by,
        share="accuracy · 准确率",
    )
    page = write_gallery(folder, headline, word_failures(exam, shares, card.labels))
    return _evaluation(headline, result.pictures, split, page)


def _segmenter(
    card: ModelCard,
    session: Session,
    frozen: Frozen,
    root: Path,
    *,
    split: str,
    folder: Path,
    about: str,
) -> Evaluation:
    numbers = {word: number for number, word in enumerate(card.labels)}
    mapped = list(mapped_of(frozen.things(split), root, numbers))
    if not mapped:
        raise DataError(f"{about}: no picture")
    failures: list[Failure] = []

    def noted() -> Iterator[LookedAt]:
        for each in look(mapped, session.run, card):
            failures.extend(map_failures(each, card))
            yield each

    result = judged_maps(noted(), card)
    headline = Headline(
        title=f"{card.id}: what it gets wrong · 错误图集",
        about=f"{about}: {result.pictures} pictures",
        figures={"mIoU": result.mean_overlap, "accuracy · 准确率": result.accuracy},
        shares=result.overlap_by,
        counts=result.pixels_by,
        share="mIoU · 平均交并比",
    )
    page = write_gallery(folder, headline, failures)
    return _evaluation(headline, result.pictures, split, page)


def _evaluation(headline: Headline, pictures: int, split: str, page: Path) -> Evaluation:
    return Evaluation(
        pictures=pictures,
        split=split,
        figures=headline.figures,
        shares=headline.shares,
        counts=headline.counts,
        share=headline.share,
        page=page,
    )
