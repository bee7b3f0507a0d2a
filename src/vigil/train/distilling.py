"""From pictures and an algorithm's head to a checked classifier file, in one go."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from vigil.core import DataError, ModelCard, ModelInput
from vigil.data.freezing import HOLDOUT, Frozen
from vigil.infer.cards import check_card
from vigil.infer.embedders import NamedEmbedder
from vigil.infer.session import open_session
from vigil.models.glance import Exported
from vigil.train.asking import vectors_of
from vigil.train.beginning import Begin
from vigil.train.body import line_behind
from vigil.train.classifying import MAPS_FOLDER, fit_classifier
from vigil.train.exporting import export, in_eight_bits, latency_ms
from vigil.train.features import Measure
from vigil.train.fitting import Fit, Told
from vigil.train.judging_words import Exam, judge_words
from vigil.train.recipe import MOST_COMPARED, Trained
from vigil.train.shown import NOBODY, Shown, shown_in
from vigil.train.teaching import PIECES, PIECES_FOLDER, Taught, Teacher, taught, with_pieces

Splits = Mapping[str, Sequence[Shown]]
"""`train`, `val`, and `holdout`, which may be empty."""


def train_student(
    frozen: Frozen,
    root: Path,
    card: ModelCard,
    folder: Path,
    *,
    teacher: Teacher,
    fit: Fit,
    embedders: Sequence[NamedEmbedder] = (),
    measure: Measure = "cosine",
    begin: Begin | None = None,
    asked: Taught = lambda done, total: None,
    told: Told = lambda done, total, best: None,
) -> Trained:
    """A classifier that says what an algorithm's head says, without its embedder.

    It learns from all pictures of a frozen data set whose files are below `root`: from the words
    of those that somebody labelled, and of all, and of pieces of them, from what the teacher finds
    likely, and from the vectors of `embedders` besides. `card.labels` are the head's words, in
    its order; `folder` is the run's. `begin`: what the student begins as; None: it begins with
    nothing, which takes many more pictures. Where the whole body stays, vectors teach nothing, and
    the files are OpenVINO's.
    Raises `DataError`, or `ModelError` when a file answers otherwise than its network.
    """
    numbers = {word: number for number, word in enumerate(card.labels)}
    splits = {
        split: list(shown_in(frozen.things(split), root, numbers, frames=root / "frames"))
        for split in ("train", "val", HOLDOUT)
    }
    return distil(
        splits, card, folder, teacher=teacher, embedders=embedders, measure=measure, begin=begin,
        fit=fit, asked=asked, told=told,
    )  # fmt: skip


def student_card(
    name: str,
    words: Sequence[str],
    *,
    side: int,
    licence: str,
    source: str,
    dataset: str = "",
    parent: str = "",
) -> ModelCard:
    """Of a classifier that the watch opens as it does any other.

    `licence`: of the weights. `source`: how it was made. `parent`: what it began as. Raises
    `ConfigError`.
    """
    card = ModelCard(
        name=name,
        file=f"{name}.onnx",
        head="softmax",
        labels=tuple(words),
        input=ModelInput(width=side, height=side, fit="stretch"),
        licence_code="Apache-2.0",
        licence_weights=licence,
        source=source,
        dataset=dataset,
        parent=parent,
    )
    check_card(card)
    return card


def distil(
    splits: Splits,
    card: ModelCard,
    folder: Path,
    *,
    teacher: Teacher | None,
    fit: Fit,
    embedders: Sequence[NamedEmbedder] = (),
    measure: Measure = "cosine",
    begin: Begin | None = None,
    pieces: int = PIECES,
    asked: Taught = lambda done, total: None,
    told: Told = lambda done, total, best: None,
) -> Trained:
    """The same of pictures at hand; None: without a teacher, from the words alone.

    The files are judged by what was said of the hold-out; without that, by the split that chose
    the best epoch, which flatters a little. `asked` is told how many pictures the teacher has
    seen. Raises the same.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    learnt, val = list(splits["train"]), list(splits["val"])
    if teacher is not None:
        if teacher.head.words != card.labels:
            raise DataError(f"labels: {card.labels}; the teacher's words are {teacher.head.words}")
        both = taught(
            [*with_pieces(learnt, folder, count=pieces), *val], teacher, folder, told=asked
        )
        learnt, val = both[: len(both) - len(val)], both[len(both) - len(val) :]
    elif embedders:
        learnt = with_pieces(learnt, folder, count=pieces)
    small: ModelCard | None
    if begin is not None and begin.keep == "body":
        written = line_behind(begin, learnt, card, folder, fit=fit, told=told)
        card, small, steps = written.full, written.small, written.steps
    else:
        vectors = vectors_of(learnt, embedders, folder, told=asked)
        fitted = fit_classifier(
            learnt, val, card, folder,
            vectors=vectors, measure=measure, begin=begin, fit=fit, told=told,
        )  # fmt: skip
        pictures = [each.image() for each in splits["train"][:MOST_COMPARED]]
        export(Exported(fitted.network), card, folder, pictures)
        small, steps = in_eight_bits(card, folder, folder, pictures), fitted.steps
    # They can be made again, the same; what the teacher said of them stays.
    for made_again in (PIECES_FOLDER, MAPS_FOLDER):
        shutil.rmtree(folder / made_again, ignore_errors=True)
    held = [each for each in splits[HOLDOUT] if each.word != NOBODY]
    exam = Exam.of(held or val, card)
    return Trained(
        full=_measured(card, folder, exam),
        small=None if small is None else _measured(small, folder, exam),
        folder=folder,
        learnt=len(splits["train"]),
        unseen=len(exam.images),
        judged_by=HOLDOUT if held else "val",
        steps=steps,
        goal="accuracy",
    )


def _measured(card: ModelCard, folder: Path, exam: Exam) -> ModelCard:
    """The card with what its own file reaches and costs on this machine."""
    found = judge_words(exam, open_session(card, folder).run, card.labels)
    return replace(
        card,
        metrics=found.metrics(),
        latency_ms={"cpu": latency_ms(card, folder, exam.images[0])},
    )
